//! Ends of a release that is under way: cancelled, failed, too late.

use crate::world::{COMMIT_2, World};
use ecs_sim::cloud::{FateRule, TaskFate};
use serde_json::{Value, json};

/// Version 1 runs everywhere; every task from now on goes by `fate`.
fn second_release_with(fate: TaskFate) -> World {
    let mut world = World::new();
    world.push("1.0.0");
    world.run(&["deploy", "full"]).good();
    world.at_commit(COMMIT_2, "2.0.0", 102);
    world.push("2.0.0");
    world.cloud.fate(FateRule {
        revision: Some("release:2".to_owned()),
        fate,
        ..FateRule::default()
    });
    world
}

/// A task that takes an hour to start.
fn slow() -> TaskFate {
    TaskFate { start_seconds: Some(3600.0), ..TaskFate::default() }
}

fn record(world: &World) -> Value {
    serde_json::from_str(&world.read("release.json")).unwrap()
}

#[test]
fn a_cancelled_release_says_what_it_left() {
    let world = second_release_with(slow());
    let ended = world.start(&["deploy", "full"], "").until("release:2").terminate().wait().code(34);
    assert_eq!(record(&world)["outcome"], "cancelled");
    assert!(ended.stderr.contains("CANCELLED"), "{}", ended.stderr);
    assert!(record(&world)["steps"].as_array().is_some_and(|steps| !steps.is_empty()));
}

#[test]
fn a_release_that_crashes_is_taken_back() {
    let world = second_release_with(TaskFate::crash_at_start(3));
    world.run(&["deploy", "full"]).code(30);
    assert_eq!(world.services(), "release 1/1 release:1\n".replace("1/1", "3/3"));
    assert_eq!(record(&world)["outcome"], "failed_rolled_back");
}

#[test]
fn a_deadline_ends_the_wait_and_not_the_deployment() {
    let world = second_release_with(slow());
    world.run(&["deploy", "full", "--deadline", "5m"]).code(33);
    assert_eq!(record(&world)["outcome"], "timed_out");
}

#[test]
fn a_failure_is_explained_in_release_json_without_a_secret_of_the_job() {
    let fate = TaskFate {
        last_words: Some("login with registry-s3cret refused\nFATAL: no database".to_owned()),
        ..TaskFate::crash_at_start(3)
    };
    let world = second_release_with(fate);
    let ended = world.run(&["--json", "deploy", "full"]).code(30);
    let events = ended.json();
    let failure = events.iter().find(|event| event["event"] == "failure").unwrap();
    let record: Value = serde_json::from_str(&world.read("release.json")).unwrap();
    let report = &record["failures"][0];
    assert_eq!(failure["report"], *report);
    assert_eq!(report["cause"], "container canary-test ends with exit code 3");
    assert_eq!(report["tasks"][0]["containers"][0]["exit_code"], 3);
    let lines = &report["logs"][0]["lines"];
    assert_eq!(*lines, json!(["login with *** refused", "FATAL: no database"]));
    assert_eq!(record["outcome"], "failed_rolled_back");
}
