//! What becomes of tasks: scripted by image, revision or service. Owns the rules and which
//! one fits; never changes a task.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a task goes. The default is a task that starts, is healthy and stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskFate {
    /// Seconds of the pull; absent = the cloud's pace.
    pub pull_seconds: Option<f64>,
    /// Seconds from the pulled image to RUNNING; absent = the cloud's pace.
    pub start_seconds: Option<f64>,
    /// The task cannot be placed, for this reason: `RESOURCE:MEMORY`.
    pub place_error: Option<String>,
    /// A secret, log group or network cannot be had: text after `ResourceInitializationError: `.
    pub resource_error: Option<String>,
    /// The image cannot be had: text after `CannotPullContainerError: `.
    pub pull_error: Option<String>,
    /// The essential container exits.
    pub exit: Option<Exit>,
    /// What the essential container says when it starts, by line.
    pub log: Vec<String>,
    /// What it says before it exits by itself; absent = a line with the exit code.
    pub last_words: Option<String>,
    /// Seconds after RUNNING from which the load balancer's check fails; 0 = never healthy.
    pub target_unhealthy_after: Option<f64>,
    /// Seconds after RUNNING from which the load balancer's check passes again.
    pub target_healthy_again_after: Option<f64>,
    /// Seconds after RUNNING from which the container's own check fails; 0 = never healthy.
    pub container_unhealthy_after: Option<f64>,
    /// Seconds after RUNNING for which it is protected: a scheduler does not stop it.
    pub protected_seconds: Option<f64>,
    /// SIGTERM is not heeded: the task ends at `stopTimeout` with 137.
    pub ignores_term: bool,
    /// Share of requests answered with `error_status`, 0 to 1.
    pub error_share: f64,
    /// Status of those; 0 = 500.
    pub error_status: u16,
    /// Errors begin so many seconds after RUNNING.
    pub errors_after: f64,
    /// Share of requests that the task does not answer: the load balancer makes 502 of them.
    pub unanswered_share: f64,
    /// Virtual seconds each request takes; of users in virtual time the median, 0 = 0.02.
    pub response_seconds: f64,
    /// How far apart the times are: standard deviation of their logarithm.
    pub response_spread: f64,
    /// Share of requests that are slow.
    pub slow_share: f64,
    /// Median of the slow ones.
    pub slow_seconds: f64,
}

/// The end of a container that nobody asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code.
    pub code: i32,
    /// Seconds after RUNNING; absent = before RUNNING is reached.
    #[serde(default)]
    pub after: Option<f64>,
}

impl TaskFate {
    /// A task that exits with `code` before it runs.
    pub fn crash_at_start(code: i32) -> Self {
        Self { exit: Some(Exit { code, after: None }), ..Self::default() }
    }

    /// A task that exits with `code` some seconds after it ran.
    pub fn crash_after(seconds: f64, code: i32) -> Self {
        Self { exit: Some(Exit { code, after: Some(seconds) }), ..Self::default() }
    }

    /// A task that the load balancer never finds healthy.
    pub fn never_healthy() -> Self {
        Self { target_unhealthy_after: Some(0.0), ..Self::default() }
    }

    /// A task that answers a share of the requests with 500.
    pub fn errors(share: f64) -> Self {
        Self { error_share: share, ..Self::default() }
    }

    /// The share of errors so many seconds after RUNNING.
    pub(crate) fn error_share_at(&self, age: f64) -> f64 {
        if age < self.errors_after { 0.0 } else { self.error_share }
    }

    /// The share of requests without an answer so many seconds after RUNNING.
    pub(crate) fn unanswered_share_at(&self, age: f64) -> f64 {
        if age < self.errors_after { 0.0 } else { self.unanswered_share }
    }

    /// A task whose image cannot be pulled.
    pub fn pull_error(text: &str) -> Self {
        Self { pull_error: Some(text.to_owned()), ..Self::default() }
    }
}

/// A fate for the tasks that fit. Members that are absent fit everything.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FateRule {
    /// `family:revision` or `family`.
    pub revision: Option<String>,
    /// Part of any container's image reference.
    pub image: Option<String>,
    /// Service name.
    pub service: Option<String>,
    /// Only the next so many tasks that fit.
    pub times: Option<u32>,
    /// What becomes of them.
    pub fate: TaskFate,
}

/// What a task is known by when its fate is chosen.
pub(crate) struct Newborn<'a> {
    pub(crate) family: &'a str,
    pub(crate) revision: u32,
    pub(crate) images: &'a [String],
    pub(crate) service: Option<&'a str>,
}

impl FateRule {
    fn fits(&self, task: &Newborn<'_>) -> bool {
        let named = format!("{}:{}", task.family, task.revision);
        self.times != Some(0)
            && self.revision.as_deref().is_none_or(|want| want == named || want == task.family)
            && self.service.as_deref().is_none_or(|want| Some(want) == task.service)
            && self
                .image
                .as_deref()
                .is_none_or(|want| task.images.iter().any(|image| image.contains(want)))
    }
}

/// The fate of a new task: the rule set last wins; counts its use.
pub(crate) fn choose(rules: &mut [FateRule], task: &Newborn<'_>) -> TaskFate {
    let Some(rule) = rules.iter_mut().rev().find(|rule| rule.fits(task)) else {
        return TaskFate::default();
    };
    if let Some(times) = &mut rule.times {
        *times -= 1;
    }
    rule.fate.clone()
}

/// A span from seconds with a fraction; nothing negative.
pub(crate) fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{FateRule, Newborn, TaskFate, choose};

    #[test]
    fn the_rule_set_last_wins_and_is_used_up() {
        let mut rules = vec![
            FateRule { fate: TaskFate::crash_at_start(1), ..FateRule::default() },
            FateRule {
                revision: Some("app:2".into()),
                times: Some(1),
                fate: TaskFate::never_healthy(),
                ..FateRule::default()
            },
        ];
        let images = ["repo/app:1".to_owned()];
        let task = Newborn { family: "app", revision: 2, images: &images, service: Some("s") };
        assert_eq!(choose(&mut rules, &task), TaskFate::never_healthy());
        assert_eq!(choose(&mut rules, &task), TaskFate::crash_at_start(1));
    }
}
