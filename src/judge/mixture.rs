//! E-values: evidence against an assumption. Each starts at 1, and under the assumption ever
//! reaches `1/a` with probability `a` at most, at any number of looks (Ville 1939). They are kept
//! as natural logarithms.

use std::array;

/// How far the alternatives lie from the limit, as factors; all weigh the same.
pub(super) const GRID: [f64; 9] = [1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// The assumption that a test speaks against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assumption {
    /// The value is at most the limit; alternatives lie above.
    AtMost,
    /// The value is at least the limit; alternatives lie below.
    AtLeast,
}

/// Logarithms of a test's products, one for each alternative.
#[derive(Debug, Clone)]
pub(super) struct Products<const N: usize>([CarefulSum; N]);

/// A sum that keeps what rounding would lose (Neumaier 1974): long runs of large terms of both
/// signs must not lose the digits that decide.
#[derive(Debug, Clone, Copy, Default)]
struct CarefulSum {
    sum: f64,
    lost: f64,
}

impl Assumption {
    /// Alternatives to `limit`, nearest first.
    pub(super) fn alternatives(self, limit: f64) -> [f64; 9] {
        GRID.map(|factor| match self {
            Self::AtMost => limit * factor,
            Self::AtLeast => limit / factor,
        })
    }
}

impl<const N: usize> Products<N> {
    /// Nothing seen: every product is 1.
    pub(super) fn new() -> Self {
        Self([CarefulSum::default(); N])
    }

    /// Multiplies the products by factors, given as logarithms by the alternative's index.
    pub(super) fn multiply(&mut self, ln_factor: impl Fn(usize) -> f64) {
        for (index, sum) in self.0.iter_mut().enumerate() {
            sum.add(ln_factor(index));
        }
    }

    /// The logarithm of the mean of the products, each logarithm divided by `phi`.
    pub(super) fn ln_mean(&self, phi: f64) -> f64 {
        let exponents: [f64; N] = array::from_fn(|index| self.0[index].value() / phi);
        ln_mean_exp(&exponents)
    }
}

impl CarefulSum {
    fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() {
            (self.sum - sum) + term
        } else {
            (term - sum) + self.sum
        };
        self.sum = sum;
    }

    fn value(self) -> f64 {
        self.sum + self.lost
    }
}

/// `ln(mean(exp(x)))` without overflow; of nothing it is `-inf`.
pub(super) fn ln_mean_exp(exponents: &[f64]) -> f64 {
    /// What is smaller than the largest by `exp(-45)` cannot change a double.
    const NEGLIGIBLE: f64 = -45.0;
    if let [only] = exponents {
        return *only;
    }
    let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    let parts = exponents.iter().map(|exponent| exponent - largest);
    let sum: f64 = parts.filter(|part| *part > NEGLIGIBLE).map(f64::exp).sum();
    largest + (sum / exponents.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_huge_and_tiny_evidence_neither_overflows_nor_vanishes() {
        assert!((ln_mean_exp(&[1e6, 1e6]) - 1e6).abs() < 1e-9);
        assert!((ln_mean_exp(&[-1e6, -1e6]) + 1e6).abs() < 1e-9);
        assert!((ln_mean_exp(&[0.0, 3.0_f64.ln()]) - 2.0_f64.ln()).abs() < 1e-15);
        assert_eq!(ln_mean_exp(&[]), f64::NEG_INFINITY);
    }

    #[test]
    fn a_small_term_between_two_large_ones_is_not_lost() {
        let mut products = Products::<1>::new();
        for term in [1e18, 1.0, -1e18] {
            products.multiply(|_| term);
        }
        assert_eq!(products.ln_mean(1.0), 1.0);
    }
}
