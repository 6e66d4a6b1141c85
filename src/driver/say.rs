//! The driver's own few lines. Cleanup's go to the Runner's log without masking, so no line
//! here ever holds a variable's value or a name that a job chose.

use super::Error;
use crate::host::stdio;
use std::io::Write as _;

/// A line on standard output: the job log in prepare and run.
pub(super) fn line(text: &str) {
    // Nobody listens any more: nothing to do about it.
    drop(stdio::stdout().and_then(|mut out| out.write_all(format!("{text}\n").as_bytes())));
}

/// Lines on standard error.
pub(super) fn complain(text: &str) {
    drop(stdio::stderr().and_then(|mut out| out.write_all(format!("{text}\n").as_bytes())));
}

/// An error with its causes, findings and hint.
pub(super) fn error(error: &Error) {
    complain(&told(error));
}

fn told(error: &Error) -> String {
    let mut text = format!("ecs-canary: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    for finding in error.findings() {
        text.push_str(&format!("\n  {finding}"));
        if let Some(hint) = &finding.hint {
            text.push_str(&format!(" ({hint})"));
        }
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\nHint: {hint}."));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn an_error_is_told_with_cause_and_hint() {
        let cause = io::Error::from(io::ErrorKind::StorageFull);
        let error = Error::Make { what: "directory", path: "/b/7".into(), cause };
        insta::assert_snapshot!(told(&error), @"
        ecs-canary: directory /b/7 cannot be made: no storage space
        Hint: the disk is full: remove old jobs with `ecs-canary gc`, or make room.
        ");
    }
}
