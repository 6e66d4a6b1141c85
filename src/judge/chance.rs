//! Chance from a seed: the same seed gives the same numbers on every machine.

use std::f64::consts::TAU;

/// A stream of random numbers (splitmix64; Steele, Lea and Flood 2014). For simulation, never
/// for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

/// Up to this mean it is quicker to count up from zero than to look for the middle.
const SMALL_MEAN: f64 = 12.0;
/// From this variance on a binomial is rounded from a normal: the error of its shape is below a
/// thousandth, and exact drawing would take thousands of steps.
const LARGE_VARIANCE: f64 = 1e6;

impl Chance {
    /// Starts at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Between 0 and 1, neither included.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// How many of `n` happen, when each does with probability `p`.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        if n == 0 || p <= 0.0 {
            return 0;
        }
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        let (size, q) = (n as f64, 1.0 - p);
        let mean = size * p;
        if mean * q > LARGE_VARIANCE {
            return whole(self.normal().mul_add((mean * q).sqrt(), mean)).min(n);
        }
        let odds = p / q;
        let up = |k: f64| (size - k) / (k + 1.0) * odds;
        if mean < SMALL_MEAN {
            return self.upwards((size * (-p).ln_1p()).exp(), up).min(n);
        }
        let mode = ((size + 1.0) * p).floor();
        let ways = ln_factorial(size) - ln_factorial(mode) - ln_factorial(size - mode);
        let at_mode = (ways + mode * p.ln() + (size - mode) * (-p).ln_1p()).exp();
        self.outwards(mode, at_mode, up).min(n)
    }

    /// How many events come, when `mean` are to be expected and none knows of another.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        let up = |k: f64| mean / (k + 1.0);
        if mean <= 0.0 {
            return 0;
        }
        if mean > LARGE_VARIANCE {
            return whole(self.normal().mul_add(mean.sqrt(), mean));
        }
        if mean < SMALL_MEAN {
            return self.upwards((-mean).exp(), up);
        }
        let mode = mean.floor();
        let at_mode = (mode * mean.ln() - mean - ln_factorial(mode)).exp();
        self.outwards(mode, at_mode, up)
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (TAU * self.uniform()).cos()
    }

    /// Inversion upwards; `up(k)` is P(k+1) / P(k).
    fn upwards(&mut self, at_zero: f64, up: impl Fn(f64) -> f64) -> u64 {
        let (mut left, mut value, mut part) = (self.uniform(), 0.0, at_zero);
        while left > part && part > 0.0 {
            left -= part;
            part *= up(value);
            value += 1.0;
        }
        whole(value)
    }

    /// Inversion from the most likely value outwards, to both sides in turn.
    fn outwards(&mut self, mode: f64, at_mode: f64, up: impl Fn(f64) -> f64) -> u64 {
        let mut left = self.uniform() - at_mode;
        let (mut above, mut below) = (mode, mode);
        let (mut part_above, mut part_below) = (at_mode, at_mode);
        while left > 0.0 && (part_above > 0.0 || part_below > 0.0) {
            part_above *= up(above);
            above += 1.0;
            left -= part_above;
            if left <= 0.0 {
                return whole(above);
            }
            if below > 0.0 {
                below -= 1.0;
                part_below /= up(below);
                left -= part_below;
                if left <= 0.0 {
                    return whole(below);
                }
            } else {
                part_below = 0.0;
            }
        }
        whole(mode)
    }
}

/// Stirling's series, to more digits than a double has from ten on.
fn ln_factorial(n: f64) -> f64 {
    if n < 10.0 {
        let (mut product, mut k) = (1.0, 2.0);
        while k <= n {
            product *= k;
            k += 1.0;
        }
        return product.ln();
    }
    let inverse = 1.0 / n;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0)));
    (n + 0.5) * n.ln() - n + 0.5 * TAU.ln() + series
}

/// The nearest whole number, 0 for what is below.
#[expect(clippy::cast_possible_truncation, reason = "saturates, which is wanted")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(mut draw: impl FnMut() -> u64) -> (f64, f64) {
        const DRAWS: u32 = 40_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..DRAWS {
            let value = draw() as f64;
            sum += value;
            squares += value * value;
        }
        let mean = sum / f64::from(DRAWS);
        (mean, squares / f64::from(DRAWS) - mean * mean)
    }

    #[track_caller]
    fn close(found: f64, wanted: f64) {
        // Four standard errors of a variance over 40,000 draws are below 4 %.
        assert!((found - wanted).abs() <= 0.04 * wanted, "{found}, wanted {wanted}");
    }

    #[test]
    fn binomials_have_their_mean_and_variance() {
        let mut chance = Chance::new(1);
        for (n, p) in [(60, 0.05), (540, 0.1), (5_400, 0.01), (600, 0.9), (10_000_000, 0.3)] {
            let (mean, variance) = mean_and_variance(|| chance.binomial(n, p));
            close(mean, n as f64 * p);
            close(variance, n as f64 * p * (1.0 - p));
        }
        assert_eq!((chance.binomial(0, 0.5), chance.binomial(9, 1.0)), (0, 9));
    }

    #[test]
    fn poissons_have_their_mean_and_variance() {
        let mut chance = Chance::new(2);
        for wanted in [0.5, 11.9, 12.0, 600.0, 5_400.0, 2e6] {
            let (mean, variance) = mean_and_variance(|| chance.poisson(wanted));
            close(mean, wanted);
            close(variance, wanted);
        }
    }

    #[test]
    fn factorials_meet_where_the_series_begins() {
        let direct: f64 = (2..=10).map(|k| f64::from(k).ln()).sum();
        assert!((ln_factorial(10.0) - direct).abs() < 1e-10);
        assert_eq!(ln_factorial(0.0), 0.0);
    }
}
