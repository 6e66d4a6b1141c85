//! The verdict, and what it stands on.

use super::{Arrival, Counts, EValues, RatioBounds};
use crate::model::Verdict;

/// A judgement with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The verdict.
    pub verdict: Verdict,
    /// The minute that decided a PASS or FAIL.
    pub decided_at: Option<i64>,
    /// The first minute with enough evidence for a FAIL. After a PASS it changes no verdict, but
    /// whoever waits at a gate has to know.
    pub worse_at: Option<i64>,
    /// Minutes from the canary's first request to the decision, or to the newest.
    pub minutes: u64,
    /// Each metric.
    pub metrics: Vec<MetricEvidence>,
    /// Whether the canary gets its requests.
    pub arrival: Arrival,
    /// What it still waits for; `None` once it is decided.
    pub waits: Option<Waits>,
}

/// What one metric says.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricEvidence {
    /// Its name.
    pub name: String,
    /// Since the canary's first request.
    pub total: Counts,
    /// The same by minute.
    pub minutes: Vec<(i64, Counts)>,
    /// How many times the baseline's rate the canary's is.
    pub ratio: RatioBounds,
    /// The evidence.
    pub e: EValues,
    /// What every logarithm of evidence was divided by.
    pub phi: f64,
}

/// What is missing for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// A first request.
    Requests,
    /// The least time and number of requests; numbers before that only mislead.
    Minimum {
        /// Minutes left, at the traffic so far.
        minutes: u64,
    },
    /// More evidence for one side or the other.
    Evidence,
}
