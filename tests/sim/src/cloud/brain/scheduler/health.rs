//! Whether a task counts as healthy. Owns the rule: load balancer, container check, both, or
//! forty seconds of running when nobody checks.

use super::decide::Condition;
use crate::cloud::brain::state::{
    ContainerHealth, Service, Stage, TargetKey, TargetState, Task, World,
};
use crate::cloud::brain::time::SimTime;

/// The state of a target.
pub(super) fn target_state(world: &World, key: &TargetKey) -> Option<TargetState> {
    let group = world.target_groups.get(&key.group)?;
    group.targets.get(&(key.id.clone(), key.port)).map(|target| target.state)
}

/// How a live task of a service does.
pub(super) fn condition(world: &World, service: &Service, task: &Task, now: SimTime) -> Condition {
    if task.stage < Stage::Running {
        return Condition::Coming;
    }
    let in_grace = task.started_at.is_some_and(|at| now < at + service.grace());
    if failed_check(world, task).is_some() {
        return if in_grace { Condition::Unproven } else { Condition::Broken };
    }
    if passed_checks(world, task) { Condition::Healthy } else { Condition::Unproven }
}

/// Every check that there is has passed.
pub(super) fn passed_checks(world: &World, task: &Task) -> bool {
    let container_passed = !task.is_checked() || task.health == ContainerHealth::Healthy;
    let targets_passed =
        task.targets.iter().all(|key| target_state(world, key) == Some(TargetState::Healthy));
    let anybody_checks = task.is_checked() || !task.targets.is_empty();
    container_passed && targets_passed && (anybody_checks || task.assumed_healthy)
}

/// The words for a task whose check failed.
pub(super) fn failed_check(world: &World, task: &Task) -> Option<String> {
    if task.health == ContainerHealth::Unhealthy {
        return Some("Task failed container health checks".to_owned());
    }
    task.targets
        .iter()
        .find(|key| target_state(world, key) == Some(TargetState::Unhealthy))
        .map(|key| format!("Task failed ELB health checks in (target-group {})", key.group))
}
