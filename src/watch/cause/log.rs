//! Causes in the last words of a container.

use crate::model::ContainerLog;

/// Words that say by themselves why a container could not run.
const SIGNS: &[(&str, &str)] = &[
    ("exec format error", "was built for another processor than the task runs on"),
    ("address already in use", "finds its own port already in use"),
    ("EADDRINUSE", "finds its own port already in use"),
    ("java.lang.OutOfMemoryError", "ran out of memory"),
    ("heap out of memory", "ran out of memory"),
];

pub(super) fn telling(log: &ContainerLog) -> Option<String> {
    let found = SIGNS.iter().find(|(sign, _)| log.lines.iter().any(|line| line.contains(sign)));
    found.map(|(_, meaning)| format!("container {} {meaning}", log.container))
}
