//! How a canary is judged: by what counts, and what follows.

use super::{Comparison, MetricSeries, Policy};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a release asks of its canary before it goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judging {
    /// The limits.
    pub policy: Policy,
    /// What counts, at least one.
    pub metrics: Vec<JudgedMetric>,
    /// Alarms of CloudWatch that stop it too.
    pub alarms: Vec<String>,
    /// How the two sides are compared while they get the same part of the requests.
    pub even: Comparison,
    /// How long a share waits for a verdict.
    pub longest: Duration,
    /// Without a verdict.
    pub undecided: OnUndecided,
    /// After a verdict against it.
    pub fail: OnFail,
}

/// One count of bad requests, at both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedMetric {
    /// `errors`.
    pub name: String,
    /// The canary's.
    pub canary: SideSeries,
    /// That of what ran before.
    pub baseline: SideSeries,
}

/// One side of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideSeries {
    /// All requests.
    pub requests: MetricSeries,
    /// The bad ones.
    pub bad: BadCount,
}

/// Where the number of bad requests comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadCount {
    /// It is counted.
    Counted(MetricSeries),
    /// Requests that none of these counted an answer to.
    Unanswered(Vec<MetricSeries>),
}

impl Judging {
    /// The same with the two sides exchanged: with ECS's own strategies the target groups swap at
    /// each release.
    #[must_use]
    pub fn swapped(&self) -> Self {
        let swap = |metric: &JudgedMetric| JudgedMetric {
            name: metric.name.clone(),
            canary: metric.baseline.clone(),
            baseline: metric.canary.clone(),
        };
        Self { metrics: self.metrics.iter().map(swap).collect(), ..self.clone() }
    }
}

/// What follows when there is no verdict in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUndecided {
    /// Everything stays as it is, and a person decides.
    #[default]
    Hold,
    /// The canary is taken back.
    Rollback,
    /// It goes on.
    Promote,
}

/// What follows on a verdict against the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// The canary is taken back.
    #[default]
    Rollback,
    /// Everything stays as it is, and a person decides.
    Freeze,
}

/// The wait for a person before the full release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// How long it waits.
    pub timeout: Duration,
    /// What happens then.
    pub then: GateAction,
}

/// What happens when nobody answers a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateAction {
    /// The canary is taken back.
    Rollback,
    /// It stays as it is.
    Hold,
    /// It is promoted.
    Promote,
}

impl GateAction {
    /// As the release file and tags spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rollback => "rollback",
            Self::Hold => "hold",
            Self::Promote => "promote",
        }
    }

    /// The action of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Rollback, Self::Hold, Self::Promote].into_iter().find(|one| one.word() == word)
    }
}
