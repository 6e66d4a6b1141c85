//! The level test: is one side's rate of bad requests above (below) a limit?

use super::mixture::{Assumption, ln_mean_exp};
use std::array;

/// The rate of no alternative; a rate of 1 would make one good request impossible.
const HIGHEST: f64 = 0.99;

/// Evidence against "the rate is at most (at least) `limit`", from one binomial sample.
#[derive(Debug, Clone)]
pub(super) struct LevelTest {
    /// What the logarithm of each product gains by a bad request, and by a good one.
    bad: [f64; 9],
    good: [f64; 9],
}

impl LevelTest {
    /// `limit` lies above 0 and below [`HIGHEST`].
    pub(super) fn new(assumption: Assumption, limit: f64) -> Self {
        let alternatives = assumption.alternatives(limit).map(|rate| rate.min(HIGHEST));
        Self {
            bad: alternatives.map(|rate| (rate / limit).ln()),
            good: alternatives.map(|rate| (-rate).ln_1p() - (-limit).ln_1p()),
        }
    }

    /// The test needs no minutes, only how many requests there were in all.
    pub(super) fn ln_e(&self, bad: u64, requests: u64, phi: f64) -> f64 {
        let good = requests.saturating_sub(bad) as f64;
        let bad = bad as f64;
        let exponents: [f64; 9] =
            array::from_fn(|index| (bad * self.bad[index] + good * self.good[index]) / phi);
        ln_mean_exp(&exponents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternative_stays_below_certainty() {
        let test = LevelTest::new(Assumption::AtMost, 0.9);
        assert!(test.ln_e(1_000, 1_000, 1.0) > 0.0);
        assert!(test.ln_e(0, 1_000, 1.0).is_finite());
    }
}
