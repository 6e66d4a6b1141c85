//! The first sign of what went wrong.

use super::report::stopped_ways;
use super::words::{event_text, shortened};
use crate::model::FailureReport;

/// Three lines behind a label.
const WIDTH: usize = 270;
/// Words of a log line that tells of trouble.
const TROUBLE: [&str; 8] =
    ["fatal", "error", "exception", "panic", "traceback", "denied", "refused", "cannot"];
/// Words of an event that does.
const SIGNS: [&str; 4] =
    ["is unhealthy in", "unable to", "failed container health checks", "alarm detected"];

/// The most telling early sign: a line of a failing container's log, else the first event that
/// names trouble, else how the first tasks stopped.
pub fn first_sign(report: &FailureReport) -> Option<String> {
    in_a_log(report).or_else(|| in_an_event(report)).or_else(|| {
        let failed = report.tasks.iter().filter(|task| !super::words::is_scaling(task));
        stopped_ways(failed).pop().map(|way| shortened(&way, WIDTH))
    })
}

fn in_a_log(report: &FailureReport) -> Option<String> {
    let tells = |line: &&String| {
        let line = line.to_lowercase();
        TROUBLE.iter().any(|word| line.contains(word))
    };
    let found = |log: &crate::model::ContainerLog| {
        let line = log.lines.iter().find(tells)?;
        let times = log.lines.iter().filter(|one| *one == line).count();
        let times = if times > 1 { format!(", {times} times") } else { String::new() };
        let line = shortened(line.trim(), WIDTH);
        Some(format!("{line} (log of container {}{times})", log.container))
    };
    report.logs.iter().find_map(found)
}

fn in_an_event(report: &FailureReport) -> Option<String> {
    let tells = |text: &str| SIGNS.iter().any(|sign| text.contains(sign));
    let event = report.events.iter().find(|event| tells(&event.message))?;
    let at = event.at.to_string();
    let time = at.get(11..19).unwrap_or(&at);
    Some(format!("{time} {}", event_text(&event.message)))
}
