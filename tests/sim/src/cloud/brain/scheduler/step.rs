//! When the next thing happens in the account, and doing it. Owns the order of things that
//! are due at one time: targets, tasks, services.

use super::{life, look, targets};
use crate::cloud::brain::state::{ServiceKey, TargetChange, TargetKey, TaskTimer, World};
use crate::cloud::brain::time::SimTime;
use crate::cloud::brain::{autoscaling, cloudwatch};

/// The time of the next change that comes by itself.
pub(crate) fn next_change(world: &World) -> Option<SimTime> {
    let tasks = world.tasks.values().filter_map(crate::cloud::brain::state::Task::due);
    let services = world.services.values().filter_map(|service| service.next_look);
    let targets = world
        .target_groups
        .values()
        .flat_map(|group| group.targets.values())
        .flat_map(|target| target.changes.iter().map(|&(at, _)| at));
    let others = [cloudwatch::next_evaluation(world), autoscaling::next_act(world)];
    tasks.chain(services).chain(targets).chain(others.into_iter().flatten()).min()
}

/// Does everything that is due at `now`, as if it were exactly then.
pub(crate) fn step(world: &mut World, now: SimTime) {
    for (key, change) in due_targets(world, now) {
        targets::change(world, &key, change, now);
    }
    for (id, timer) in due_tasks(world, now) {
        life::timer(world, &id, timer, now);
    }
    if cloudwatch::next_evaluation(world).is_some_and(|at| at <= now) {
        cloudwatch::evaluate(world, now);
    }
    if autoscaling::next_act(world).is_some_and(|at| at <= now) {
        autoscaling::act(world, now);
    }
    let due: Vec<ServiceKey> = world
        .services
        .values()
        .filter(|service| service.next_look.is_some_and(|at| at <= now))
        .map(|service| service.key.clone())
        .collect();
    for key in due {
        if let Some(mut service) = world.services.remove(&key) {
            look::look(world, &mut service, now);
            world.services.insert(key, service);
        }
    }
}

/// Takes the changes of targets that are due.
fn due_targets(world: &mut World, now: SimTime) -> Vec<(TargetKey, TargetChange)> {
    let mut due = Vec::new();
    for (arn, group) in &mut world.target_groups {
        for ((id, port), target) in &mut group.targets {
            target.changes.retain(|&(at, change)| {
                if at <= now {
                    let key = TargetKey { group: arn.clone(), id: id.clone(), port: *port };
                    due.push((key, change));
                }
                at > now
            });
        }
    }
    due
}

/// Takes the timers of tasks that are due.
fn due_tasks(world: &mut World, now: SimTime) -> Vec<(String, TaskTimer)> {
    let mut due = Vec::new();
    let mut tasks: Vec<_> = world.tasks.values_mut().collect();
    tasks.sort_by_key(|task| task.order);
    for task in tasks {
        task.timers.retain(|&(at, timer)| {
            if at <= now {
                due.push((task.id.clone(), timer));
            }
            at > now
        });
    }
    due
}
