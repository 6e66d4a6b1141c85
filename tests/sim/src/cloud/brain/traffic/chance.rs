//! Random numbers by distribution, from seeded dice.

use rand::Rng as _;
use rand::rngs::StdRng;

/// From how many expected events on a normal distribution is near enough.
const MANY: f64 = 60.0;

/// How many events happen when `mean` are expected.
pub(super) fn poisson(dice: &mut StdRng, mean: f64) -> u32 {
    if mean <= 0.0 {
        return 0;
    }
    if mean > MANY {
        return rounded(mean + mean.sqrt() * normal(dice));
    }
    let (limit, mut product, mut count) = ((-mean).exp(), dice.random::<f64>(), 0);
    while product > limit {
        product *= dice.random::<f64>();
        count += 1;
    }
    count
}

/// How many of `number` happen that each have the chance `share`.
pub(super) fn binomial(dice: &mut StdRng, number: u32, share: f64) -> u32 {
    if share >= 1.0 {
        return number;
    }
    if share <= 0.0 || number == 0 {
        return 0;
    }
    if share > 0.5 {
        return number - binomial(dice, number, 1.0 - share);
    }
    let mean = f64::from(number) * share;
    if mean > MANY {
        let spread = (mean * (1.0 - share)).sqrt();
        return rounded(mean + spread * normal(dice)).min(number);
    }
    // From one event to the next: exact, and as long as there are events.
    let (mut count, mut at) = (0, 0.0);
    loop {
        at += (dice.random::<f64>().ln() / (1.0 - share).ln()).floor() + 1.0;
        if at > f64::from(number) {
            return count;
        }
        count += 1;
    }
}

/// A number around 0 with variance 1.
pub(super) fn normal(dice: &mut StdRng) -> f64 {
    let (one, other): (f64, f64) = (dice.random(), dice.random());
    (-2.0 * (1.0 - one).ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}

/// A factor around 1 whose variance is `unrest`.
pub(super) fn unrest(dice: &mut StdRng, unrest: f64) -> f64 {
    if unrest <= 0.0 {
        return 1.0;
    }
    let spread = (1.0 + unrest).ln();
    (spread.sqrt() * normal(dice) - spread / 2.0).exp()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and not negative"
)]
fn rounded(value: f64) -> u32 {
    value.round().max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::{binomial, poisson, unrest};
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    const SEED: u64 = 20_261_123;

    fn mean_and_variance(mut draw: impl FnMut(&mut StdRng) -> f64) -> (f64, f64) {
        let mut dice = StdRng::seed_from_u64(SEED);
        let drawn: Vec<f64> = (0..20_000).map(|_| draw(&mut dice)).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        (mean, drawn.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / 20_000.0)
    }

    #[test]
    fn counts_have_the_mean_and_the_variance_of_their_distribution() {
        println!("seed {SEED}");
        for mean in [0.5, 20.0, 59.0, 61.0, 500.0] {
            let (found, variance) = mean_and_variance(|dice| f64::from(poisson(dice, mean)));
            assert!((found / mean - 1.0).abs() < 0.03, "{mean}: {found}");
            assert!((variance / mean - 1.0).abs() < 0.1, "{mean}: {variance}");
        }
        for (number, share) in [(10, 0.1), (1000, 0.01), (1000, 0.4), (50, 0.95)] {
            let (mean, spread) =
                (f64::from(number) * share, f64::from(number) * share * (1.0 - share));
            let (found, variance) =
                mean_and_variance(|dice| f64::from(binomial(dice, number, share)));
            assert!((found / mean - 1.0).abs() < 0.03, "{number} {share}: {found}");
            assert!((variance / spread - 1.0).abs() < 0.1, "{number} {share}: {variance}");
        }
        let (mean, variance) = mean_and_variance(|dice| unrest(dice, 0.2));
        assert!((mean - 1.0).abs() < 0.03 && (variance - 0.2).abs() < 0.04, "{mean} {variance}");
    }
}
