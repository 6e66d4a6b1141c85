//! What users met so far, by image. Owns the sums that the demo shows.

use super::outcome::Outcome;
use serde::Serialize;

/// Requests to tasks of one image, and how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// All requests.
    pub requests: u64,
    /// Answered with 5XX by the task.
    pub failed: u64,
    /// Not answered by the task.
    pub unanswered: u64,
}

impl Tally {
    pub(super) fn take(&mut self, outcome: &Outcome) {
        self.requests += u64::from(outcome.requests);
        self.failed += u64::from(outcome.classes.get(&5).copied().unwrap_or(0));
        self.unanswered += u64::from(outcome.unanswered);
    }
}
