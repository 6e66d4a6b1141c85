//! A failure report in lines for a person, and which logs it needs.

use super::mask::masked;
use super::words::{event_text, is_scaling, shortened, stopped_container_text};
use crate::model::{
    ContainerLog, FailureReport, LiveTaskDefinition, LogPlace, ServiceEvent, StoppedContainer,
    StoppedTask,
};
use serde_json::{Map, Value};

/// Two lines behind a label in a log of 100 columns.
const WIDTH: usize = 182;
/// Lines of each kind; `release.json` has them all.
const MOST_LINES: usize = 10;
/// Logs of different containers that are read.
const MOST_LOGS: usize = 2;

/// A log that would tell more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWish {
    /// The container's last words, without any yet.
    pub log: ContainerLog,
}

/// The sentence on top.
pub fn headline(report: &FailureReport) -> String {
    let FailureReport { service, revision, ended, cause, reason, .. } = report;
    let ended = if ended.is_empty() { "failed" } else { ended };
    format!("{revision} on {service}: {ended}: {}", cause.as_ref().unwrap_or(reason))
}

/// Everything below it: a short label and a text for each line, cut to fit behind the label.
pub fn report_lines(report: &FailureReport) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if report.cause.is_some() {
        lines.push(("ecs", report.reason.clone()));
    }
    lines.extend(report.alarms.iter().map(|name| ("alarm", name.clone())));
    lines.extend(events(&report.events).into_iter().map(|text| ("event", text)));
    let failed = report.tasks.iter().filter(|task| !is_scaling(task));
    lines.extend(stopped_ways(failed).into_iter().take(MOST_LINES).map(|text| ("task", text)));
    lines.extend(report.targets.iter().take(MOST_LINES).map(|target| {
        let why = target.description.as_deref().or(target.reason.as_deref()).unwrap_or("");
        ("target", format!("{} {}: {why}", target.target, target.state))
    }));
    for log in &report.logs {
        let (container, count) = (&log.container, log.lines.len());
        lines.push((
            "log",
            format!("{container} of task {}, last {count} lines:", short(&log.task)),
        ));
        lines.extend(log.lines.iter().map(|line| ("log", format!("  {line}"))));
    }
    lines.extend(report.could_not_tell.iter().map(|what| ("unknown", what.clone())));
    lines.into_iter().map(|(label, text)| (label, shortened(&text, WIDTH))).collect()
}

/// The last events; those of one second with the same words are one line.
fn events(events: &[ServiceEvent]) -> Vec<String> {
    let mut told: Vec<(String, usize)> = Vec::new();
    for event in events {
        // Only the time of day: the date is that of the job.
        let at = event.at.to_string();
        let time = at.get(11..19).unwrap_or(&at);
        let text = format!("{time} {}", event_text(&event.message));
        match told.iter_mut().find(|(known, _)| *known == text) {
            Some((_, times)) => *times += 1,
            None => told.push((text, 1)),
        }
    }
    let from = told.len().saturating_sub(MOST_LINES);
    let shown = told.into_iter().skip(from).map(|(text, times)| match times {
        1 => text,
        times => format!("{text} ({times} times)"),
    });
    shown.collect()
}

/// Tasks that stopped in the same way are one line.
pub(super) fn stopped_ways<'a>(tasks: impl Iterator<Item = &'a StoppedTask>) -> Vec<String> {
    let mut ways: Vec<(String, Vec<&str>)> = Vec::new();
    for task in tasks {
        let way = event_text(&stopped_container_text(task));
        match ways.iter_mut().find(|(known, _)| *known == way) {
            Some((_, ids)) => ids.push(short(&task.task)),
            None => ways.push((way, vec![short(&task.task)])),
        }
    }
    let shown = ways.into_iter().map(|(way, ids)| match ids.as_slice() {
        [id] => format!("task {id} stopped{way}"),
        [first, rest @ ..] => {
            format!("{} tasks stopped{way} ({first}, ...)", rest.len() + 1)
        }
        [] => way,
    });
    shown.collect()
}

fn short(task: &str) -> &str {
    task.get(..8).unwrap_or(task)
}

/// Logs that are worth to be read, of different containers: those that failed go first. Also why
/// one cannot be read.
pub fn log_wishes(
    revision: Option<&LiveTaskDefinition>,
    tasks: &[StoppedTask],
) -> (Vec<LogWish>, Vec<String>) {
    let mut containers: Vec<(&StoppedTask, &StoppedContainer)> = tasks
        .iter()
        .flat_map(|task| task.containers.iter().map(move |container| (task, container)))
        .filter(|(_, container)| container.exit_code.is_some())
        .collect();
    containers.sort_by_key(|(_, container)| container.exit_code == Some(0));
    let mut seen: Vec<&str> = Vec::new();
    containers.retain(|(_, container)| {
        let name = container.name.as_str();
        let is_new = !seen.contains(&name);
        seen.push(name);
        is_new
    });
    let (mut wishes, mut unknown) = (Vec::new(), Vec::new());
    for (task, container) in containers.into_iter().take(MOST_LOGS) {
        match place(revision, task, container) {
            Ok(place) => {
                let (container, task) = (container.name.clone(), task.task.clone());
                let log = ContainerLog { container, task, place, lines: Vec::new() };
                wishes.push(LogWish { log });
            }
            Err(why) => {
                let text = format!("could not tell the log of {}: {why}", container.name);
                unknown.push(text);
            }
        }
    }
    (wishes, unknown)
}

/// The log stream of a container: `PREFIX/CONTAINER/TASK`, or, without a prefix, Docker's own id
/// of the container (Amazon ECS developer guide, awslogs log driver).
pub fn place(
    revision: Option<&LiveTaskDefinition>,
    task: &StoppedTask,
    container: &StoppedContainer,
) -> Result<LogPlace, String> {
    let revision = revision.ok_or("its revision was not read")?;
    let name = container.name.as_str();
    let is_named =
        |one: &&Map<String, Value>| one.get("name").and_then(Value::as_str) == Some(name);
    let definition = revision.containers().find(is_named);
    let log = definition.and_then(|one| one.get("logConfiguration"));
    let Some(log) = log else { return Err("it has no log driver awslogs".to_owned()) };
    let driver = log.get("logDriver").and_then(Value::as_str).unwrap_or_default();
    if driver != "awslogs" {
        return Err(format!("its log driver is {driver}, not awslogs"));
    }
    let option = |key: &str| log.get("options")?.get(key)?.as_str().map(str::to_owned);
    let group = option("awslogs-group").ok_or("it has no awslogs-group")?;
    let stream = match (option("awslogs-stream-prefix"), &container.runtime_id) {
        (Some(prefix), _) => format!("{prefix}/{name}/{}", task.task),
        (None, Some(id)) => id.clone(),
        (None, None) => return Err("it has no awslogs-stream-prefix".to_owned()),
    };
    Ok(LogPlace { group, stream, region: option("awslogs-region") })
}

impl LogWish {
    /// The log with its lines, as they may be shown.
    pub fn with(self, lines: &[String]) -> ContainerLog {
        let shown = lines.iter().map(|line| masked(line.trim_end()));
        ContainerLog { lines: shown.filter(|line| !line.is_empty()).collect(), ..self.log }
    }
}
