//! How the requests of one task end. Owns the numbers of each ending.

use super::chance::{binomial, normal};
use crate::cloud::brain::fate::TaskFate;
use rand::rngs::StdRng;
use std::collections::BTreeMap;

/// What the requests of one slice to one task came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Outcome {
    pub(super) requests: u32,
    /// The load balancer got no answer and made a 502 of it.
    pub(super) unanswered: u32,
    /// Answers of the target by class: 2 for 2XX.
    pub(super) classes: BTreeMap<u16, u32>,
    /// Seconds of each answer, and how many took so long.
    pub(super) seconds: Vec<(f64, f64)>,
}

/// What hits a task's requests besides its fate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Surroundings {
    /// Seconds since the task is RUNNING.
    pub(super) age: f64,
    /// Share that fails because of incidents.
    pub(super) error_share: f64,
    /// Seconds that answers take longer because of incidents.
    pub(super) slower_by: f64,
}

/// Lets `requests` end by the task's fate.
pub(super) fn of(
    dice: &mut StdRng,
    fate: &TaskFate,
    around: Surroundings,
    requests: u32,
) -> Outcome {
    let unanswered = binomial(dice, requests, fate.unanswered_share_at(around.age));
    let answered = requests - unanswered;
    let own = fate.error_share_at(around.age);
    let share = own + (1.0 - own) * around.error_share;
    let failed = binomial(dice, answered, share);
    let class = if fate.error_status == 0 { 5 } else { fate.error_status / 100 };
    let mut outcome = Outcome { requests, unanswered, ..Outcome::default() };
    *outcome.classes.entry(2).or_default() += answered - failed;
    *outcome.classes.entry(class).or_default() += failed;
    let slow = binomial(dice, answered, fate.slow_share);
    for number in 0..answered {
        let middle = if number < slow { fate.slow_seconds } else { fate.response_seconds };
        let middle = if middle > 0.0 { middle } else { DEFAULT_SECONDS };
        let seconds = middle * (fate.response_spread * normal(dice)).exp() + around.slower_by;
        outcome.seconds.push((two_digits(seconds), 1.0));
    }
    outcome
}

/// Answers of a task whose fate says nothing.
const DEFAULT_SECONDS: f64 = 0.02;

/// CloudWatch's own resolution is not finer either.
fn two_digits(seconds: f64) -> f64 {
    let scale = 10_f64.powf(1.0 - seconds.max(1e-6).log10().floor());
    (seconds * scale).round() / scale
}
