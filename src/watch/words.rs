//! What ECS says, in short and for a person.

use crate::model::StoppedTask;
use std::time::Duration;

/// A text without what differs each time: words with digits in them.
pub(super) fn numberless(text: &str) -> String {
    let word = |word: &str| {
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            "#".to_owned()
        } else {
            word.to_owned()
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// True for an event that says why nothing moves.
pub(super) fn is_stuck(message: &str) -> bool {
    ["unable to place", "unable to consistently start", "unable to stop or start", "throttled"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// True when ECS stopped a task because it was not needed any more.
pub(super) fn is_scaling(task: &StoppedTask) -> bool {
    task.reason.as_deref().is_some_and(|reason| reason.starts_with("Scaling activity"))
}

/// How its containers ended, and why, behind `task ID stopped`.
pub(super) fn stopped_container_text(task: &StoppedTask) -> String {
    let mut text = String::new();
    for one in &task.containers {
        let container = &one.name;
        if let Some(code) = one.exit_code {
            text.push_str(&format!("; {container} exit {code}"));
        }
        if let Some(reason) = one.reason.as_deref().filter(|reason| !reason.is_empty()) {
            text.push_str(&format!("; {container}: {reason}"));
        }
    }
    let reason = task.reason.as_deref().or(task.stop_code.as_deref());
    let is_new = |reason: &&str| !text.contains(reason);
    match reason.filter(is_new) {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    }
}

/// An event's text for a person: without the service's name, which the label shows, and with
/// short names instead of ARNs and long ids.
pub fn event_text(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message.split(MANUAL).next().unwrap_or(message).trim_end();
    while let Some((before, inside, after)) = parenthesis(rest) {
        text.push_str(before);
        match inside.split_once(' ') {
            Some(("service", _)) => {
                rest = after.trim_start();
                continue;
            }
            // Behind the service's name it says whose event it is; elsewhere it is told.
            Some(("deployment", _)) if text.is_empty() => {
                rest = after.trim_start();
                continue;
            }
            Some(("deployment" | "instance", id)) => text.push_str(id),
            Some(("reason", reason)) => text.push_str(reason),
            Some(("port", port)) => {
                text.truncate(text.trim_end().len());
                text.push_str(&format!(":{port}"));
            }
            Some(("task", id)) => text.push_str(&format!("task {}", id.get(..8).unwrap_or(id))),
            Some(("target-group", arn)) => {
                let name = arn.split('/').nth(1).unwrap_or(arn);
                text.push_str(&format!("target group {name}"));
            }
            Some(_) | None => text.push_str(&format!("({inside})")),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// What ECS adds to an event, and what helps nobody in a log.
const MANUAL: &str = "For more information, see the";

/// What is before, in and after the first pair of parentheses; nested ones stay inside.
fn parenthesis(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find('(')?;
    let mut depth = 0_u32;
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((text.get(..open)?, text.get(open + 1..at)?, text.get(at + 1..)?));
        }
    }
    None
}

/// At most `width` characters, the cut shown by an ellipsis.
pub fn shortened(text: &str, width: usize) -> String {
    let one_line = text.replace(['\n', '\r'], " ");
    if one_line.chars().count() <= width {
        return one_line;
    }
    let kept: String = one_line.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `40 s`, `1 min 12 s`, `2 h 5 min`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
