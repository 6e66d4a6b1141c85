//! One metric's tests, fed minute by minute.

use super::dispersion::PhiEstimate;
use super::level::LevelTest;
use super::mixture::Assumption;
use super::pairs::PairsTest;
use super::share::ShareTest;
use super::{Comparison, Counts, Policy};

/// Evidence after a minute, as natural logarithms: 0 is none, `ln 20` the usual limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EValues {
    /// Against "at most `ratio` times the baseline's rate", or by pairs where the baseline has
    /// the same size.
    pub ln_share: f64,
    /// Against "the rate is at most the floor".
    pub ln_level_floor: f64,
    /// Against "the rate is at most the hard limit".
    pub ln_level_hard: f64,
    /// Against "at least `accept_ratio` times the baseline's rate".
    pub ln_pass_ratio: f64,
    /// Against "the rate is at least `accept_rate`".
    pub ln_pass_rate: f64,
}

/// The evidence of one metric so far.
#[derive(Debug, Clone)]
pub(super) struct MetricTests {
    worse: Worse,
    floor: LevelTest,
    hard: LevelTest,
    accept_ratio: ShareTest,
    accept_rate: LevelTest,
    phi: PhiEstimate,
    total: Counts,
}

/// The test for "worse than the baseline".
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all are of the large one")]
enum Worse {
    Share(ShareTest),
    Pairs(PairsTest),
}

impl EValues {
    /// Evidence that the canary is worse than the baseline and above the floor: it speaks against
    /// either being false, so the weaker of the two counts (Berger 1982).
    pub fn ln_worse(&self) -> f64 {
        self.ln_share.min(self.ln_level_floor)
    }

    /// Evidence that it is healthy: the mean of the two, so that either may carry it.
    pub fn ln_healthy(&self) -> f64 {
        super::mixture::ln_mean_exp(&[self.ln_pass_ratio, self.ln_pass_rate])
    }
}

impl MetricTests {
    pub(super) fn new(policy: &Policy) -> Self {
        let worse = match policy.comparison {
            Comparison::Stable => {
                Worse::Share(ShareTest::new(Assumption::AtMost, policy.ratio.value()))
            }
            Comparison::SameSize => Worse::Pairs(PairsTest::new()),
        };
        Self {
            worse,
            floor: LevelTest::new(Assumption::AtMost, policy.floor.value()),
            hard: LevelTest::new(Assumption::AtMost, policy.hard.value()),
            accept_ratio: ShareTest::new(Assumption::AtLeast, policy.accept_ratio.value()),
            accept_rate: LevelTest::new(Assumption::AtLeast, policy.accept_rate.value()),
            phi: PhiEstimate::new(policy.phi),
            total: Counts::default(),
        }
    }

    pub(super) fn add(&mut self, minute: i64, counts: &Counts) {
        match &mut self.worse {
            Worse::Share(test) => test.add(counts),
            Worse::Pairs(test) => test.add(counts),
        }
        self.accept_ratio.add(counts);
        self.phi.add(minute, counts);
        self.total += *counts;
    }

    pub(super) fn e_values(&self) -> EValues {
        let phi = self.phi();
        let Counts { canary_bad: bad, canary_requests: requests, .. } = self.total;
        EValues {
            ln_share: match &self.worse {
                Worse::Share(test) => test.ln_e(phi),
                Worse::Pairs(test) => test.ln_e(),
            },
            ln_level_floor: self.floor.ln_e(bad, requests, phi),
            ln_level_hard: self.hard.ln_e(bad, requests, phi),
            ln_pass_ratio: self.accept_ratio.ln_e(phi),
            ln_pass_rate: self.accept_rate.ln_e(bad, requests, phi),
        }
    }

    pub(super) fn phi(&self) -> f64 {
        self.phi.phi()
    }

    pub(super) fn total(&self) -> &Counts {
        &self.total
    }
}
