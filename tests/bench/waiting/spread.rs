//! Numbers in order, and how they are spread.

/// Measured values.
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// The value below which `share` of a hundred lie.
    pub(crate) fn percentile(&self, share: usize) -> f64 {
        self.0[(self.0.len() - 1) * share / 100]
    }

    /// `mean | p50 | p95 | p99 | most`, as cells of a table.
    pub(crate) fn cells(&self) -> String {
        let [half, most, nearly, all] = [50, 95, 99, 100].map(|share| self.percentile(share));
        format!("{:.1} | {half:.1} | {most:.1} | {nearly:.1} | {all:.1}", self.mean())
    }
}
