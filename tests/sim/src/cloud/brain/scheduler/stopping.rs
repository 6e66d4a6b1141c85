//! How a task ends. Owns the way from RUNNING to STOPPED and its reasons.

use super::{breaker, targets};
use crate::cloud::brain::state::{Stage, Stop, TaskTimer, World};
use crate::cloud::brain::time::SimTime;
use crate::cloud::brain::{body, logs};
use std::time::Duration;

/// `desiredStatus` is STOPPED at once, `lastStatus` follows after this.
const NOTICED: Duration = Duration::from_secs(1);
/// SIGKILL comes so long after SIGTERM unless `stopTimeout` says otherwise.
const STOP_TIMEOUT: u64 = 30;

/// Asks a task to stop; one that stops already goes on stopping.
pub(crate) fn stop(world: &mut World, id: &str, stop: Stop, now: SimTime) {
    let deprovision = world.pace.deprovision;
    let Some(task) = world.tasks.get_mut(id).filter(|task| task.is_live()) else { return };
    task.wanted = false;
    task.stop = Some(stop);
    task.stopping_at = Some(now);
    task.timers.clear();
    if task.stage == Stage::Running {
        task.timers.push((now + NOTICED, TaskTimer::Next));
    } else {
        task.stage = Stage::Deprovisioning;
        task.execution_stopped_at = Some(now);
        task.timers.push((now + deprovision, TaskTimer::Next));
    }
}

/// A task that never ran.
pub(super) fn failed_to_start(world: &mut World, id: &str, reason: String, now: SimTime) {
    if let Some(task) = world.tasks.get_mut(id) {
        for container in &mut task.containers {
            container.reason = Some(reason.clone());
        }
    }
    stop(world, id, Stop { code: "TaskFailedToStart", reason }, now);
    breaker::failed(world, id, now);
}

/// The essential container ended by itself.
pub(super) fn exited(world: &mut World, id: &str, code: i32, now: SimTime) {
    let deprovision = world.pace.deprovision;
    let Some(task) = world.tasks.get_mut(id).filter(|task| task.is_live()) else { return };
    let has_run = task.started_at.is_some();
    let words = task
        .fate
        .last_words
        .clone()
        .or_else(|| (code != 0).then(|| format!("the process exits with code {code}")));
    task.wanted = false;
    task.stop = Some(Stop {
        code: "EssentialContainerExited",
        reason: "Essential container in task exited".to_owned(),
    });
    task.stopping_at = Some(now);
    task.execution_stopped_at = Some(now);
    task.stage = Stage::Deprovisioning;
    task.timers = vec![(now + deprovision, TaskTimer::Next)];
    let mut codes = std::iter::once(code).chain(std::iter::repeat(0));
    for container in &mut task.containers {
        container.exit_code = if container.essential { codes.next() } else { Some(0) };
    }
    logs::say(world, id, &Vec::from_iter(words), now);
    targets::deregister(world, id, now);
    if !has_run || world.switches.exit_after_running_counts {
        breaker::failed(world, id, now);
    }
}

/// The next step of a task that stops.
pub(super) fn next_stage(world: &mut World, id: &str, stage: Stage, now: SimTime) {
    match stage {
        Stage::Running => {
            targets::deregister(world, id, now);
            let drains = world.tasks.get(id).is_some_and(|task| !task.targets.is_empty());
            if drains {
                if let Some(task) = world.tasks.get_mut(id) {
                    task.stage = Stage::Deactivating;
                }
            } else {
                terminate(world, id, now);
            }
        }
        Stage::Deactivating => terminate(world, id, now),
        Stage::Stopping => containers_stopped(world, id, now),
        Stage::Deprovisioning => stopped(world, id, now),
        Stage::Provisioning | Stage::Pending | Stage::Activating | Stage::Stopped => {}
    }
}

/// SIGTERM; a container that heeds it exits soon, another is killed at its timeout.
fn terminate(world: &mut World, id: &str, now: SimTime) {
    let patience = world.tasks.get(id).map_or(STOP_TIMEOUT, |task| {
        world
            .task_definition(&task.task_definition)
            .into_iter()
            .flat_map(|definition| definition.containers())
            .find_map(|container| body::number(container, "stopTimeout"))
            .unwrap_or(STOP_TIMEOUT)
    });
    let heeded = world.pace.stop;
    if let Some(task) = world.tasks.get_mut(id) {
        task.stage = Stage::Stopping;
        let kill = Duration::from_secs(patience);
        let span = if task.fate.ignores_term { kill } else { heeded.min(kill) };
        task.timers.push((now + span, TaskTimer::Next));
    }
}

fn containers_stopped(world: &mut World, id: &str, now: SimTime) {
    let deprovision = world.pace.deprovision;
    if let Some(task) = world.tasks.get_mut(id) {
        let code = if task.fate.ignores_term { 137 } else { 0 };
        for container in &mut task.containers {
            container.exit_code = Some(code);
        }
        task.execution_stopped_at = Some(now);
        task.stage = Stage::Deprovisioning;
        task.timers.push((now + deprovision, TaskTimer::Next));
    }
}

fn stopped(world: &mut World, id: &str, now: SimTime) {
    let listed = world.pace.stopped_listed;
    if let Some(task) = world.tasks.get_mut(id) {
        task.stage = Stage::Stopped;
        task.stopped_at = Some(now);
        task.timers.push((now + listed, TaskTimer::Forgotten));
    }
}
