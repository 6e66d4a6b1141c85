//! How long a verdict will take, at the traffic that there is: said before the start.

use super::{Chance, Counts, Policy, Ruling, Samples, Trial};
use std::ops::RangeInclusive;

/// Releases that are drawn.
const DRAWS: usize = 101;
/// Minutes after which nobody waits any more.
const LONGEST: i64 = 240;
/// The same traffic gives the same answer.
const SEED: u64 = 1;
/// Minutes until a canary's first one is over and CloudWatch has settled it.
pub const SETTLES: i64 = 3;
/// The fault that is asked about before a release: the part of the requests that fail.
pub const FAULT: f64 = 0.05;
/// Requests per second below which no canary can be judged in an hour.
pub const FEWEST_PER_SECOND: f64 = 0.2;

/// What the users of both sides did lately, by the minute.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usual {
    /// Requests of a minute.
    pub requests: f64,
    /// The share of bad ones.
    pub rate: f64,
}

/// Minutes until a verdict, the median; `None` = not within four hours in half of the releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    /// Of a canary that is as good.
    pub to_pass: Option<i64>,
    /// Of a canary that fails at a given rate.
    pub to_fail: Option<i64>,
}

impl Usual {
    /// What `samples` counted for its first metric, both sides together, from the first minute
    /// with a request to the last one; `None` without requests.
    pub fn of(samples: &Samples, minutes: RangeInclusive<i64>) -> Option<Self> {
        let any = |minute: &i64| samples.total(0, *minute..=*minute).requests() > 0;
        let first = minutes.clone().find(any)?;
        let last = minutes.rev().find(any)?;
        let total = samples.total(0, first..=last);
        let bad = total.canary_bad + total.baseline_bad;
        let requests = total.requests() as f64;
        let length = (last - first + 1) as f64;
        Some(Self { requests: requests / length, rate: bad as f64 / requests })
    }

    /// Requests of a second.
    pub fn per_second(&self) -> f64 {
        self.requests / 60.0
    }

    /// The smallest share that gives a canary enough requests, as a part of 1.
    pub fn smallest_share(&self) -> f64 {
        (FEWEST_PER_SECOND / self.per_second()).min(1.0)
    }

    /// Draws releases whose canary gets `share` of the requests; a bad one fails at `bad_rate`.
    pub fn expected(&self, policy: &Policy, share: f64, bad_rate: f64) -> Expected {
        let mut chance = Chance::new(SEED);
        Expected {
            to_pass: self.median(policy, (share, self.rate, Ruling::Pass), &mut chance),
            to_fail: self.median(policy, (share, bad_rate, Ruling::Fail), &mut chance),
        }
    }

    fn median(
        &self,
        policy: &Policy,
        (share, rate, wanted): (f64, f64, Ruling),
        chance: &mut Chance,
    ) -> Option<i64> {
        let mut waits: Vec<i64> = Vec::with_capacity(DRAWS);
        for _ in 0..DRAWS {
            let mut trial = Trial::new(policy, 1);
            for minute in 1..=LONGEST {
                let counts = self.minute(share, rate, chance);
                // The minutes rise.
                let Ok(look) = trial.add(minute, &[Some(counts)]) else { continue };
                if look.decided_at.is_some() {
                    waits.extend((look.ruling == wanted).then_some(minute));
                    break;
                }
            }
        }
        waits.sort_unstable();
        waits.get(DRAWS / 2).copied()
    }

    fn minute(&self, share: f64, rate: f64, chance: &mut Chance) -> Counts {
        let canary_requests = chance.poisson(self.requests * share);
        let baseline_requests = chance.poisson(self.requests * (1.0 - share));
        Counts {
            canary_requests,
            canary_bad: chance.binomial(canary_requests, rate),
            baseline_requests,
            baseline_bad: chance.binomial(baseline_requests, self.rate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(per_second: f64) -> Usual {
        Usual { requests: per_second * 60.0, rate: 0.01 }
    }

    #[test]
    fn what_is_expected_is_what_was_measured() {
        // `docs/judge.md`: 1 v 9, 1 to 1 % passes in 11 min, 1 to 5 % is found in 4.
        let expected = usual(10.0).expected(&Policy::default(), 0.1, 0.05);
        assert!(
            expected.to_pass.is_some_and(|minutes| (9..=14).contains(&minutes)),
            "{expected:?}"
        );
        assert!(expected.to_fail.is_some_and(|minutes| (3..=6).contains(&minutes)), "{expected:?}");
    }

    #[test]
    fn little_traffic_is_said_and_not_guessed() {
        let expected = usual(0.1).expected(&Policy::default(), 0.05, 0.02);
        assert_eq!(expected, Expected::default());
        assert!((usual(10.0).smallest_share() - 0.02).abs() < 1e-9);
        assert!((usual(0.1).smallest_share() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn both_sides_together_are_the_users() {
        let mut samples = Samples::new(["errors".to_owned()]);
        let counts =
            Counts { canary_requests: 10, canary_bad: 1, baseline_requests: 90, baseline_bad: 1 };
        for minute in 0..10 {
            samples.insert(minute, 0, counts);
        }
        let usual = Usual::of(&samples, -60..=19).unwrap();
        assert!((usual.requests - 100.0).abs() < 1e-9 && (usual.rate - 0.02).abs() < 1e-9);
        assert_eq!(Usual::of(&samples, 20..=29), None);
    }
}
