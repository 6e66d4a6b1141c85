//! What one metric counted.

use std::ops::AddAssign;

/// Requests and bad ones among them, of both sides: of one minute, or of a whole run. "Bad" is
/// what the metric counts: an error, no answer, a slow answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests to the canary.
    pub canary_requests: u64,
    /// Bad ones among them, never more.
    pub canary_bad: u64,
    /// Requests to the baseline: what ran before, at the same time.
    pub baseline_requests: u64,
    /// Bad ones among them, never more.
    pub baseline_bad: u64,
}

impl Counts {
    /// The share of bad requests at the canary; `None` without requests.
    pub fn canary_rate(&self) -> Option<f64> {
        rate(self.canary_bad, self.canary_requests)
    }

    /// The share of bad requests at the baseline; `None` without requests.
    pub fn baseline_rate(&self) -> Option<f64> {
        rate(self.baseline_bad, self.baseline_requests)
    }

    /// Requests of both sides.
    pub fn requests(&self) -> u64 {
        self.canary_requests.saturating_add(self.baseline_requests)
    }
}

fn rate(bad: u64, requests: u64) -> Option<f64> {
    (requests > 0).then(|| bad as f64 / requests as f64)
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        let add = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        add(&mut self.canary_requests, more.canary_requests);
        add(&mut self.canary_bad, more.canary_bad);
        add(&mut self.baseline_requests, more.baseline_requests);
        add(&mut self.baseline_bad, more.baseline_bad);
    }
}
