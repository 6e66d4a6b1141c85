//! The verdict, minute by minute.

use super::metric::{EValues, MetricTests};
use super::mixture::ln_mean_exp;
use super::{Counts, Policy};
use serde::Serialize;

/// What the evidence so far says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// As healthy as the policy asks for.
    Pass,
    /// Worse than the policy allows.
    Fail,
    /// Neither is sure.
    Undecided,
}

/// The course of one release, for one or several metrics. Feed it every minute once, in order;
/// [`assess`](super::assess) takes data in any order, by counting anew.
#[derive(Debug, Clone)]
pub struct Trial {
    policy: Policy,
    metrics: Vec<MetricTests>,
    started: Option<i64>,
    newest: Option<i64>,
    decided: Option<(Ruling, i64)>,
}

/// What a minute left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The mean over the metrics of each of their e-values.
    pub e: EValues,
    /// The largest `phi` of a metric.
    pub phi: f64,
    /// Stays once it is decided.
    pub ruling: Ruling,
    /// The minute that decided it.
    pub decided_at: Option<i64>,
    /// True when the evidence after this minute suffices for a FAIL, also after a PASS.
    pub is_worse: bool,
    /// The index of the metric with the least evidence of being healthy, which the whole waits
    /// for.
    pub weakest: usize,
}

/// A minute that is not after the one before it: late data need a full recount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("minute {minute} does not come after minute {newest}")]
pub struct OutOfOrder {
    /// The minute that was given.
    pub minute: i64,
    /// The newest before it.
    pub newest: i64,
}

impl Trial {
    /// A trial by `metrics` metrics; at least one is taken.
    pub fn new(policy: &Policy, metrics: usize) -> Self {
        Self {
            policy: *policy,
            metrics: vec![MetricTests::new(policy); metrics.max(1)],
            started: None,
            newest: None,
            decided: None,
        }
    }

    /// Adds a minute: the counts of each metric by its index, `None` where it has none.
    ///
    /// # Errors
    /// The minute is not after the one before it.
    pub fn add(&mut self, minute: i64, counts: &[Option<Counts>]) -> Result<Look, OutOfOrder> {
        if let Some(newest) = self.newest.filter(|newest| minute <= *newest) {
            return Err(OutOfOrder { minute, newest });
        }
        self.newest = Some(minute);
        for (metric, counts) in self.metrics.iter_mut().zip(counts) {
            let Some(counts) = counts else { continue };
            if counts.canary_requests > 0 {
                self.started.get_or_insert(minute);
            }
            metric.add(minute, counts);
        }
        Ok(self.look(minute))
    }

    /// Minutes since the canary's first request, the newest included.
    pub fn minutes(&self) -> u64 {
        match (self.started, self.newest) {
            (Some(started), Some(newest)) => started.abs_diff(newest).saturating_add(1),
            _ => 0,
        }
    }

    /// Each metric's counts so far, its e-values and its `phi`.
    pub fn metrics(&self) -> impl Iterator<Item = (&Counts, EValues, f64)> {
        self.metrics.iter().map(|metric| (metric.total(), metric.e_values(), metric.phi()))
    }

    /// Canary requests of the metric that has the fewest.
    pub fn fewest_requests(&self) -> u64 {
        self.metrics.iter().map(|metric| metric.total().canary_requests).min().unwrap_or(0)
    }

    fn look(&mut self, minute: i64) -> Look {
        let look = match self.metrics.as_slice() {
            [only] => Combined::of(&[only.e_values()]),
            several => {
                let e_values: Vec<EValues> = several.iter().map(MetricTests::e_values).collect();
                Combined::of(&e_values)
            }
        };
        let is_worse = look.ln_worse.max(look.mean.ln_level_hard) >= self.policy.ln_fail_limit();
        if self.decided.is_none() {
            let ruling = if is_worse { Some(Ruling::Fail) } else { self.healthy(&look) };
            self.decided = ruling.map(|ruling| (ruling, minute));
        }
        let (ruling, decided_at) = match self.decided {
            Some((ruling, at)) => (ruling, Some(at)),
            None => (Ruling::Undecided, None),
        };
        let phi = self.metrics.iter().map(MetricTests::phi).fold(1.0, f64::max);
        Look { e: look.mean, phi, ruling, decided_at, is_worse, weakest: look.weakest }
    }

    fn healthy(&self, combined: &Combined) -> Option<Ruling> {
        let policy = &self.policy;
        let enough = self.minutes() >= u64::from(policy.min_minutes)
            && self.fewest_requests() >= policy.min_requests;
        (enough && combined.ln_healthy >= policy.ln_pass_limit()).then_some(Ruling::Pass)
    }
}

/// Several metrics as one. The mean of e-values is an e-value under any dependence (Vovk and
/// Wang 2021): it speaks against "no metric is worse". "Healthy" has to hold for every metric,
/// so the least sure one counts.
struct Combined {
    mean: EValues,
    ln_worse: f64,
    ln_healthy: f64,
    weakest: usize,
}

impl Combined {
    fn of(metrics: &[EValues]) -> Self {
        if let [only] = metrics {
            let (ln_worse, ln_healthy) = (only.ln_worse(), only.ln_healthy());
            return Self { mean: *only, ln_worse, ln_healthy, weakest: 0 };
        }
        let mean = |value: fn(&EValues) -> f64| {
            ln_mean_exp(&metrics.iter().map(value).collect::<Vec<_>>())
        };
        let healthy = metrics.iter().map(EValues::ln_healthy).enumerate();
        let (weakest, ln_healthy) =
            healthy.min_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap_or((0, 0.0));
        Self {
            mean: EValues {
                ln_share: mean(|e| e.ln_share),
                ln_level_floor: mean(|e| e.ln_level_floor),
                ln_level_hard: mean(|e| e.ln_level_hard),
                ln_pass_ratio: mean(|e| e.ln_pass_ratio),
                ln_pass_rate: mean(|e| e.ln_pass_rate),
            },
            ln_worse: mean(EValues::ln_worse),
            ln_healthy,
            weakest,
        }
    }
}
