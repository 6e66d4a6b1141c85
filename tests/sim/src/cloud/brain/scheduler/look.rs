//! One look of the scheduler at one service: what failed, what to start and stop, what is
//! done. Owns the order of these and what a decision is based on.

use super::carry_out::carry_out;
use super::decide::{Decision, Limits, Mood, Seen, Situation, decide};
use super::rollback::{self, Cause};
use super::settle::settle;
use super::{breaker, health, native, rollout};
use crate::cloud::brain::body;
use crate::cloud::brain::state::{
    DeploymentStatus, RolloutState, Service, ServiceDeploymentStatus, ServiceStatus, Stage, Task,
    World,
};
use crate::cloud::brain::time::SimTime;

/// Looks at a service that was taken out of the world.
pub(super) fn look(world: &mut World, service: &mut Service, now: SimTime) {
    service.next_look = None;
    match service.status {
        ServiceStatus::Active => {}
        ServiceStatus::Draining => return rollout::finish_drain(world, service),
        ServiceStatus::Inactive => return,
    }
    note_digests(world, service);
    move_service_deployment(world, service, now);
    check_alarms(world, service, now);
    check_breaker(world, service, now);
    let seen = seen(world, service, now);
    native::advance(world, service, &seen, now);
    let decision = match native::moving(service) {
        Some(lifecycle) => native::decide(service, lifecycle, &seen),
        None => decision(world, service, &seen, now),
    };
    carry_out(world, service, &decision, now);
    settle(world, service, &seen, &decision, now);
}

/// Digests of the running containers, for the service revisions.
fn note_digests(world: &World, service: &mut Service) {
    for task in world.tasks_of(&service.key) {
        if task.started_at.is_none() {
            continue;
        }
        let arn = service
            .deployments
            .iter()
            .find(|deployment| Some(&deployment.id) == task.deployment.as_ref())
            .map(|deployment| deployment.revision_arn.clone());
        let revision = service.revisions.iter_mut().find(|one| Some(&one.arn) == arn.as_ref());
        for (name, _, digest) in revision.into_iter().flat_map(|revision| &mut revision.images) {
            let container = task.containers.iter().find(|container| container.name == *name);
            if digest.is_none() {
                *digest = container.and_then(|container| container.digest.clone());
            }
        }
    }
}

/// PENDING becomes IN_PROGRESS; a rollback that was asked for begins.
fn move_service_deployment(world: &mut World, service: &mut Service, now: SimTime) {
    let counts = service.primary().map_or(0, |primary| primary.breaker_failures);
    let threshold = breaker::threshold(service);
    let Some(current) = service.active_deployment_mut() else { return };
    // While it goes back, the counts are those that made it fail.
    if current.status != ServiceDeploymentStatus::RollbackInProgress {
        current.breaker_counts = (counts, threshold);
    }
    match current.status {
        ServiceDeploymentStatus::Pending => {
            current.status = ServiceDeploymentStatus::InProgress;
            current.started_at = Some(now);
            current.updated_at = now;
        }
        ServiceDeploymentStatus::RollbackRequested => {
            current.started_at.get_or_insert(now);
            rollback::fail(world, service, &Cause::Asked, true, now);
        }
        _ => {}
    }
}

fn check_alarms(world: &mut World, service: &mut Service, now: SimTime) {
    let watches = service.primary().is_some_and(|primary| {
        primary.watches_alarms && primary.rollout == RolloutState::InProgress
    });
    if !watches {
        return;
    }
    let alarms = service.configuration("alarms").clone();
    let raised: Vec<String> = body::texts(&alarms, "alarmNames")
        .into_iter()
        .filter(|name| world.is_raised(name))
        .collect();
    if !raised.is_empty() {
        let goes_back = body::flag(&alarms, "rollback");
        rollback::fail(world, service, &Cause::Alarms(raised), goes_back, now);
    }
}

fn check_breaker(world: &mut World, service: &mut Service, now: SimTime) {
    let (enabled, goes_back) = breaker::setting(service);
    let threshold = breaker::threshold(service);
    let tripped = service.primary().is_some_and(|primary| {
        primary.rollout == RolloutState::InProgress && primary.breaker_failures >= threshold
    });
    // The breaker is for the strategy ROLLING only.
    if enabled && tripped && native::moving(service).is_none() {
        rollback::fail(world, service, &Cause::Breaker, goes_back, now);
    }
}

/// The service's live tasks, as the decision sees them.
fn seen(world: &World, service: &Service, now: SimTime) -> Vec<Seen> {
    world
        .tasks_of(&service.key)
        .into_iter()
        .filter(|task| task.is_live())
        .map(|task| Seen {
            id: task.id.clone(),
            age_of_deployment: age_of_deployment(service, task),
            order: task.order,
            condition: health::condition(world, service, task, now),
        })
        .collect()
}

/// 0 for the primary deployment, else its place among the older ones.
fn age_of_deployment(service: &Service, task: &Task) -> usize {
    let place = service
        .deployments
        .iter()
        .position(|deployment| Some(&deployment.id) == task.deployment.as_ref())
        .unwrap_or(service.deployments.len());
    let is_primary = service
        .deployments
        .get(place)
        .is_some_and(|deployment| deployment.status == DeploymentStatus::Primary);
    if is_primary { 0 } else { place + 1 }
}

fn decision(world: &World, service: &Service, seen: &[Seen], now: SimTime) -> Decision {
    let Some(primary) = service.primary() else { return Decision::default() };
    let (minimum, maximum) = service.percents();
    let mut limits = Limits::new(service.desired, minimum, maximum);
    let stopping = stopping_tasks(world, service);
    if world.switches.stopping_counts_towards_maximum {
        limits.most = limits.most.saturating_sub(stopping);
    }
    let situation = Situation {
        limits,
        mood: match primary.rollout {
            RolloutState::InProgress => Mood::Rolling,
            RolloutState::Completed => Mood::Steady,
            RolloutState::Failed => Mood::Failed,
        },
        holds_back: primary.back_off.until.is_some_and(|until| now < until),
        newest_first: world.switches.scale_in_newest_first,
        stopping,
    };
    decide(&situation, seen)
}

/// Tasks that are not wanted and not gone.
pub(super) fn stopping_tasks(world: &World, service: &Service) -> u32 {
    let stopping = world
        .tasks_of(&service.key)
        .into_iter()
        .filter(|task| !task.wanted && task.stage != Stage::Stopped)
        .count();
    u32::try_from(stopping).unwrap_or(u32::MAX)
}
