//! The likely cause of a failed deployment, in one sentence for a person.

mod event;
mod log;
mod pull;
mod secret;
mod task;

#[cfg(test)]
mod tests;

use crate::model::{FailureReport, HealthCheck, TargetHealth};

/// What the load balancer asks of the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthAsked {
    /// The container that is registered.
    pub container: String,
    /// Its port.
    pub port: u16,
    /// How it is asked.
    pub check: HealthCheck,
}

/// The likely cause; `None` when the report does not say. The most telling goes first: ECS's
/// reason for a task that never ran, then what a health check answered, then an exit code.
pub fn likely_cause(report: &FailureReport, asked: Option<&HealthAsked>) -> Option<String> {
    let tasks = || report.tasks.iter();
    tasks()
        .find_map(task::never_ran)
        .or_else(|| report.logs.iter().find_map(log::telling))
        .or_else(|| tasks().find_map(task::exited))
        .or_else(|| report.events.iter().rev().find_map(|one| event::telling(one, asked)))
        .or_else(|| report.targets.iter().find_map(|one| of_target(one, asked)))
        .or_else(|| alarms(report))
        .or_else(|| tasks().find_map(task::exit_code))
}

fn alarms(report: &FailureReport) -> Option<String> {
    match report.alarms.as_slice() {
        [] => None,
        [one] => Some(format!("CloudWatch alarm {one} went off")),
        several => Some(format!("CloudWatch alarms {} went off", several.join(", "))),
    }
}

fn of_target(target: &TargetHealth, asked: Option<&HealthAsked>) -> Option<String> {
    if target.state != "unhealthy" {
        return None;
    }
    let why = target.description.as_deref().or(target.reason.as_deref()).unwrap_or("no reason");
    Some(event::health(why, asked))
}

/// `: rest`, or nothing when there is none; the full stop goes.
fn after_colon(rest: &str) -> String {
    let rest = rest.trim_start_matches([':', ' ']).trim_end().trim_end_matches('.');
    if rest.is_empty() { String::new() } else { format!(": {rest}") }
}
