//! What ecs-cli sends for the example, call by call, as it was recorded from the real program.

use super::fixture::World;
use serde_json::Value;

const CANARY_FIRST: &str = include_str!("../../../../tests/ecs-cli/seed-canary-first-deploy.json");
const CANARY_SECOND: &str =
    include_str!("../../../../tests/ecs-cli/seed-canary-second-deploy.json");
const FULL_SECOND: &str =
    include_str!("../../../../tests/ecs-cli/seed-full-second-deploy-keeps-three-tasks.json");

/// Sends the calls of a recording; the revision that a service gets is the one just made.
fn play(world: &mut World, recording: &str) {
    let calls: Vec<Value> = serde_json::from_str(recording).unwrap();
    let mut revision = String::new();
    for call in calls {
        let action = call["operation"].as_str().unwrap();
        let mut request = call["request"].clone();
        if matches!(action, "CreateService" | "UpdateService") {
            request["taskDefinition"] = Value::String(revision.clone());
        }
        let answer = world.ask(action, request);
        match action {
            "RegisterTaskDefinition" => {
                let made = answer.unwrap()["taskDefinition"]["taskDefinitionArn"].clone();
                made.as_str().unwrap().clone_into(&mut revision);
            }
            // It looks for the family before it has ever registered one.
            "DescribeTaskDefinition" => {}
            _ => {
                answer.unwrap();
            }
        }
    }
}

#[test]
fn the_recorded_calls_of_ecs_cli_release_the_example() {
    let mut world = World::new();
    play(&mut world, CANARY_FIRST);
    world.settle("canary-release");
    assert_eq!(world.deployment("canary-release")["status"], "SUCCESSFUL");
    play(&mut world, CANARY_SECOND);
    world.settle("canary-release");
    assert_eq!(world.deployment("canary-release")["status"], "SUCCESSFUL");
    let row = &world.cloud.services()[0];
    assert_eq!((row.revision.as_str(), row.running), ("canary-release:2", 1));
    assert_eq!(world.request(), "registry.example.com/group/app:2.0.1");
}

#[test]
fn the_recorded_update_keeps_three_tasks() {
    let mut world = World::new();
    world.created("release", "2.0.0", super::fixture::RELEASE);
    play(&mut world, FULL_SECOND);
    world.settle("release");
    let service = world.service("release");
    assert_eq!(service["runningCount"], 3);
    assert!(service["taskDefinition"].as_str().unwrap().ends_with("release:2"));
    assert!(world.cloud.unknown_actions().is_empty());
}
