//! Carries out a decision: starts and stops tasks, and tells it in ECS's words.

use super::birth::{self, Birth};
use super::decide::Decision;
use super::settle::STEADY;
use super::{breaker, health, stopping, wake};
use crate::cloud::brain::fate::seconds;
use crate::cloud::brain::state::{Service, Stop, Tags, World};
use crate::cloud::brain::time::SimTime;
use serde_json::Value;

/// What events are known by when they are resolved.
const STUCK: &str = "was unable to stop or start tasks during a deployment";
const NO_PLACE: &str = "was unable to place a task";

/// Carries out a decision for a service that was taken out of the world.
pub(super) fn carry_out(
    world: &mut World,
    service: &mut Service,
    decision: &Decision,
    now: SimTime,
) {
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
    let too_many: Vec<String> =
        decision.stop.iter().filter(|id| !is_protected(world, id, now)).cloned().collect();
    if too_many.len() < decision.stop.len() {
        // Nothing else tells when the protection is over.
        wake::look_soon(world, service, now);
    }
    for id in &too_many {
        let reason = format!("Scaling activity initiated by (deployment {by})");
        stopping::stop(world, id, Stop { code: "ServiceSchedulerInitiated", reason }, now);
    }
    let stopped: Vec<String> = decision.stop_broken.iter().chain(&too_many).cloned().collect();
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

/// Task scale-in protection: neither a rollout nor a lower count ends the task.
fn is_protected(world: &World, task: &str, now: SimTime) -> bool {
    let Some(task) = world.tasks.get(task) else { return false };
    let span = task.fate.protected_seconds.map(seconds);
    task.started_at.zip(span).is_some_and(|(started, span)| now < started + span)
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
    let (back_off, event_repeat) = (breaker::BackOffCurve::of(world), world.pace.event_repeat);
    if let Some(primary) = service.primary_mut() {
        breaker::not_placed(primary, &back_off, now);
    }
    let text = format!(
        "(service {}) {NO_PLACE} because no container instance met all of its \
         requirements. Reason: {reason}.",
        service.key.name
    );
    service.events.say_once(&mut world.ids, now, text, event_repeat);
}
