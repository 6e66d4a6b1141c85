//! By how much the canary is worse: what the share test has not ruled out.

use super::mixture::Assumption;
use super::share::ShareTest;
use super::{Counts, Policy};

/// The ratio of the two rates, between bounds that hold at every look at once.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RatioBounds {
    /// At least this, but for a chance of `alpha`; 0 when nothing is ruled out.
    pub low: f64,
    /// At most this, but for a chance of `beta`; `None` when nothing is ruled out.
    pub high: Option<f64>,
}

/// No service is a billion times worse.
const WIDEST: f64 = 1e9;
/// Halvings of the logarithm between the widest ratios: 13 digits.
const HALVINGS: u32 = 48;

/// Ratios that the minutes do not rule out. Evidence against "at most r" falls with r, and that
/// against "at least r" grows, so each bound is one crossing.
pub(super) fn ratio_bounds(policy: &Policy, minutes: &[Counts], phi: f64) -> RatioBounds {
    let rejects = |assumption, ratio: f64, limit: f64| {
        let mut test = ShareTest::new(assumption, ratio);
        minutes.iter().for_each(|minute| test.add(minute));
        test.ln_e(phi) >= limit
    };
    let low = |ratio| rejects(Assumption::AtMost, ratio, policy.ln_fail_limit());
    let high = |ratio| rejects(Assumption::AtLeast, ratio, policy.ln_pass_limit());
    RatioBounds {
        low: if low(1.0 / WIDEST) { crossing(low) } else { 0.0 },
        high: high(WIDEST).then(|| crossing(|ratio| !high(ratio))),
    }
}

/// Where `holds` ends to be true, from small to large.
fn crossing(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (-WIDEST.ln(), WIDEST.ln());
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle.exp()) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(canary_bad: u64, baseline_bad: u64) -> Counts {
        Counts { canary_requests: 600, canary_bad, baseline_requests: 5_400, baseline_bad }
    }

    #[test]
    fn the_bounds_hold_what_was_counted_between_them() {
        let minutes = [minute(30, 54); 10];
        let RatioBounds { low, high } = ratio_bounds(&Policy::default(), &minutes, 1.0);
        assert!(low > 3.5 && low < 5.0, "{low}");
        assert!(high.is_some_and(|high| high > 5.0 && high < 7.0), "{high:?}");
    }

    #[test]
    fn the_lower_bound_passes_the_limit_when_the_share_test_does() {
        let policy = Policy::default();
        let mut seen = [false; 2];
        for canary_bad in 0..60 {
            let minutes = [minute(canary_bad, 54); 3];
            let mut test = ShareTest::new(Assumption::AtMost, policy.ratio.value());
            minutes.iter().for_each(|minute| test.add(minute));
            let rejected = test.ln_e(1.0) >= policy.ln_fail_limit();
            let bounds = ratio_bounds(&policy, &minutes, 1.0);
            assert_eq!(bounds.low > policy.ratio.value(), rejected, "{canary_bad} {bounds:?}");
            seen[usize::from(rejected)] = true;
        }
        assert_eq!(seen, [true, true]);
    }

    #[test]
    fn nothing_seen_rules_nothing_out() {
        let bounds = ratio_bounds(&Policy::default(), &[minute(0, 0); 60], 1.0);
        assert_eq!(bounds, RatioBounds::default());
    }
}
