//! One look of the scheduler at one service: what failed, what to start and stop, what is
//! done. Owns the order of these.

use super::birth::{self, Birth};
use super::decide::{Condition, Decision, Limits, Mood, Seen, Situation, decide};
use super::rollback::{self, Cause};
use super::{breaker, health, rollout, stopping};
use crate::cloud::brain::body;
use crate::cloud::brain::state::{
    DeploymentStatus, RolloutState, Service, ServiceDeploymentStatus, ServiceStatus, Stage, Stop,
    Tags, Task, World,
};
use crate::cloud::brain::time::SimTime;
use serde_json::Value;

/// What events are known by when they are resolved.
const STEADY: &str = "has reached a steady state.";
const STUCK: &str = "was unable to stop or start tasks during a deployment";
const NO_PLACE: &str = "was unable to place a task";

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
    let decision = decision(world, service, &seen, now);
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
    current.breaker_counts = (counts, threshold);
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
        .filter(|name| world.alarms.contains(name))
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
    if enabled && tripped {
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

fn stopping_tasks(world: &World, service: &Service) -> u32 {
    let stopping = world
        .tasks_of(&service.key)
        .into_iter()
        .filter(|task| !task.wanted && task.stage != Stage::Stopped)
        .count();
    u32::try_from(stopping).unwrap_or(u32::MAX)
}

fn carry_out(world: &mut World, service: &mut Service, decision: &Decision, now: SimTime) {
    let name = service.key.name.clone();
    let started = start_tasks(world, service, decision.start, now);
    if !started.is_empty() {
        let text =
            format!("(service {name}) has started {} tasks: {}.", started.len(), list(&started));
        service.events.resolved(STEADY);
        service.events.resolved(STUCK);
        service.events.resolved(NO_PLACE);
        service.events.say(&mut world.ids, now, text);
    }
    for id in &decision.stop_broken {
        let reason = world
            .tasks
            .get(id)
            .and_then(|task| health::failed_check(world, task))
            .unwrap_or_else(|| "Task failed health checks".to_owned());
        stopping::stop(world, id, Stop { code: "ServiceSchedulerInitiated", reason }, now);
    }
    if let Some(primary) = service.primary_mut() {
        let number = u32::try_from(decision.stop_broken.len()).unwrap_or(u32::MAX);
        breaker::failed_checks(primary, number);
    }
    let by = service.primary().map(|primary| primary.id.clone()).unwrap_or_default();
    for id in &decision.stop {
        let reason = format!("Scaling activity initiated by (deployment {by})");
        stopping::stop(world, id, Stop { code: "ServiceSchedulerInitiated", reason }, now);
    }
    let stopped: Vec<String> = decision.stop_broken.iter().chain(&decision.stop).cloned().collect();
    if !stopped.is_empty() {
        let text = format!(
            "(service {name}) has stopped {} running tasks: {}.",
            stopped.len(),
            list(&stopped)
        );
        service.events.resolved(STEADY);
        service.events.resolved(STUCK);
        service.events.say(&mut world.ids, now, text);
    }
    if decision.stuck {
        let text = format!(
            "(service {name}) {STUCK} because of the service deployment configuration. Update \
             the minimumHealthyPercent or maximumPercent value and try again."
        );
        let repeat = world.pace.event_repeat;
        service.events.say_once(&mut world.ids, now, text, repeat);
    }
}

/// `(task A) (task B)`.
fn list(tasks: &[String]) -> String {
    tasks.iter().map(|id| format!("(task {id})")).collect::<Vec<_>>().join(" ")
}

/// Starts tasks of the primary deployment; gives the ids of those that were placed.
fn start_tasks(world: &mut World, service: &mut Service, number: u32, now: SimTime) -> Vec<String> {
    let Some(primary) = service.primary() else { return Vec::new() };
    let Some(definition) = world.task_definition(&primary.task_definition).cloned() else {
        return Vec::new();
    };
    let birth = Birth {
        cluster: service.key.cluster.clone(),
        service: Some(service.key.name.clone()),
        deployment: Some(primary.id.clone()),
        group: format!("service:{}", service.key.name),
        started_by: Some(primary.id.clone()),
        shown: primary.settings.clone(),
        tags: task_tags(service, &definition.tags),
    };
    let mut started = Vec::new();
    for _ in 0..number {
        match birth::start(world, &definition, &birth, now) {
            Ok(id) => started.push(id),
            Err(reason) => {
                not_placed(world, service, &reason, now);
                break;
            }
        }
    }
    started
}

/// `propagateTags` and `enableECSManagedTags`.
fn task_tags(service: &Service, of_definition: &Tags) -> Tags {
    let mut tags = match service.settings.get("propagateTags").and_then(Value::as_str) {
        Some("TASK_DEFINITION") => of_definition.clone(),
        Some("SERVICE") => service.tags.clone(),
        _ => Tags::default(),
    };
    if service.settings.get("enableECSManagedTags") == Some(&Value::Bool(true)) {
        tags.set("aws:ecs:clusterName".to_owned(), service.key.cluster.clone());
        tags.set("aws:ecs:serviceName".to_owned(), service.key.name.clone());
    }
    tags
}

fn not_placed(world: &mut World, service: &mut Service, reason: &str, now: SimTime) {
    let pace = world.pace.clone();
    if let Some(primary) = service.primary_mut() {
        breaker::not_placed(primary, &pace, now);
    }
    let text = format!(
        "(service {}) {NO_PLACE} because no container instance met all of its \
         requirements. Reason: {reason}.",
        service.key.name
    );
    service.events.say_once(&mut world.ids, now, text, pace.event_repeat);
}

/// Completes a rollout that is done, tells a steady state, and plans the next look.
fn settle(
    world: &mut World,
    service: &mut Service,
    seen: &[Seen],
    decision: &Decision,
    now: SimTime,
) {
    let idle = decision.start == 0 && decision.stop.is_empty() && decision.stop_broken.is_empty();
    let all_healthy = seen.len() == usize::try_from(service.desired).unwrap_or(usize::MAX)
        && seen
            .iter()
            .all(|task| task.age_of_deployment == 0 && task.condition == Condition::Healthy);
    let at_rest = idle && all_healthy && stopping_tasks(world, service) == 0;
    let rollout = service.primary().map(|primary| primary.rollout);
    if at_rest && rollout == Some(RolloutState::InProgress) && baked(world, service, now) {
        rollout::complete(world, service, now);
    }
    let completed =
        service.primary().is_some_and(|primary| primary.rollout == RolloutState::Completed);
    if at_rest && completed {
        let text = format!("(service {}) {STEADY}", service.key.name);
        let repeat = world.pace.event_repeat;
        service.events.say_once(&mut world.ids, now, text, repeat);
        plan(service, now + repeat);
    } else {
        tell_back_off(world, service, now);
        plan_next(world, service, now);
    }
}

/// The bake time of a rollout with alarms is over; it begins when all else is done.
fn baked(world: &World, service: &mut Service, now: SimTime) -> bool {
    let bake = world.pace.alarm_bake;
    let Some(primary) = service.primary_mut() else { return false };
    if !primary.watches_alarms {
        return true;
    }
    *primary.bakes_until.get_or_insert(now + bake) <= now
}

fn tell_back_off(world: &mut World, service: &mut Service, now: SimTime) {
    let repeat = world.pace.event_repeat;
    if service.primary().is_some_and(|primary| primary.back_off.level >= 3) {
        let text = format!(
            "(service {}) {} For more information, see the Troubleshooting section.",
            service.key.name,
            breaker::BACK_OFF
        );
        service.events.say_once(&mut world.ids, now, text, repeat);
    }
}

/// Nothing happens by itself while nothing changes, except the end of a back-off, of a bake
/// or a retried placement.
fn plan_next(world: &World, service: &mut Service, now: SimTime) {
    let Some(primary) = service.primary() else { return };
    let next = [primary.back_off.until, primary.bakes_until]
        .into_iter()
        .flatten()
        .filter(|&at| at > now)
        .min();
    let watches = primary.watches_alarms && primary.rollout == RolloutState::InProgress;
    if let Some(next) = next {
        plan(service, next);
    }
    if watches {
        plan(service, now + world.pace.tick);
    }
}

fn plan(service: &mut Service, at: SimTime) {
    service.next_look = Some(service.next_look.map_or(at, |planned| planned.min(at)));
}
