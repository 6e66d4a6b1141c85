//! What counts as healthy, and what happens to what is not.

use super::fixture::{Plan, RELEASE, World};
use crate::cloud::brain::{EXAMPLE_CLUSTER, FateRule, TaskFate};
use serde_json::json;

const WORKER: Plan = Plan { desired: 1, balanced: false, ..RELEASE };

#[test]
fn a_worker_without_any_check_is_healthy_after_forty_seconds() {
    let mut world = World::new();
    world.create("worker", "1", WORKER);
    while world.service("worker")["runningCount"] != 1 {
        world.pass(1);
    }
    let seconds = world.settle("worker");
    assert!((40..=50).contains(&seconds), "{seconds}");
}

#[test]
fn a_container_check_decides_where_there_is_no_load_balancer() {
    let mut world = World::new();
    world.call(
        "RegisterTaskDefinition",
        json!({
            "family": "worker",
            "containerDefinitions": [{
                "name": "w", "image": "w:1", "memory": 64,
                "healthCheck": {"command": ["CMD", "true"], "interval": 5, "retries": 2},
            }],
        }),
    );
    world.cloud.set_fate(FateRule {
        times: Some(1),
        fate: TaskFate { container_unhealthy_after: Some(60.0), ..TaskFate::default() },
        ..FateRule::default()
    });
    world.call(
        "CreateService",
        json!({
            "cluster": EXAMPLE_CLUSTER, "serviceName": "worker",
            "taskDefinition": "worker", "desiredCount": 1,
        }),
    );
    let seconds = world.settle("worker");
    assert!(seconds < 40, "{seconds}");
    assert_eq!(world.tasks("worker")[0]["healthStatus"], "HEALTHY");
    let first = world.tasks("worker")[0]["taskArn"].clone();
    world.pass(180);
    assert_ne!(world.tasks("worker")[0]["taskArn"], first);
    assert_eq!(world.service("worker")["runningCount"], 1);
    assert_eq!(world.stopped("worker")[0]["stoppedReason"], "Task failed container health checks");
    assert!(
        world.events("worker").iter().any(|text| text.ends_with("failed container health checks."))
    );
}

#[test]
fn an_unhealthy_task_at_rest_is_replaced_before_it_is_stopped() {
    let mut world = World::new();
    world.cloud.set_fate(FateRule {
        times: Some(1),
        fate: TaskFate { target_unhealthy_after: Some(120.0), ..TaskFate::default() },
        ..FateRule::default()
    });
    world.created("release", "1", RELEASE);
    while !world.health().contains(&"unhealthy".to_owned()) {
        world.pass(1);
    }
    let mut seen_four = false;
    while world.health() != ["healthy"; 3] {
        seen_four |= world.live("release") == 4;
        assert!(world.health().iter().filter(|state| *state == "healthy").count() >= 2);
        world.pass(1);
    }
    assert!(seen_four);
    let reason = world.stopped("release")[0]["stoppedReason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("Task failed ELB health checks"), "{reason}");
    assert_eq!(world.deployment("release")["status"], "SUCCESSFUL");
}

#[test]
fn unhealthy_results_are_ignored_in_the_grace_period() {
    for (grace, status) in [(0, "ROLLBACK_SUCCESSFUL"), (300, "SUCCESSFUL")] {
        let mut world = World::new();
        world.created("release", "1", RELEASE);
        world.update("release", json!({"healthCheckGracePeriodSeconds": grace}));
        let slow = TaskFate {
            target_unhealthy_after: Some(0.0),
            target_healthy_again_after: Some(120.0),
            ..TaskFate::default()
        };
        world.cloud.set_fate(FateRule {
            image: Some("app:2".into()),
            fate: slow,
            ..FateRule::default()
        });
        world.deploy("release", "2");
        world.settle("release");
        assert_eq!(world.deployment("release")["status"], status, "grace {grace}");
    }
}

#[test]
fn a_target_goes_through_every_state() {
    let mut world = World::new();
    world.create("s", "1", Plan { desired: 1, ..RELEASE });
    let mut states = Vec::new();
    let mut look = |world: &mut World| {
        let state = world.health().first().cloned().unwrap_or_else(|| "none".to_owned());
        if states.last() != Some(&state) {
            states.push(state);
        }
    };
    for _ in 0..60 {
        look(&mut world);
        world.pass(1);
    }
    world.update("s", json!({"desiredCount": 0}));
    for _ in 0..60 {
        look(&mut world);
        world.pass(1);
    }
    assert_eq!(states, ["none", "initial", "healthy", "draining", "none"]);
}

#[test]
fn draining_targets_get_no_requests() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.deploy("release", "2");
    while !world.health().contains(&"draining".to_owned()) {
        world.pass(1);
    }
    for _ in 0..50 {
        assert_eq!(world.request(), "registry.example.com/group/app:2");
    }
}

#[test]
fn a_group_without_healthy_targets_is_used_with_all_of_them() {
    let mut world = World::new();
    assert_eq!(world.request(), "503");
    world.cloud.set_fate(FateRule { fate: TaskFate::never_healthy(), ..FateRule::default() });
    world.create("s", "1", Plan { desired: 1, breaker: false, ..RELEASE });
    while !world.health().contains(&"initial".to_owned()) {
        world.pass(1);
    }
    world.pass(4);
    assert_eq!(world.request(), "registry.example.com/group/app:1");
}
