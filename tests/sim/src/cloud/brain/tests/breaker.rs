//! Rollouts that fail: circuit breaker, back-off, going back.

use super::fixture::{Plan, RELEASE, World};
use crate::cloud::brain::{CloudOptions, FateRule, Switches, TaskFate};
use serde_json::json;

fn fate(tag: &str, fate: TaskFate) -> FateRule {
    FateRule { image: Some(format!("app:{tag}")), fate, ..FateRule::default() }
}

const NO_BREAKER: Plan = Plan { breaker: false, ..RELEASE };

#[test]
fn a_crash_loop_is_rolled_back_and_leaves_one_deployment() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.cloud.set_fate(fate("2", TaskFate::crash_at_start(1)));
    let old = world.service("release")["deployments"][0]["id"].clone();
    world.deploy("release", "2");
    let failed = world.service("release")["deployments"][0]["id"].as_str().unwrap().to_owned();
    world.settle("release");
    let deployment = world.deployment("release");
    assert_eq!(deployment["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(
        deployment["deploymentCircuitBreaker"],
        json!({"status": "TRIGGERED", "failureCount": 3, "threshold": 3})
    );
    let reason = deployment["rollback"]["reason"].as_str().unwrap();
    assert!(reason.contains("circuit breaker"), "{reason}");
    let service = world.service("release");
    assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(service["deployments"][0]["id"], old);
    assert!(service["taskDefinition"].as_str().unwrap().ends_with(":1"));
    assert_eq!(world.health(), ["healthy"; 3]);
    let events = world.events("release");
    let at = events.iter().position(|text| text.contains("deployment failed")).unwrap();
    assert_eq!(
        events[at],
        format!(
            "(service release) (deployment {failed}) deployment failed: tasks failed to start."
        )
    );
    assert!(events[at + 1].starts_with("(service release) rolling back to deployment ecs-svc/"));
}

#[test]
fn the_failed_revision_stays_visible_while_it_is_taken_back() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.cloud.set_fate(fate("2", TaskFate::never_healthy()));
    world.deploy("release", "2");
    while world.deployment("release")["status"] != "ROLLBACK_IN_PROGRESS" {
        world.pass(1);
    }
    let service = world.service("release");
    let entries = service["deployments"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (&entries[0]["status"], &entries[0]["rolloutState"]),
        (&json!("PRIMARY"), &json!("IN_PROGRESS"))
    );
    assert_eq!(
        (&entries[1]["status"], &entries[1]["rolloutState"]),
        (&json!("ACTIVE"), &json!("FAILED"))
    );
    let reason = entries[0]["rolloutStateReason"].as_str().unwrap();
    assert!(reason.starts_with("ECS deployment circuit breaker: rolling back to deploymentId"));
    assert_eq!(
        entries[1]["rolloutStateReason"],
        "ECS deployment circuit breaker: tasks failed to start."
    );
}

#[test]
fn a_rollback_may_have_an_id_of_its_own() {
    let switches = Switches { rollback_reuses_id: false, ..Switches::default() };
    let mut world = World::with(CloudOptions { switches, ..CloudOptions::default() });
    world.created("release", "1", RELEASE);
    let old = world.service("release")["deployments"][0]["id"].clone();
    world.cloud.set_fate(fate("2", TaskFate::crash_at_start(1)));
    world.deploy("release", "2");
    world.settle("release");
    assert_eq!(world.deployment("release")["status"], "ROLLBACK_SUCCESSFUL");
    assert_ne!(world.service("release")["deployments"][0]["id"], old);
    assert_eq!(world.service("release")["runningCount"], 3);
}

#[test]
fn a_first_deployment_has_nothing_to_go_back_to() {
    let mut world = World::new();
    world.cloud.set_fate(fate("1", TaskFate::crash_at_start(1)));
    world.create("release", "1", RELEASE);
    world.settle("release");
    let deployment = world.deployment("release");
    assert_eq!(deployment["status"], "ROLLBACK_FAILED");
    let reason = deployment["statusReason"].as_str().unwrap();
    assert!(reason.contains("No rollback candidate was found"), "{reason}");
    let service = world.service("release");
    assert_eq!(service["deployments"][0]["status"], "PRIMARY");
    assert_eq!(service["deployments"][0]["rolloutState"], "FAILED");
    let tasks = world.tasks("release").len();
    world.pass(1800);
    assert_eq!(world.tasks("release").len(), tasks);
}

