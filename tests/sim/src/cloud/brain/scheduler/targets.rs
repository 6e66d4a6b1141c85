//! Targets of load balancers: registered when a task runs, drained when it stops. Owns what
//! their checks find and when.

use super::{breaker, life, wake};
use crate::cloud::brain::fate::seconds;
use crate::cloud::brain::state::{
    Deployment, ServiceKey, Stage, Target, TargetChange, TargetGroup, TargetKey, TargetState, Task,
    World, load_balancers,
};
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};
use std::time::Duration;

/// From the registration to the first check.
const REGISTRATION: Duration = Duration::from_secs(3);

/// Registers a running task in every target group of its service.
pub(super) fn register(world: &mut World, id: &str, now: SimTime) {
    let Some(key) = wake::service_of(world, id) else { return };
    let (Some(service), Some(task)) = (world.services.get(&key), world.tasks.get(id)) else {
        return;
    };
    let balancers = service
        .deployments
        .iter()
        .find(|deployment| Some(&deployment.id) == task.deployment.as_ref())
        .map(balancers_of)
        .unwrap_or_default();
    let task = task.clone();
    for target in balancers.iter().filter_map(|balancer| target_of(&task, balancer)) {
        let Some(group) = world.target_groups.get_mut(&target.group) else { continue };
        let changes = future(group, &task, now);
        group.targets.insert(
            (target.id.clone(), target.port),
            Target { task: id.to_owned(), state: TargetState::Registering, changes },
        );
        let text = format!(
            "(service {}) registered 1 targets in (target-group {})",
            key.name, target.group
        );
        say(world, &key, text, now);
        if let Some(task) = world.tasks.get_mut(id) {
            task.targets.push(target);
        }
    }
}

/// Load balancers of a deployment, with the target groups that its tasks go to.
fn balancers_of(deployment: &Deployment) -> Vec<Value> {
    let mut balancers: Vec<Value> = load_balancers(&deployment.settings).cloned().collect();
    for (balancer, group) in balancers.iter_mut().zip(&deployment.live_groups) {
        balancer["targetGroupArn"] = json!(group);
    }
    balancers
}

/// Where the container of a load balancer can be reached.
fn target_of(task: &Task, balancer: &Value) -> Option<TargetKey> {
    let group = balancer["targetGroupArn"].as_str()?.to_owned();
    let container = task.containers.iter().find(|one| balancer["containerName"] == one.name)?;
    let (_, port, _) =
        container.ports.iter().find(|(inside, _, _)| balancer["containerPort"] == *inside)?;
    Some(TargetKey { group, id: task.address.clone(), port: *port })
}

/// What the checks will find.
fn future(group: &TargetGroup, task: &Task, now: SimTime) -> Vec<(SimTime, TargetChange)> {
    let begin = now + REGISTRATION;
    let healthy = |from: SimTime| (from + group.time_to_healthy(), TargetChange::Healthy);
    let unhealthy = |from: SimTime| (from + group.time_to_unhealthy(), TargetChange::Unhealthy);
    let mut changes = vec![(begin, TargetChange::Registered)];
    match task.fate.target_unhealthy_after {
        Some(after) if after <= 0.0 => changes.push(unhealthy(begin)),
        Some(after) => changes.extend([healthy(begin), unhealthy(now + seconds(after))]),
        None => changes.push(healthy(begin)),
    }
    if let Some(again) = task.fate.target_healthy_again_after {
        changes.push(healthy(now + seconds(again)));
    }
    changes
}

/// Takes a task's targets out of service; they drain for the group's delay.
pub(super) fn deregister(world: &mut World, id: &str, now: SimTime) {
    let targets = world.tasks.get(id).map(|task| task.targets.clone()).unwrap_or_default();
    let service = wake::service_of(world, id);
    for key in targets {
        let Some(group) = world.target_groups.get_mut(&key.group) else { continue };
        let delay = group.deregistration_delay();
        let Some(target) = group.targets.get_mut(&(key.id, key.port)) else { continue };
        target.state = TargetState::Draining;
        target.changes = vec![(now + delay, TargetChange::Gone)];
        let Some(service) = &service else { continue };
        let of = world.tasks.get(id).and_then(|task| task.deployment.clone()).unwrap_or_default();
        let name = &service.name;
        let texts = [
            format!("(service {name}) deregistered 1 targets in (target-group {})", key.group),
            format!("(service {name}, taskSet {of}) has begun draining connections on 1 tasks."),
        ];
        for text in texts {
            say(world, service, text, now);
        }
    }
}

/// Carries out what is due at a target.
pub(super) fn change(world: &mut World, key: &TargetKey, change: TargetChange, now: SimTime) {
    let at = (key.id.clone(), key.port);
    let Some(group) = world.target_groups.get_mut(&key.group) else { return };
    let Some(target) = group.targets.get_mut(&at) else { return };
    let task = target.task.clone();
    match change {
        TargetChange::Registered => target.state = TargetState::Initial,
        TargetChange::Healthy => {
            target.state = TargetState::Healthy;
            breaker::healthy_again(world, &task);
        }
        TargetChange::Unhealthy => {
            target.state = TargetState::Unhealthy;
            tell_unhealthy(world, key, &task, now);
        }
        TargetChange::Gone => {
            group.targets.remove(&at);
            drained(world, key, &task, now);
        }
    }
    wake::wake_service_of(world, &task, now);
}

/// A target is gone; when it was the task's last, the task goes on stopping.
fn drained(world: &mut World, key: &TargetKey, id: &str, now: SimTime) {
    let Some(task) = world.tasks.get_mut(id) else { return };
    task.targets.retain(|target| target != key);
    if task.targets.is_empty() && task.stage == Stage::Deactivating {
        life::set(world, id, Stage::Deactivating, now);
    }
}

fn tell_unhealthy(world: &mut World, key: &TargetKey, task: &str, now: SimTime) {
    let Some(service) = wake::service_of(world, task) else { return };
    let status = world.tasks.get(task).map_or(503, |task| match task.fate.error_status {
        0 => 503,
        status => status,
    });
    let place = if key.id.starts_with("i-") {
        format!("(instance {}) (port {})", key.id, key.port)
    } else {
        format!("(task {task}) (port {})", key.port)
    };
    let text = format!(
        "(service {}) {place} is unhealthy in (target-group {}) due to (reason Health checks \
         failed with these codes: [{status}])",
        service.name, key.group
    );
    let repeat = world.pace.event_repeat;
    let World { services, ids, .. } = world;
    if let Some(service) = services.get_mut(&service) {
        service.events.say_once(ids, now, text, repeat);
    }
}

/// An event of a service that is in the world.
fn say(world: &mut World, key: &ServiceKey, text: String, now: SimTime) {
    let World { services, ids, .. } = world;
    if let Some(service) = services.get_mut(key) {
        service.events.say(ids, now, text);
    }
}
