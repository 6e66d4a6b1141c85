//! The deployment circuit breaker and the back-off. Owns what counts as a failure and when
//! it is too many (API_ServiceDeploymentCircuitBreaker, API_ThresholdConfiguration).

use super::wake;
use crate::cloud::brain::body;
use crate::cloud::brain::options::Pace;
use crate::cloud::brain::state::{Deployment, RolloutState, Service, World};
use crate::cloud::brain::time::SimTime;
use std::time::Duration;

/// The event of a service whose tasks keep failing.
pub(super) const BACK_OFF: &str = "is unable to consistently start tasks successfully.";
/// Bounds of BOUNDED_PERCENT.
const LEAST: u64 = 3;
const MOST: u64 = 200;

/// Whether the breaker is on, and whether it goes back by itself.
pub(super) fn setting(service: &Service) -> (bool, bool) {
    let breaker = service.configuration("deploymentCircuitBreaker");
    (body::flag(breaker, "enable"), body::flag(breaker, "rollback"))
}

/// Failures that end a deployment.
pub(super) fn threshold(service: &Service) -> u32 {
    let configuration =
        &service.configuration("deploymentCircuitBreaker")["thresholdConfiguration"];
    let value = body::number(configuration, "value").unwrap_or(50);
    let share = (value * u64::from(service.desired)).div_ceil(100);
    let count = match body::text(configuration, "type").unwrap_or("BOUNDED_PERCENT") {
        "COUNT" => value,
        "UNBOUNDED_PERCENT" => share,
        _ => share.clamp(LEAST, MOST),
    };
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

/// A task stopped before it ran: counts for its deployment and stretches the back-off.
pub(super) fn failed(world: &mut World, task: &str, now: SimTime) {
    let back_off = BackOffCurve::of(world);
    let started = world.tasks.get(task).and_then(|task| task.started_at).is_some();
    if let Some((_, deployment)) = deployment_of(world, task) {
        count_failure(deployment, &back_off, started, now);
    }
}

/// A task of the primary deployment could not be placed.
pub(super) fn not_placed(deployment: &mut Deployment, back_off: &BackOffCurve, now: SimTime) {
    count_failure(deployment, back_off, false, now);
}

/// Tasks of the primary deployment were stopped because their checks failed.
pub(super) fn failed_checks(deployment: &mut Deployment, number: u32) {
    if deployment.rollout == RolloutState::InProgress {
        deployment.breaker_failures += number;
    }
}

fn count_failure(
    deployment: &mut Deployment,
    back_off: &BackOffCurve,
    has_run: bool,
    now: SimTime,
) {
    if deployment.rollout == RolloutState::InProgress {
        deployment.breaker_failures += 1;
    }
    if has_run {
        return;
    }
    deployment.failed_tasks += 1;
    // Tasks that fail at one time are one failure for the back-off.
    if deployment.back_off.until.is_none_or(|until| until <= now) {
        deployment.back_off.until = Some(now + back_off.interval(deployment.back_off.level));
        deployment.back_off.level += 1;
    }
}

/// How long starting waits after tasks that did not start.
pub(super) struct BackOffCurve {
    first: Duration,
    most: Duration,
    doubles: bool,
}

impl BackOffCurve {
    pub(super) fn of(world: &World) -> Self {
        let Pace { back_off_first: first, back_off_most: most, .. } = world.pace;
        Self { first, most, doubles: world.switches.back_off_doubles }
    }

    /// After so many failures before: doubled at each up to the longest, or always the same.
    fn interval(&self, level: u32) -> Duration {
        let factor = if self.doubles { 2_u32.saturating_pow(level) } else { 1 };
        self.first.saturating_mul(factor).min(self.most)
    }
}

/// A task reached RUNNING.
pub(super) fn has_run(world: &mut World, task: &str) {
    if let Some(service) =
        wake::service_of(world, task).and_then(|key| world.services.get_mut(&key))
    {
        service.events.resolved(BACK_OFF);
    }
    if let Some((_, deployment)) = deployment_of(world, task) {
        deployment.has_run = true;
        deployment.failed_tasks = 0;
        deployment.back_off = Default::default();
    }
}

/// A task passed its checks.
pub(super) fn healthy_again(world: &mut World, task: &str) {
    if let Some((resets, deployment)) = deployment_of(world, task)
        && resets
    {
        deployment.breaker_failures = 0;
    }
}

/// The deployment of a task, and whether a healthy task sets its count back.
fn deployment_of<'w>(world: &'w mut World, task: &str) -> Option<(bool, &'w mut Deployment)> {
    let key = wake::service_of(world, task)?;
    let id = world.tasks.get(task)?.deployment.clone()?;
    let service = world.services.get_mut(&key)?;
    let breaker = service.configuration("deploymentCircuitBreaker");
    let resets = breaker["resetOnHealthyTask"] != false;
    Some((resets, service.deployment_mut(&id)?))
}

#[cfg(test)]
mod tests {
    use super::BackOffCurve;
    use std::time::Duration;

    #[test]
    fn the_back_off_doubles_up_to_a_quarter_of_an_hour() {
        let (first, most) = (Duration::from_secs(10), Duration::from_secs(900));
        let seconds = |doubles| {
            let curve = BackOffCurve { first, most, doubles };
            (0..9).map(|level| curve.interval(level).as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(seconds(true), [10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(seconds(false), [10; 9]);
    }
}
