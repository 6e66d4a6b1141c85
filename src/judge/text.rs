//! The evidence in words: value, limit and number of requests in every line.

use super::{Assessment, MetricEvidence, Policy, RatioBounds, Verdict, Waits};
use crate::model::short;

/// The longest name of a metric that leaves room for its numbers in a line of 100 columns.
const LONGEST_NAME: usize = 20;
/// Evidence beyond this is said as "over 1,000".
const MOST_SHOWN: f64 = 1_000.0;
const UNDECIDED: &str = "undecided";

impl Assessment {
    /// A line or two for each metric; before the least time and number of requests only how long
    /// that takes. At most 100 columns.
    pub fn lines(&self, policy: &Policy) -> Vec<String> {
        match (self.verdict, self.waits) {
            (Verdict::NoData, _) => vec!["no request on either side: nothing to judge".to_owned()],
            (Verdict::NoTraffic, _) => vec![self.astray()],
            (Verdict::Undecided, Some(Waits::Requests)) => {
                vec!["the canary has had no request yet".to_owned()]
            }
            (Verdict::Undecided, Some(Waits::Minimum { minutes })) => {
                vec![format!("too early to tell: {minutes} min more")]
            }
            _ => self.metrics.iter().flat_map(|metric| metric.lines(policy)).collect(),
        }
    }

    fn astray(&self) -> String {
        let share = |share: Option<f64>| share.map_or("none".to_owned(), per_cent);
        let (found, wanted) = (share(self.arrival.found), share(self.arrival.wanted));
        format!("the canary gets {found} of the requests where {wanted} was asked for")
    }
}

impl MetricEvidence {
    /// `errors  5.2 % of 446, baseline 0.96 % of 1,352; 2.2 to 13 times, limit 1.5: WORSE`, and
    /// how much evidence there is, while it does not suffice.
    fn lines(&self, policy: &Policy) -> Vec<String> {
        let name: String = self.name.chars().take(LONGEST_NAME).collect();
        let side = |rate: Option<f64>, requests: u64| match rate {
            Some(rate) => format!("{} of {}", per_cent(rate), count(requests)),
            None => "no request".to_owned(),
        };
        let canary = side(self.total.canary_rate(), self.total.canary_requests);
        let baseline = side(self.total.baseline_rate(), self.total.baseline_requests);
        let (limit, said) = self.says(policy);
        let mut lines = vec![format!("{name}  {canary}, baseline {baseline}; {limit}: {said}")];
        if said == UNDECIDED {
            lines.push(self.how_far(policy));
        }
        lines
    }

    /// The value with the limit that counts, and what follows.
    fn says(&self, policy: &Policy) -> (String, &'static str) {
        let ratio = ratio(self.ratio);
        let e = &self.e;
        if e.ln_level_hard >= policy.ln_fail_limit() {
            return (format!("limit {}", policy.hard), "WORSE");
        }
        if e.ln_worse() >= policy.ln_fail_limit() {
            return (format!("{ratio}, limit {}", policy.ratio), "WORSE");
        }
        if e.ln_healthy() < policy.ln_pass_limit() {
            return (ratio, UNDECIDED);
        }
        // Either of the two may carry it; the stronger one is named.
        let limit = match e.ln_pass_ratio > e.ln_pass_rate {
            true => format!("{ratio}, limit {}", policy.accept_ratio),
            false => format!("limit {}", policy.accept_rate),
        };
        (limit, "healthy")
    }

    fn how_far(&self, policy: &Policy) -> String {
        let e = &self.e;
        let healthy = evidence(e.ln_healthy());
        let worse = evidence(e.ln_worse().max(e.ln_level_hard));
        let (most, least) = (evidence(policy.ln_pass_limit()), evidence(policy.ln_fail_limit()));
        format!("  evidence: healthy {healthy}, {most} decides; worse {worse}, {least} decides")
    }
}

fn ratio(bounds: RatioBounds) -> String {
    match (bounds.low, bounds.high) {
        (0.0, None) => "ratio not known".to_owned(),
        (0.0, Some(high)) => format!("at most {} times", times(high)),
        (low, None) => format!("at least {} times", times(low)),
        (low, Some(high)) => format!("{} to {} times", times(low), times(high)),
    }
}

/// A ratio; of very large ones only that they are.
fn times(ratio: f64) -> String {
    if ratio > MOST_SHOWN { "over 1,000".to_owned() } else { short(ratio) }
}

/// A number of evidence from its logarithm: 1 is none.
fn evidence(ln_e: f64) -> String {
    let e = ln_e.exp();
    if e > MOST_SHOWN { "over 1,000".to_owned() } else { short(e) }
}

/// A part of 1 as a per cent with two or three digits.
pub(super) fn per_cent(rate: f64) -> String {
    format!("{} %", short(rate * 100.0))
}

/// A number of requests, short enough for any line.
fn count(number: u64) -> String {
    const MILLION: u64 = 1_000_000;
    const MILLION_MILLIONS: u64 = MILLION * MILLION;
    match number {
        ..MILLION => grouped(number),
        MILLION_MILLIONS.. => "over a million million".to_owned(),
        _ => format!("{} million", grouped(number / MILLION)),
    }
}

/// `1352` as `1,352`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for part in digits.as_bytes()[first..].chunks(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend(part.iter().copied().map(char::from));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        let shown = [0.002, 0.0084, 0.1, 0.5432, 1.0, 0.0].map(per_cent);
        assert_eq!(shown, ["0.2 %", "0.84 %", "10 %", "54 %", "100 %", "0 %"]);
        assert_eq!([0, 999, 1_352, 1_000_000].map(grouped), ["0", "999", "1,352", "1,000,000"]);
    }
}
