//! The likely cause of a failed deployment, in one sentence for a person.

use crate::model::{ServiceEvent, StoppedTask, TargetHealth};

/// What a failed deployment left to look at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// Service events since our change, in order.
    pub events: Vec<ServiceEvent>,
    /// Stopped tasks of our revision.
    pub stopped: Vec<StoppedTask>,
    /// Targets that are not healthy.
    pub unhealthy: Vec<TargetHealth>,
}

/// The likely cause; `None` when the evidence does not say.
pub fn likely_cause(evidence: &Evidence) -> Option<String> {
    evidence
        .stopped
        .iter()
        .find_map(of_task)
        .or_else(|| evidence.events.iter().rev().find_map(of_event))
        .or_else(|| evidence.unhealthy.iter().find_map(of_target))
        .or_else(|| evidence.stopped.iter().find_map(exit_of))
}

fn of_task(task: &StoppedTask) -> Option<String> {
    let reason = task.reason.as_deref().unwrap_or("");
    let containers = task.containers.iter().filter_map(|(_, _, reason)| reason.as_deref());
    for text in std::iter::once(reason).chain(containers) {
        if let Some(rest) = text.strip_prefix("CannotPullContainerError") {
            return Some(format!("the image could not be pulled{}", after_colon(rest)));
        }
        if let Some(rest) = text.strip_prefix("ResourceInitializationError") {
            return Some(format!(
                "a secret, log group or volume could not be set up{}",
                after_colon(rest)
            ));
        }
        if text.starts_with("OutOfMemory") {
            return Some("the container used more memory than it is allowed".to_owned());
        }
        if text.starts_with("CannotStartContainerError") {
            let rest = text.trim_start_matches("CannotStartContainerError");
            return Some(format!("the container could not be started{}", after_colon(rest)));
        }
    }
    if reason.starts_with("Task failed container health checks") {
        return Some("the container fails its own health check".to_owned());
    }
    if reason.starts_with("Essential container")
        || task.stop_code.as_deref() == Some("EssentialContainerExited")
    {
        return exit_of(task);
    }
    None
}

fn exit_of(task: &StoppedTask) -> Option<String> {
    let (container, code) = task
        .containers
        .iter()
        .find_map(|(name, code, _)| Some((name, (*code).filter(|code| *code != 0)?)))?;
    Some(match code {
        137 => {
            format!("container {container} was killed (137): out of memory, or too slow to stop")
        }
        139 => format!("container {container} crashed (139, segmentation fault)"),
        126 | 127 => format!("container {container} cannot run its command (exit {code})"),
        code => format!("container {container} ends with exit code {code}"),
    })
}

fn of_event(event: &ServiceEvent) -> Option<String> {
    let text = &event.message;
    if let Some((_, reason)) = text.split_once("due to (reason ") {
        let reason = reason.trim_end_matches('.').trim_end_matches(')');
        return Some(match codes(reason) {
            Some(codes) => {
                format!("the container answers {codes} to the load balancer's health check")
            }
            None if reason.contains("timed out") => {
                "the container does not answer the load balancer's health check in time".to_owned()
            }
            None => format!("the load balancer's health check fails: {reason}"),
        });
    }
    if text.contains("failed container health checks") {
        return Some("the container fails its own health check".to_owned());
    }
    if let Some((_, rest)) = text.split_once("unable to place a task") {
        return Some(format!(
            "no room for a task{}",
            after_colon(rest.trim_start_matches([' ', '.']))
        ));
    }
    if text.contains("unable to stop or start tasks during a deployment") {
        return Some(
            "minimum and maximum healthy per cent leave no room to start or stop a task".to_owned(),
        );
    }
    if text.contains("alarm detected") {
        return Some("a CloudWatch alarm went off".to_owned());
    }
    None
}

/// `503` of `Health checks failed with these codes: [503]`.
fn codes(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once("codes: [")?;
    rest.split(']').next()
}

fn of_target(target: &TargetHealth) -> Option<String> {
    if target.state != "unhealthy" {
        return None;
    }
    let why = target.description.as_deref().or(target.reason.as_deref()).unwrap_or("no reason");
    Some(format!("target {} is unhealthy: {why}", target.target))
}

fn after_colon(rest: &str) -> String {
    let rest = rest.trim_start_matches([':', ' ']);
    if rest.is_empty() { String::new() } else { format!(": {rest}") }
}
