//! `verify`: three answers, and nothing is changed.

use crate::world::World;
use ecs_sim::cloud::{Fault, FaultKind};
use serde_json::Value;

/// The answers of the checks of one name.
fn answers(checks: &Value, name: &str) -> Vec<String> {
    let checks = checks["checks"].as_array().unwrap().iter();
    let named = checks.filter(|line| line["check"] == name);
    named.map(|line| line["answer"].as_str().unwrap().to_owned()).collect()
}

fn checks(events: &[Value]) -> &Value {
    events.iter().find(|event| event["event"] == "checks").unwrap()
}

#[test]
fn a_world_that_is_ready_passes_and_is_left_alone() {
    let world = World::new();
    world.build();
    world.run(&["deploy", "full"]).good();
    let before = world.changes().len();
    let ended = world.run(&["--json", "verify"]).good();
    let events = ended.json();
    let checks = checks(&events);
    assert_eq!(answers(checks, "image"), ["ok"], "{checks:#}");
    assert_eq!(answers(checks, "service"), ["ok", "ok"], "{checks:#}");
    assert_eq!(answers(checks, "target_group"), ["ok", "ok"], "{checks:#}");
    assert_eq!(answers(checks, "log_group"), ["ok"], "{checks:#}");
    assert_eq!(events.last().unwrap()["outcome"], "succeeded");
    assert_eq!(world.changes().len(), before, "nothing was changed");
    assert_eq!(world.cloud.unknown_actions(), [""; 0]);
}

#[test]
fn an_image_that_nobody_pushed_fails_and_names_it() {
    let world = World::new();
    let ended = world.run(&["verify"]).code(11);
    assert!(ended.stdout.contains("FAILED"), "{}", ended.stdout);
    assert!(ended.stderr.contains("its registry has no such image"), "{}", ended.stderr);
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn a_denied_read_is_neither_yes_nor_no() {
    let world = World::new();
    world.build();
    world.run(&["deploy", "full"]).good();
    world.cloud.fault(Fault::always("DescribeTargetGroups", FaultKind::Deny));
    let ended = world.run(&["verify", "--service", "full"]).code(50);
    assert!(ended.stdout.contains("could not tell  target_group"), "{}", ended.stdout);
}
