//! A judgement as a record: counts, evidence, and what it cost the users.

use super::{Assessment, Counts, MetricEvidence, Samples};
use crate::model::{BadCount, JudgedMetric, MetricCounts, UsersCost};
use std::ops::RangeInclusive;

impl Assessment {
    /// What each metric says, as it is recorded.
    pub(super) fn counts(&self) -> Vec<MetricCounts> {
        self.metrics.iter().map(counts).collect()
    }
}

fn counts(metric: &MetricEvidence) -> MetricCounts {
    let MetricEvidence { name, total, ratio, e, phi, .. } = metric;
    MetricCounts {
        metric: name.clone(),
        canary_requests: total.canary_requests,
        canary_bad: total.canary_bad,
        baseline_requests: total.baseline_requests,
        baseline_bad: total.baseline_bad,
        ratio_low: ratio.low,
        ratio_high: ratio.high,
        ln_share: number(e.ln_share),
        ln_level_floor: number(e.ln_level_floor),
        ln_level_hard: number(e.ln_level_hard),
        ln_pass_ratio: number(e.ln_pass_ratio),
        ln_pass_rate: number(e.ln_pass_rate),
        phi: *phi,
    }
}

/// JSON has no infinity.
fn number(value: f64) -> f64 {
    value.clamp(f64::MIN, f64::MAX)
}

/// Requests that failed at the canary in `minutes`, beside what all at once would have cost: each
/// minute's rate of the canary, for the requests of both sides. `None` without a request to it.
///
/// Failed is what the first metric counts, and the requests without an answer beside it: those
/// two never count the same request. A slow answer is one.
pub(super) fn users(
    metrics: &[JudgedMetric],
    samples: &Samples,
    minutes: &RangeInclusive<i64>,
) -> Option<UsersCost> {
    let first = metrics.first()?;
    let is_failure = |index: usize, metric: &JudgedMetric| {
        let silent = matches!(metric.canary.bad, BadCount::Unanswered(_));
        index == 0 || (silent && metric.canary.requests == first.canary.requests)
    };
    let failures: Vec<bool> =
        metrics.iter().enumerate().map(|(index, metric)| is_failure(index, metric)).collect();
    let (mut requests, mut failed, mut all_at_once) = (0_u64, 0_u64, 0.0);
    for (minute, index, counts) in samples.rows() {
        if !minutes.contains(&minute) || !failures.get(index).is_some_and(|counts| *counts) {
            continue;
        }
        if index == 0 {
            requests = requests.saturating_add(counts.canary_requests);
        }
        failed = failed.saturating_add(counts.canary_bad);
        all_at_once += for_all(&counts);
    }
    let minutes = u64::try_from(minutes.end() - minutes.start() + 1).unwrap_or_default();
    (requests > 0).then(|| UsersCost { minutes, requests, failed, all_at_once: whole(all_at_once) })
}

fn for_all(counts: &Counts) -> f64 {
    counts.canary_rate().map_or(0.0, |rate| rate * counts.requests() as f64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a count is not below zero"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::of_target_groups;
    use crate::model::TargetGroupArn;
    use std::time::Duration;

    fn counts(canary: (u64, u64), baseline: (u64, u64)) -> Counts {
        Counts {
            canary_requests: canary.0,
            canary_bad: canary.1,
            baseline_requests: baseline.0,
            baseline_bad: baseline.1,
        }
    }

    #[test]
    fn all_at_once_is_counted_minute_by_minute_at_the_canarys_rate() {
        let group = |name: &str| TargetGroupArn::new(format!("arn:aws:e:r:1:targetgroup/{name}/1"));
        let slow = Some(Duration::from_millis(500));
        let metrics = of_target_groups("app/web/1", (&group("canary"), &group("full")), slow);
        let mut samples = Samples::new(metrics.iter().map(|metric| metric.name.clone()));
        samples.insert(9, 0, counts((50, 50), (450, 0)));
        samples.insert(10, 0, counts((60, 6), (540, 1)));
        samples.insert(10, 1, counts((60, 3), (540, 0)));
        samples.insert(10, 2, counts((60, 60), (540, 0)));
        samples.insert(11, 0, counts((0, 0), (540, 2)));
        samples.insert(12, 0, counts((300, 30), (300, 0)));
        let cost = users(&metrics, &samples, &(10..=12)).unwrap();
        let expected = UsersCost { minutes: 3, requests: 360, failed: 39, all_at_once: 150 };
        assert_eq!(cost, expected);
        assert_eq!(
            cost.to_string(),
            "39 of 360 requests to the canary failed in 3 min; all at once: about 150"
        );
        assert_eq!(users(&metrics, &samples, &(11..=11)), None, "nobody met it");
    }
}
