//! Does the canary get its traffic?

use super::Policy;
use super::level::LevelTest;
use super::mixture::{Assumption, ln_mean_exp};

/// Half of the share that was asked for, and twice, are still taken for it: sticky clients and
/// connections that are kept open.
const TOLERANCE: f64 = 2.0;
/// Shares near 1 leave no room above.
const HIGHEST: f64 = 0.9;

/// From a minute on the canary is to get this share of the requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareStep {
    /// The minute of the change.
    pub minute: i64,
    /// The canary's part, 0 to 1.
    pub share: f64,
}

/// Evidence that the canary gets less than half or more than twice its share.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Arrival {
    /// As a natural logarithm.
    pub ln_e: f64,
    /// The part of the requests that came, in the minutes that count; `None` without requests.
    pub found: Option<f64>,
    /// The share of the newest step.
    pub wanted: Option<f64>,
}

/// Sums each step's minutes; the minute of a change and the next are a mixture of two shares and
/// are left out. `minutes` gives each minute with the canary's and with both sides' requests.
pub(super) fn arrival(steps: &[ShareStep], minutes: &[(i64, u64, u64)]) -> Arrival {
    let mut arrival = Arrival { wanted: steps.last().map(|step| step.share), ..Arrival::default() };
    let (mut low, mut high) = (0.0, 0.0);
    let (mut canary, mut all) = (0_u64, 0_u64);
    for (index, step) in steps.iter().enumerate() {
        let end = steps.get(index + 1).map_or(i64::MAX, |next| next.minute);
        let settled = step.minute.saturating_add(2)..end;
        let (mut own, mut both) = (0_u64, 0_u64);
        for (_, part, whole) in minutes.iter().filter(|(minute, ..)| settled.contains(minute)) {
            own = own.saturating_add(*part);
            both = both.saturating_add(*whole);
        }
        if step.share > 0.0 && step.share < 1.0 {
            let least = LevelTest::new(Assumption::AtLeast, step.share / TOLERANCE);
            low += least.ln_e(own, both, 1.0);
            let most = (step.share * TOLERANCE).min(HIGHEST);
            high += LevelTest::new(Assumption::AtMost, most).ln_e(own, both, 1.0);
        }
        if end == i64::MAX {
            (canary, all) = (own, both);
        }
    }
    arrival.ln_e = ln_mean_exp(&[low, high]);
    arrival.found = (all > 0).then(|| canary as f64 / all as f64);
    arrival
}

impl Arrival {
    /// True when it is sure that the canary does not get what it should.
    pub(super) fn is_wrong(&self, policy: &Policy) -> bool {
        self.ln_e >= policy.ln_fail_limit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(steps: &[ShareStep], canary: u64, all: u64, minutes: i64) -> Arrival {
        let minutes: Vec<_> = (0..minutes).map(|minute| (minute, canary, all)).collect();
        arrival(steps, &minutes)
    }

    #[test]
    fn a_canary_without_requests_is_noticed() {
        let steps = [ShareStep { minute: 0, share: 0.1 }];
        assert!(of(&steps, 0, 600, 4).is_wrong(&Policy::default()));
        assert!(!of(&steps, 60, 600, 600).is_wrong(&Policy::default()));
        assert!(!of(&steps, 0, 0, 600).is_wrong(&Policy::default()));
    }

    #[test]
    fn more_than_twice_the_share_is_noticed_and_less_is_not() {
        let steps = [ShareStep { minute: 0, share: 0.1 }];
        assert!(of(&steps, 180, 600, 30).is_wrong(&Policy::default()));
        assert!(!of(&steps, 110, 600, 600).is_wrong(&Policy::default()));
    }

    #[test]
    fn the_minutes_around_a_step_do_not_count() {
        let steps = [ShareStep { minute: 0, share: 0.05 }, ShareStep { minute: 10, share: 0.5 }];
        let minute = |minute| (minute, if minute < 12 { 300 } else { 3_000 }, 6_000);
        let minutes: Vec<_> = (0..30).map(minute).collect();
        let arrival = arrival(&steps, &minutes);
        assert!(!arrival.is_wrong(&Policy::default()), "{arrival:?}");
        assert_eq!(arrival.found, Some(0.5));
    }
}