#[test]
fn without_rollback_the_failed_deployment_stays_and_old_tasks_go_on() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.update(
        "release",
        json!({"deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": true, "rollback": false},
        }}),
    );
    world.cloud.set_fate(fate("2", TaskFate::crash_at_start(1)));
    world.deploy("release", "2");
    world.settle("release");
    assert_eq!(world.deployment("release")["status"], "STOPPED");
    world.pass(600);
    let service = world.service("release");
    assert_eq!(service["deployments"].as_array().unwrap().len(), 2);
    assert_eq!(service["deployments"][0]["rolloutState"], "FAILED");
    assert_eq!((&service["runningCount"], world.health().len()), (&json!(3), 3));
}

#[test]
fn a_rollback_can_fail_as_well() {
    let mut world = World::new();
    world.created("canary", "1", super::fixture::CANARY);
    world.cloud.set_fate(FateRule { fate: TaskFate::crash_at_start(1), ..FateRule::default() });
    world.deploy("canary", "2");
    world.settle("canary");
    assert_eq!(world.deployment("canary")["status"], "ROLLBACK_FAILED");
    assert_eq!(world.service("canary")["deployments"][0]["rolloutState"], "FAILED");
}

#[test]
fn without_a_breaker_a_crash_loop_goes_on_for_ever_ever_slower() {
    let mut world = World::new();
    world.created("release", "1", NO_BREAKER);
    world.cloud.set_fate(fate("2", TaskFate::crash_at_start(1)));
    world.deploy("release", "2");
    world.pass(3000);
    assert_eq!(world.deployment("release")["status"], "IN_PROGRESS");
    let failed = world.service("release")["deployments"][0]["failedTasks"].as_u64().unwrap();
    assert!((15..60).contains(&failed), "{failed}");
    assert_eq!(world.health(), ["healthy"; 3]);
    let events = world.events("release");
    let told = events.iter().filter(|text| text.contains("is unable to consistently start"));
    assert_eq!(told.count(), 1);
}

#[test]
fn tasks_that_crash_after_they_ran_do_not_count_unless_the_switch_says_so() {
    for counts in [false, true] {
        let switches = Switches { exit_after_running_counts: counts, ..Switches::default() };
        let mut world = World::with(CloudOptions { switches, ..CloudOptions::default() });
        world.created("release", "1", RELEASE);
        world.cloud.set_fate(fate("2", TaskFate::crash_after(2.0, 1)));
        world.deploy("release", "2");
        world.pass(900);
        let wanted = if counts { "ROLLBACK_SUCCESSFUL" } else { "IN_PROGRESS" };
        assert_eq!(world.deployment("release")["status"], wanted);
    }
}

