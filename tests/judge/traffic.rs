//! Requests and errors of both sides by minute, drawn from a seed.

use ecs_canary::judge::{Chance, Counts};

/// Looks at a release, one a minute.
pub(crate) const MINUTES: i64 = 60;

/// How the error rate of both sides moves over the hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// Not at all.
    Steady,
    /// Twenty times as many errors from minute 21 to 25.
    Incident,
    /// From half to three times as many.
    Rising,
    /// From three times to half as many.
    Falling,
}

/// One kind of release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// Requests per second of canary and baseline.
    pub(crate) rates: (f64, f64),
    /// Part of bad requests of baseline and canary.
    pub(crate) bad: (f64, f64),
    /// How both move.
    pub(crate) shape: Shape,
    /// Mean size of a burst of errors; 1 when each comes alone.
    pub(crate) burst: f64,
    /// True when the canary's share goes 5, 10, 25, 50 % in steps of 15 minutes.
    pub(crate) in_steps: bool,
}

impl Cell {
    /// Steady, without bursts, with a fixed share.
    pub(crate) fn new(rates: (f64, f64), bad: (f64, f64)) -> Self {
        Self { rates, bad, shape: Shape::Steady, burst: 1.0, in_steps: false }
    }

    /// The baseline of the hour before, then both sides' minutes of the release.
    pub(crate) fn draw(&self, chance: &mut Chance) -> Vec<(i64, Counts)> {
        let before = (1 - MINUTES..=0).map(|minute| (minute, 0.0));
        let release = (1..=MINUTES).map(|minute| (minute, self.share(minute)));
        before
            .chain(release)
            .map(|(minute, share)| (minute, self.minute(minute, share, chance)))
            .collect()
    }

    fn share(&self, minute: i64) -> f64 {
        let (canary, baseline) = self.rates;
        match (self.in_steps, minute) {
            (false, _) => canary / (canary + baseline),
            (true, ..=15) => 0.05,
            (true, ..=30) => 0.1,
            (true, ..=45) => 0.25,
            (true, _) => 0.5,
        }
    }

    fn minute(&self, minute: i64, share: f64, chance: &mut Chance) -> Counts {
        let all = 60.0 * (self.rates.0 + self.rates.1);
        let times = self.times(minute.max(1));
        let canary_requests = chance.poisson(all * share);
        let baseline_requests = chance.poisson(all * (1.0 - share));
        Counts {
            canary_requests,
            canary_bad: self.errors(canary_requests, self.bad.1 * times, chance),
            baseline_requests,
            baseline_bad: self.errors(baseline_requests, self.bad.0 * times, chance),
        }
    }

    fn times(&self, minute: i64) -> f64 {
        let passed = (minute - 1) as f64 / (MINUTES - 1) as f64;
        match self.shape {
            Shape::Steady => 1.0,
            Shape::Incident => {
                if (21..=25).contains(&minute) {
                    20.0
                } else {
                    1.0
                }
            }
            Shape::Rising => 0.5 + 2.5 * passed,
            Shape::Falling => 3.0 - 2.5 * passed,
        }
    }

    fn errors(&self, requests: u64, rate: f64, chance: &mut Chance) -> u64 {
        if self.burst <= 1.0 {
            return chance.binomial(requests, rate);
        }
        let bursts = chance.poisson(requests as f64 * rate / self.burst);
        let sizes = (0..bursts).map(|_| size(self.burst, chance));
        sizes.sum::<u64>().min(requests)
    }
}

/// Geometric from 1 on, with this mean.
fn size(mean: f64, chance: &mut Chance) -> u64 {
    let mut size = 1;
    while chance.uniform() > 1.0 / mean {
        size += 1;
    }
    size
}
