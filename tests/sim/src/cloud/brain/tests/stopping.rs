//! How tasks and services end.

use super::fixture::{Plan, RELEASE, World};
use crate::cloud::brain::{EXAMPLE_CLUSTER, FateRule, TaskFate};
use serde_json::{Value, json};

const ONE: Plan = Plan { desired: 1, ..RELEASE };

/// The statuses that a task goes through within two minutes.
fn statuses(world: &mut World, arn: &Value) -> Vec<String> {
    let mut statuses: Vec<String> = Vec::new();
    for _ in 0..120 {
        let task = world.call("DescribeTasks", json!({"cluster": EXAMPLE_CLUSTER, "tasks": [arn]}))
            ["tasks"][0]
            .clone();
        let text = format!(
            "{}/{}",
            task["lastStatus"].as_str().unwrap(),
            task["desiredStatus"].as_str().unwrap()
        );
        if statuses.last() != Some(&text) {
            statuses.push(text);
        }
        world.pass(1);
    }
    statuses
}

#[test]
fn a_task_goes_through_the_life_of_an_ecs_task() {
    let mut world = World::new();
    world.create("s", "1", ONE);
    world.pass(6);
    let arn = world.tasks("s")[0]["taskArn"].clone();
    assert_eq!(
        statuses(&mut world, &arn),
        ["PENDING/RUNNING", "ACTIVATING/RUNNING", "RUNNING/RUNNING"]
    );
    world.call("StopTask", json!({"cluster": EXAMPLE_CLUSTER, "task": arn, "reason": "enough"}));
    assert_eq!(
        statuses(&mut world, &arn),
        [
            "RUNNING/STOPPED",
            "DEACTIVATING/STOPPED",
            "STOPPING/STOPPED",
            "DEPROVISIONING/STOPPED",
            "STOPPED/STOPPED"
        ]
    );
    let stopped = world.stopped("s")[0].clone();
    assert_eq!(
        (&stopped["stopCode"], &stopped["stoppedReason"]),
        (&json!("UserInitiated"), &json!("enough"))
    );
    assert_eq!(stopped["containers"][0]["exitCode"], 0);
    assert_eq!(world.service("s")["runningCount"], 1);
}

#[test]
fn a_container_that_ignores_sigterm_is_killed_at_its_timeout() {
    let mut world = World::new();
    let deaf = TaskFate { ignores_term: true, ..TaskFate::default() };
    world.cloud.set_fate(FateRule { fate: deaf, ..FateRule::default() });
    world.created("worker", "1", Plan { balanced: false, ..ONE });
    let arn = world.tasks("worker")[0]["taskArn"].clone();
    world.call("StopTask", json!({"cluster": EXAMPLE_CLUSTER, "task": arn}));
    world.pass(20);
    assert!(world.stopped("worker").iter().all(|task| task["lastStatus"] == "STOPPING"));
    world.pass(30);
    let stopped = world.stopped("worker")[0].clone();
    assert_eq!(stopped["containers"][0]["exitCode"], 137);
    assert_eq!(stopped["stoppedReason"], "Task stopped by user");
}

#[test]
fn a_task_that_exits_is_replaced() {
    let mut world = World::new();
    world.cloud.set_fate(FateRule {
        times: Some(1),
        fate: TaskFate::crash_after(100.0, 137),
        ..FateRule::default()
    });
    world.created("s", "1", ONE);
    world.pass(180);
    let stopped = world.stopped("s")[0].clone();
    assert_eq!(stopped["stopCode"], "EssentialContainerExited");
    assert_eq!(stopped["containers"][0]["exitCode"], 137);
    assert_eq!(world.service("s")["runningCount"], 1);
    assert_eq!(world.health(), ["healthy"]);
}

#[test]
fn a_task_lost_to_spot_is_replaced() {
    let mut world = World::new();
    world.created("s", "1", ONE);
    let arn = world.tasks("s")[0]["taskArn"].as_str().unwrap().to_owned();
    let id = arn.rsplit('/').next().unwrap();
    world.cloud.kill_task(world.now, id, "SpotInterruption", "Your Spot Task was interrupted.");
    world.pass(120);
    assert_eq!(world.stopped("s")[0]["stopCode"], "SpotInterruption");
    assert_eq!(world.service("s")["runningCount"], 1);
}

#[test]
fn stopped_tasks_are_listed_for_an_hour() {
    let mut world = World::new();
    world.created("s", "1", ONE);
    world.update("s", json!({"desiredCount": 0}));
    world.pass(60);
    assert_eq!(world.stopped("s").len(), 1);
    world.pass(3600);
    assert!(world.stopped("s").is_empty());
}

#[test]
fn a_deleted_service_drains_and_its_name_is_free_again() {
    let mut world = World::new();
    world.created("s", "1", ONE);
    let named = json!({"cluster": EXAMPLE_CLUSTER, "service": "s"});
    assert_eq!(
        world.ask("DeleteService", named.clone()).unwrap_err().code,
        "InvalidParameterException"
    );
    let mut forced = named.clone();
    forced["force"] = json!(true);
    assert_eq!(world.call("DeleteService", forced)["service"]["status"], "DRAINING");
    let again = world.ask("UpdateService", named).unwrap_err();
    assert_eq!(again.code, "ServiceNotActiveException");
    world.pass(60);
    assert_eq!(world.service("s")["status"], "INACTIVE");
    world.created("s", "2", ONE);
    assert_eq!(world.service("s")["status"], "ACTIVE");
}

#[test]
fn an_image_that_cannot_be_pulled_is_said_in_ecs_words() {
    let mut world = World::new();
    let missing = "manifest for registry.example.com/group/app:1 not found";
    world.cloud.set_fate(FateRule { fate: TaskFate::pull_error(missing), ..FateRule::default() });
    world.create("s", "1", ONE);
    world.pass(30);
    let stopped = world.stopped("s")[0].clone();
    assert_eq!(stopped["stopCode"], "TaskFailedToStart");
    assert_eq!(stopped["stoppedReason"], format!("CannotPullContainerError: {missing}"));
}

#[test]
fn a_task_of_its_own_runs_once() {
    let mut world = World::new();
    world.cloud.set_fate(FateRule { fate: TaskFate::crash_after(5.0, 0), ..FateRule::default() });
    world.register("migrate", "1");
    let request = json!({
        "cluster": EXAMPLE_CLUSTER, "taskDefinition": "migrate", "clientToken": "job-1",
        "startedBy": "ecs-canary",
    });
    let first = world.call("RunTask", request.clone());
    assert_eq!(world.call("RunTask", request)["tasks"], first["tasks"]);
    world.pass(60);
    let listed = world.call(
        "ListTasks",
        json!({
            "cluster": EXAMPLE_CLUSTER, "desiredStatus": "STOPPED", "startedBy": "ecs-canary",
        }),
    );
    assert_eq!(listed["taskArns"].as_array().unwrap().len(), 1);
    let task = world.call(
        "DescribeTasks",
        json!({
            "cluster": EXAMPLE_CLUSTER, "tasks": listed["taskArns"],
        }),
    )["tasks"][0]
        .clone();
    assert_eq!(task["containers"][0]["exitCode"], 0);
    assert_eq!(task["group"], "family:migrate");
}
