//! The share test: whose errors are they, given how many there were in each minute?

use super::Counts;
use super::mixture::{Assumption, GRID, Products};

/// Evidence against "the canary's rate of bad requests is at most (at least) `ratio` times the
/// baseline's", where the baseline's rate may be another one in every minute.
///
/// Given the bad requests of a minute, the canary's part of them is binomial with
/// `ratio n_c / (ratio n_c + n_b)` (Lindon and Malek 2022, arXiv 2011.03567): exact for Poisson
/// counts, and for binomial ones at ratio 1 because drawing without replacement is dominated
/// (Hoeffding 1963).
#[derive(Debug, Clone)]
pub(super) struct ShareTest {
    ratio: f64,
    /// Alternatives less the limit.
    beyond: [f64; 9],
    /// Logarithms of alternatives over the limit.
    gains: [f64; 9],
    products: Products<9>,
}

impl ShareTest {
    pub(super) fn new(assumption: Assumption, ratio: f64) -> Self {
        let gains = GRID.map(|factor| match assumption {
            Assumption::AtMost => factor.ln(),
            Assumption::AtLeast => -factor.ln(),
        });
        let beyond = assumption.alternatives(ratio).map(|alternative| alternative - ratio);
        Self { ratio, beyond, gains, products: Products::new() }
    }

    /// Adds a minute. One in which a side had no request says nothing of whose errors they are.
    pub(super) fn add(&mut self, minute: &Counts) {
        let bad = minute.canary_bad as f64 + minute.baseline_bad as f64;
        if minute.canary_requests == 0 || minute.baseline_requests == 0 || bad == 0.0 {
            return;
        }
        let (canary, baseline) = (minute.canary_requests as f64, minute.baseline_requests as f64);
        let weight = canary / (self.ratio * canary + baseline);
        let canary_bad = minute.canary_bad as f64;
        let Self { beyond, gains, products, .. } = self;
        products
            .multiply(|index| canary_bad * gains[index] - bad * (beyond[index] * weight).ln_1p());
    }

    pub(super) fn ln_e(&self, phi: f64) -> f64 {
        self.products.ln_mean(phi)
    }
}
