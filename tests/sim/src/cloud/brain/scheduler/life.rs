//! The life of a task from PROVISIONING to STOPPED. Owns what happens when one of its timers
//! is due.

use super::{breaker, stopping, targets, wake};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::control::{PullImage, PullRequest, Pulled};
use crate::cloud::brain::fate::seconds;
use crate::cloud::brain::ids::digest_of;
use crate::cloud::brain::logs;
use crate::cloud::brain::options::Pulls;
use crate::cloud::brain::state::{ContainerHealth, Service, Stage, Task, TaskTimer, World};
use crate::cloud::brain::time::SimTime;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Carries out one timer of a task.
pub(super) fn timer(world: &mut World, id: &str, timer: TaskTimer, now: SimTime) {
    match timer {
        TaskTimer::Next => next_stage(world, id, now),
        TaskTimer::Exit(code) => stopping::exited(world, id, code, now),
        TaskTimer::ContainerHealthy => set_health(world, id, ContainerHealth::Healthy, now),
        TaskTimer::ContainerUnhealthy => set_health(world, id, ContainerHealth::Unhealthy, now),
        TaskTimer::AssumedHealthy => {
            if let Some(task) = world.tasks.get_mut(id) {
                task.assumed_healthy = true;
            }
            breaker::healthy_again(world, id);
        }
        TaskTimer::GraceOver => {}
        TaskTimer::Forgotten => {
            world.tasks.remove(id);
            return;
        }
    }
    wake::wake_service_of(world, id, now);
}

fn next_stage(world: &mut World, id: &str, now: SimTime) {
    let Some(stage) = world.tasks.get(id).map(|task| task.stage) else { return };
    match stage {
        Stage::Provisioning => set(world, id, Stage::Pending, now + world.pace.place),
        Stage::Pending => begin_pull(world, id, now),
        Stage::Activating => pull_or_start(world, id, now),
        Stage::Running | Stage::Deactivating | Stage::Stopping | Stage::Deprovisioning => {
            stopping::next_stage(world, id, stage, now);
        }
        Stage::Stopped => {}
    }
}

/// Puts a task into a stage whose next one comes at `next`.
pub(super) fn set(world: &mut World, id: &str, stage: Stage, next: SimTime) {
    if let Some(task) = world.tasks.get_mut(id) {
        task.stage = stage;
        task.timers.push((next, TaskTimer::Next));
    }
}

fn begin_pull(world: &mut World, id: &str, now: SimTime) {
    let (pace, pulls) = (world.pace.pull, world.pulls);
    let Some(task) = world.tasks.get_mut(id) else { return };
    task.stage = Stage::Activating;
    if let Some(text) = &task.fate.resource_error {
        let reason = format!("ResourceInitializationError: {text}");
        return stopping::failed_to_start(world, id, reason, now);
    }
    let missing = world.tasks.get(id).and_then(|task| logs::missing_group(world, task));
    if missing.is_some() {
        let reason = "ResourceInitializationError: failed to validate logger args: create \
                      stream has been retried 1 times: failed to create Cloudwatch log stream: \
                      ResourceNotFoundException: The specified log group does not exist.";
        return stopping::failed_to_start(world, id, reason.to_owned(), now);
    }
    let Some(task) = world.tasks.get_mut(id) else { return };
    task.pull_started_at = Some(now);
    task.timers.push((now + task.fate.pull_seconds.map_or(pace, seconds), TaskTimer::Next));
    if pulls == Pulls::ByAgent && task.fate.pull_error.is_none() {
        let (arn, references) = (task.task_definition.clone(), task.containers.clone());
        let images = references
            .into_iter()
            .map(|container| PullImage {
                secret: secret(world, &arn, &container.name),
                container: container.name,
                reference: container.image,
            })
            .collect();
        world.pull_jobs.push(PullRequest { task: id.to_owned(), images });
    } else {
        task.pulled = Some(scripted_pull(task, &world.digests));
    }
}

/// `repositoryCredentials` of a container.
fn secret(world: &World, task_definition: &str, container: &str) -> Option<String> {
    let container = world.task_definition(task_definition)?.container(container)?;
    body::text(&container["repositoryCredentials"], "credentialsParameter").map(str::to_owned)
}

/// A pull without an agent: the digest is the reference's, or one that belongs to its text.
fn scripted_pull(task: &mut Task, digests: &BTreeMap<String, String>) -> Result<(), String> {
    if let Some(text) = &task.fate.pull_error {
        return Err(text.clone());
    }
    for container in &mut task.containers {
        let digest = digests.get(&container.image).cloned().unwrap_or_else(|| {
            container
                .image
                .split_once('@')
                .map_or_else(|| digest_of(&container.image), |(_, digest)| digest.to_owned())
        });
        container.digest = Some(digest);
    }
    Ok(())
}

