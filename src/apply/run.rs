//! The loop itself.

use super::release::Release;
use crate::model::{Outcome, StepRecord, Wanted};
use crate::ports::{Cancel, Clock, Ecs, LoadBalancer, Reporter};

/// How a release ended, and what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The outcome; its exit code is not set here.
    pub outcome: Outcome,
    /// The steps that were made, in order.
    pub steps: Vec<StepRecord>,
}

/// Brings AWS to what is wanted and waits for it.
///
/// The first cancel request ends it by the policy of `wanted`, the second one at once. Killed at
/// any point, the same call comes to the same end.
pub async fn run<C: Ecs + LoadBalancer>(
    cloud: &C,
    clock: &impl Clock,
    reporter: &impl Reporter,
    cancel: &Cancel,
    wanted: &Wanted,
) -> Ended {
    let started = clock.now();
    let mut release = Release::new(cloud, clock, reporter, cancel, wanted);
    let outcome = tokio::select! {
        biased;
        () = cancel.reached(2) => None,
        outcome = release.finished() => Some(outcome),
    };
    let outcome = outcome.unwrap_or_else(|| release.cut_off());
    let seconds = clock.now().since(started).as_secs_f64();
    Ended { outcome: Outcome { seconds, ..outcome }, steps: release.steps }
}