#[test]
fn tasks_that_fail_their_check_trip_the_breaker_and_say_why() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.cloud.set_fate(fate("2", TaskFate::never_healthy()));
    world.deploy("release", "2");
    world.settle("release");
    assert_eq!(world.deployment("release")["status"], "ROLLBACK_SUCCESSFUL");
    let stopped = world.stopped("release");
    let reason = stopped[0]["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("Task failed ELB health checks in (target-group arn:"), "{reason}");
    assert_eq!(stopped[0]["stopCode"], "ServiceSchedulerInitiated");
    assert!(world.events("release").iter().any(|text| text.contains("is unhealthy in")));
}

#[test]
fn the_threshold_follows_its_configuration() {
    let cases = [
        (3, json!({}), 3),
        (25, json!({}), 13),
        (400, json!({}), 200),
        (25, json!({"type": "COUNT", "value": 1}), 1),
        (500, json!({"type": "UNBOUNDED_PERCENT", "value": 50}), 250),
        (1, json!({"type": "BOUNDED_PERCENT", "value": 100}), 3),
    ];
    for (desired, threshold, wanted) in cases {
        let mut world = World::new();
        world.created("s", "1", Plan { desired: 0, ..RELEASE });
        world.update(
            "s",
            json!({"desiredCount": desired, "deploymentConfiguration": {
                "deploymentCircuitBreaker": {
                    "enable": true, "rollback": true, "thresholdConfiguration": threshold,
                },
            }}),
        );
        world.deploy("s", "2");
        let found = world.deployment("s")["deploymentCircuitBreaker"]["threshold"].clone();
        assert_eq!(found, wanted);
    }
}

#[test]
fn a_healthy_task_sets_the_count_back() {
    let mut world = World::new();
    world.created("s", "1", Plan { desired: 1, ..RELEASE });
    // Two failures, one good task that is killed, two failures, then good for ever.
    for (times, what) in [(9, TaskFate::default()), (2, TaskFate::crash_at_start(1))] {
        world.cloud.set_fate(FateRule { times: Some(times), ..fate("2", what) });
    }
    world.deploy("s", "2");
    world.settle("s");
    assert_eq!(world.deployment("s")["status"], "SUCCESSFUL");
}

#[test]
fn a_deployment_can_be_stopped_and_goes_back() {
    let mut world = World::new();
    world.created("release", "1", NO_BREAKER);
    world.deploy("release", "2");
    world.pass(15);
    let arn = world.deployment("release")["serviceDeploymentArn"].clone();
    world.call("StopServiceDeployment", json!({"serviceDeploymentArn": arn}));
    assert_eq!(world.deployment("release")["status"], "ROLLBACK_REQUESTED");
    world.settle("release");
    assert_eq!(world.deployment("release")["status"], "ROLLBACK_SUCCESSFUL");
    assert!(world.service("release")["taskDefinition"].as_str().unwrap().ends_with(":1"));
    assert_eq!(world.health().iter().filter(|state| *state == "healthy").count(), 3);
    let again = world.ask("StopServiceDeployment", json!({"serviceDeploymentArn": arn}));
    assert_eq!(again.unwrap_err().code, "ConflictException");
}

#[test]
fn an_alarm_ends_a_deployment_unless_it_was_raised_before() {
    for raised_before in [false, true] {
        let mut world = World::new();
        world.created("release", "1", RELEASE);
        world.cloud.set_alarm("errors", raised_before);
        world.update(
            "release",
            json!({"deploymentConfiguration": {
                "alarms": {"alarmNames": ["errors"], "enable": true, "rollback": true},
            }}),
        );
        world.deploy("release", "2");
        world.pass(70);
        world.cloud.set_alarm("errors", true);
        world.settle("release");
        let deployment = world.deployment("release");
        if raised_before {
            assert_eq!(deployment["status"], "SUCCESSFUL");
        } else {
            assert_eq!(deployment["status"], "ROLLBACK_SUCCESSFUL");
            assert_eq!(deployment["alarms"]["triggeredAlarmNames"][0], "errors");
        }
    }
}

#[test]
fn tasks_that_cannot_be_placed_count_as_failures() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.cloud.set_capacity(Some(3));
    world.deploy("release", "2");
    world.settle("release");
    assert_eq!(world.deployment("release")["status"], "ROLLBACK_SUCCESSFUL");
    let events = world.events("release");
    assert!(events.iter().any(|text| text.contains("was unable to place a task")), "{events:?}");
}

#[test]
fn capacity_that_arrives_later_ends_the_wait() {
    let mut world = World::new();
    world.created("release", "1", NO_BREAKER);
    world.cloud.set_capacity(Some(3));
    world.deploy("release", "2");
    world.pass(120);
    assert_eq!(world.deployment("release")["status"], "IN_PROGRESS");
    world.cloud.set_capacity(None);
    world.settle("release");
    assert_eq!(world.deployment("release")["status"], "SUCCESSFUL");
}
