//! The pairs test: a baseline of the same size, started at the same time.

use super::Counts;
use super::mixture::Products;
use std::f64::consts::LN_2;

/// How strongly each product bets on the canary being worse.
const BETS: [f64; 4] = [0.25, 0.5, 1.0, 2.0];

/// Evidence against "the canary is no worse" where both sides get the same share of requests:
/// the difference of their bad requests is then symmetric, in whatever bursts they come. A minute
/// at most doubles the evidence, so it takes six or more.
#[derive(Debug, Clone)]
pub(super) struct PairsTest {
    products: Products<4>,
    minutes: u32,
    /// Sum of the squared differences so far.
    squares: f64,
}

impl PairsTest {
    pub(super) fn new() -> Self {
        Self { products: Products::new(), minutes: 0, squares: 0.0 }
    }

    /// Adds a minute; one in which a side had no request has nothing to compare.
    pub(super) fn add(&mut self, minute: &Counts) {
        if minute.canary_requests == 0 || minute.baseline_requests == 0 {
            return;
        }
        self.minutes = self.minutes.saturating_add(1);
        let difference = minute.canary_bad as f64 - minute.baseline_bad as f64;
        let scale = ((1.0 + self.squares) / f64::from(self.minutes)).sqrt();
        let scaled = difference / scale;
        self.products.multiply(|index| LN_2 - softplus(-2.0 * BETS[index] * scaled));
        self.squares += difference * difference;
    }

    pub(super) fn ln_e(&self) -> f64 {
        self.products.ln_mean(1.0)
    }
}

/// `ln(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}
