//! Causes in how a task stopped.

use super::{after_colon, pull, secret};
use crate::model::{StoppedContainer, StoppedTask};

/// Why a task never ran, or what killed it: ECS's own reason names it.
pub(super) fn never_ran(task: &StoppedTask) -> Option<String> {
    let containers = task.containers.iter().filter_map(|one| one.reason.as_deref());
    task.reason.as_deref().into_iter().chain(containers).find_map(of_reason)
}

fn of_reason(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("CannotPullContainerError") {
        return Some(pull::cause(rest));
    }
    if let Some(rest) = text.strip_prefix("ResourceInitializationError") {
        return Some(secret::initialization(rest));
    }
    if text.starts_with("OutOfMemory") {
        return Some("the container used more memory than it is allowed".to_owned());
    }
    for sign in ["CannotStartContainerError", "CannotCreateContainerError"] {
        if let Some(rest) = text.strip_prefix(sign) {
            return Some(format!("the container could not be started{}", after_colon(rest)));
        }
    }
    if text.starts_with("Task failed container health checks") {
        return Some("the container fails its own health check".to_owned());
    }
    if text.contains("Capacity is unavailable") {
        return Some("AWS has no capacity for the task right now".to_owned());
    }
    None
}

/// A container that ended by itself, although the task needs it.
pub(super) fn exited(task: &StoppedTask) -> Option<String> {
    let by_itself = task.stop_code.as_deref() == Some("EssentialContainerExited")
        || task.reason.as_deref().is_some_and(|reason| reason.starts_with("Essential container"));
    if !by_itself {
        return None;
    }
    exit_code(task).or_else(|| {
        let ended = task.containers.iter().find(|one| one.exit_code == Some(0))?;
        Some(format!(
            "container {} ends by itself with exit code 0: a service's container has to keep \
             running",
            ended.name
        ))
    })
}

/// The first exit code that is not 0.
pub(super) fn exit_code(task: &StoppedTask) -> Option<String> {
    let failed = |one: &&StoppedContainer| one.exit_code.is_some_and(|code| code != 0);
    let StoppedContainer { name, exit_code, .. } = task.containers.iter().find(failed)?;
    Some(match (*exit_code)? {
        137 => format!("container {name} was killed (137): out of memory, or too slow to stop"),
        139 => format!("container {name} crashed (139, segmentation fault)"),
        126 | 127 => format!("container {name} cannot run its command (exit {})", (*exit_code)?),
        143 => format!("container {name} was ended by a signal (143)"),
        code => format!("container {name} ends with exit code {code}"),
    })
}