/// The agent's answer: what it pulled, or why it could not.
pub(crate) fn pull_ended(
    world: &mut World,
    id: &str,
    result: Result<Pulled, String>,
    now: SimTime,
) -> Result<(), ApiError> {
    let Some(task) = world.tasks.get_mut(id) else {
        return Err(ApiError::parameter("The referenced task was not found."));
    };
    if task.stage != Stage::Activating || task.pulled.is_some() {
        return Ok(());
    }
    task.pulled = Some(result.map(|pulled| {
        for (name, digest) in pulled.digests {
            if let Some(container) = task.containers.iter_mut().find(|one| one.name == name) {
                container.digest = Some(digest);
            }
        }
        if pulled.front_page_status != 200 {
            task.fate.target_unhealthy_after = Some(0.0);
            task.fate.target_healthy_again_after = None;
            task.fate.error_status = pulled.front_page_status;
        }
    }));
    if task.pull_time_over {
        pull_or_start(world, id, now);
        wake::wake_service_of(world, id, now);
    }
    Ok(())
}

/// The pull's time is over, or the started containers run.
fn pull_or_start(world: &mut World, id: &str, now: SimTime) {
    let start = world.pace.start;
    let Some(task) = world.tasks.get_mut(id) else { return };
    if task.pull_stopped_at.is_some() {
        return running(world, id, now);
    }
    task.pull_time_over = true;
    match task.pulled.clone() {
        // The agent still pulls; its answer comes by `pull_ended`.
        None => {}
        Some(Err(text)) => {
            let reason = format!("CannotPullContainerError: {text}");
            stopping::failed_to_start(world, id, reason, now);
        }
        Some(Ok(())) => {
            task.pull_stopped_at = Some(now);
            let start = task.fate.start_seconds.map_or(start, seconds);
            let timer = match task.fate.exit {
                Some(exit) if exit.after.is_none() => TaskTimer::Exit(exit.code),
                _ => TaskTimer::Next,
            };
            task.timers.push((now + start, timer));
            begin_containers(world, id, now);
        }
    }
}

/// Containers are there, and say their first words.
fn begin_containers(world: &mut World, id: &str, now: SimTime) {
    let World { ids, tasks, .. } = world;
    let Some(task) = tasks.get_mut(id) else { return };
    for container in &mut task.containers {
        container.runtime_id = Some(ids.hex(64));
    }
    let lines = task.fate.log.clone();
    logs::say(world, id, &lines, now);
}

fn running(world: &mut World, id: &str, now: SimTime) {
    let assumed = world.pace.assumed_healthy;
    let grace = wake::service_of(world, id)
        .and_then(|key| world.services.get(&key))
        .map_or(Duration::ZERO, Service::grace);
    let checks = check_timers(world, id, now);
    let Some(task) = world.tasks.get_mut(id) else { return };
    task.stage = Stage::Running;
    task.started_at = Some(now);
    if let Some(exit) = task.fate.exit {
        task.timers.push((now + seconds(exit.after.unwrap_or(0.0)), TaskTimer::Exit(exit.code)));
    }
    if !grace.is_zero() {
        task.timers.push((now + grace, TaskTimer::GraceOver));
    }
    task.timers.extend(checks);
    targets::register(world, id, now);
    if let Some(task) = world.tasks.get_mut(id)
        && task.targets.is_empty()
        && !task.is_checked()
    {
        task.timers.push((now + assumed, TaskTimer::AssumedHealthy));
    }
    breaker::has_run(world, id);
}

/// What the container's own check will find, and when.
fn check_timers(world: &World, id: &str, now: SimTime) -> Vec<(SimTime, TaskTimer)> {
    let Some(task) = world.tasks.get(id).filter(|task| task.is_checked()) else {
        return Vec::new();
    };
    let check = world
        .task_definition(&task.task_definition)
        .into_iter()
        .flat_map(|definition| definition.containers())
        .map(|container| &container["healthCheck"])
        .find(|check| check.is_object());
    let read = |member: &str, default| {
        body::number(check.unwrap_or(&Value::Null), member).unwrap_or(default)
    };
    let interval = Duration::from_secs(read("interval", 30));
    let failing = interval * u32::try_from(read("retries", 3)).unwrap_or(3)
        + Duration::from_secs(read("startPeriod", 0));
    match task.fate.container_unhealthy_after {
        Some(after) if after <= 0.0 => vec![(now + failing, TaskTimer::ContainerUnhealthy)],
        Some(after) => vec![
            (now + interval, TaskTimer::ContainerHealthy),
            (now + seconds(after) + failing, TaskTimer::ContainerUnhealthy),
        ],
        None => vec![(now + interval, TaskTimer::ContainerHealthy)],
    }
}

fn set_health(world: &mut World, id: &str, health: ContainerHealth, now: SimTime) {
    let Some(task) = world.tasks.get_mut(id) else { return };
    task.health = health;
    if health == ContainerHealth::Healthy {
        return breaker::healthy_again(world, id);
    }
    // A task without a service only shows it.
    let Some(key) = wake::service_of(world, id) else { return };
    let text = format!("(service {}) (task {id}) failed container health checks.", key.name);
    let World { services, ids, .. } = world;
    if let Some(service) = services.get_mut(&key) {
        service.events.say(ids, now, text);
    }
}
