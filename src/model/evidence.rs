//! What the judge said of a canary, and what it stands on: for records, `status` and JSON.

use super::Timestamp;
use serde::{Deserialize, Serialize};

/// What can be said of the canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As healthy as the policy asks for.
    Pass,
    /// Worse than the policy allows.
    Fail,
    /// Neither is sure yet.
    Undecided,
    /// Neither side had a request.
    NoData,
    /// The canary does not get its share of the requests.
    NoTraffic,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The verdict.
    pub verdict: Verdict,
    /// Since when the canary's requests are counted, by AWS's clock.
    pub since: Timestamp,
    /// Minutes from the first request that counts to the verdict, or to the newest minute.
    pub minutes: u64,
    /// The canary's share of the requests in per cent, where a rule gives it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub share: Option<String>,
    /// The alarm that decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alarm: Option<String>,
    /// Each metric.
    pub metrics: Vec<MetricCounts>,
    /// What the canary cost its users since its first share.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub users: Option<UsersCost>,
    /// The same in words.
    pub lines: Vec<String>,
}

/// What one metric says. Evidence is written as natural logarithms, by the names of `replay`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricCounts {
    /// Its name.
    pub metric: String,
    /// Requests to the canary.
    pub canary_requests: u64,
    /// The bad ones among them.
    pub canary_bad: u64,
    /// Requests to what runs beside it.
    pub baseline_requests: u64,
    /// The bad ones among them.
    pub baseline_bad: u64,
    /// The canary's rate is at least so many times the other one.
    pub ratio_low: f64,
    /// And at most so many times; absent when that is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ratio_high: Option<f64>,
    /// Against "at most `ratio` times the other rate".
    pub ln_share: f64,
    /// Against "at most `floor`".
    pub ln_level_floor: f64,
    /// Against "at most `hard`".
    pub ln_level_hard: f64,
    /// Against "at least `accept_ratio` times the other rate".
    pub ln_pass_ratio: f64,
    /// Against "at least `accept_rate`".
    pub ln_pass_rate: f64,
    /// What every logarithm was divided by, because errors come in bursts.
    pub phi: f64,
}

/// Requests that failed at the canary, beside what all at once would have cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersCost {
    /// Minutes that were counted: the newest two or three are not settled yet.
    pub minutes: u64,
    /// Requests to the canary.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// How many of all requests would have failed in the same minutes at the same rates.
    pub all_at_once: u64,
}

impl Verdict {
    /// In a word or two; what is bad in capitals.
    pub fn headline(self) -> &'static str {
        match self {
            Self::Pass => "healthy",
            Self::Fail => "WORSE",
            Self::Undecided => "undecided",
            Self::NoData => "no data",
            Self::NoTraffic => "NO TRAFFIC",
        }
    }
}

impl Evidence {
    /// `errors 31 of 446, baseline 13 of 1352`: what decided, short enough for a tag.
    pub fn counts(&self) -> Option<String> {
        let worse =
            |one: &MetricCounts| one.ln_level_hard.max(one.ln_share.min(one.ln_level_floor));
        let most = self.metrics.iter().max_by(|one, other| worse(one).total_cmp(&worse(other)))?;
        let MetricCounts { canary_bad, canary_requests, baseline_bad, baseline_requests, .. } =
            most;
        let canary = format!("{} {canary_bad}/{canary_requests}", most.metric);
        Some(format!("{canary} baseline {baseline_bad}/{baseline_requests}"))
    }
}

impl std::fmt::Display for UsersCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { minutes, requests, failed, all_at_once } = self;
        write!(
            f,
            "{failed} of {requests} requests to the canary failed in {minutes} min; \
             all at once: about {all_at_once}"
        )
    }
}
