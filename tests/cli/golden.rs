//! Requests of ecs-cli, recorded, against those of this binary by its name.

use crate::world::World;
use serde_json::{Map, Value};
use std::fs;
use std::path::PathBuf;

/// A recorded run of ecs-cli.
struct Case {
    argv: Vec<String>,
    folder: PathBuf,
    calls: Vec<Value>,
}

impl Case {
    fn read(name: &str) -> Self {
        let folder =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ecs-cli").join(name);
        let text = fs::read_to_string(folder.join("case.json")).unwrap();
        let case: Value = serde_json::from_str(&text).unwrap();
        let argv = case["argv"].as_array().unwrap();
        let argv = argv.iter().map(|word| word.as_str().unwrap().to_owned()).collect();
        Self { argv, folder, calls: case["calls"].as_array().unwrap().clone() }
    }

    fn request(&self, operation: &str) -> Value {
        let found = self.calls.iter().find(|call| call["operation"] == operation);
        normal(&found.unwrap_or_else(|| panic!("no {operation} was recorded"))["request"])
    }

    /// Puts the case's files into the repository.
    fn files(&self, world: &World) {
        for name in ["deploy/docker-compose.yml", "deploy/ecs-params.yml"] {
            world.write(name, &fs::read_to_string(self.folder.join("app").join(name)).unwrap());
        }
    }

    fn words(&self) -> Vec<&str> {
        std::iter::once("ecs-cli").chain(self.argv.iter().map(String::as_str)).collect()
    }
}

/// The image that the case names, in a registry that is reached as its mirror.
fn with_image(tag: &str) -> World {
    let mut world = World::new();
    world.set("CI_COMMIT_TAG", tag);
    world.push(tag);
    world
}

/// Drops what says nothing, and sorts what has no order.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .iter()
                .filter(|(name, value)| !(says_nothing(value) || is_default(name, value)))
                .map(|(name, value)| (name.clone(), normal(value)))
                .filter(|(_, value)| !says_nothing(value))
                .collect();
            Value::Object(kept)
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(normal).collect();
            if items.iter().all(|item| item["name"].is_string()) {
                items.sort_by_key(|item| item["name"].as_str().unwrap_or_default().to_owned());
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// `cpu: 0` and `hostPort: 0` are what is left out; other zeros count.
fn is_default(name: &str, value: &Value) -> bool {
    matches!(name, "cpu" | "hostPort") && value == 0
}

/// Compared as the cases' rules say: no bookkeeping tags, no breaker, no revision numbers.
fn comparable(request: &Value) -> Value {
    let mut request = request.clone();
    let members = request.as_object_mut().unwrap();
    for name in ["clientToken", "taskDefinition"] {
        members.remove(name);
    }
    if let Some(configuration) = members.get_mut("deploymentConfiguration") {
        configuration.as_object_mut().unwrap().remove("deploymentCircuitBreaker");
    }
    normal(&request)
}

#[track_caller]
fn same(ours: &Value, recorded: &Value) {
    let (ours, recorded) = (comparable(ours), comparable(recorded));
    assert_eq!(ours, recorded);
}

#[test]
fn a_first_canary_sends_what_ecs_cli_sent() {
    let case = Case::read("seed-canary-first-deploy");
    let world = with_image("2.0.0");
    case.files(&world);
    world.run(&case.words()).good();
    same(&world.requests("CreateService")[0], &case.request("CreateService"));
    let mut registered = world.requests("RegisterTaskDefinition")[0].clone();
    registered.as_object_mut().unwrap().remove("tags");
    // The bytes are pinned on purpose.
    let image = registered["containerDefinitions"][0]["image"].take();
    assert!(image.as_str().unwrap().starts_with("registry.example.com/group/app@sha256:"));
    registered["containerDefinitions"][0]["image"] = "registry.example.com/group/app:2.0.0".into();
    same(&registered, &case.request("RegisterTaskDefinition"));
}

#[test]
fn a_second_release_keeps_three_tasks_as_ecs_cli_did() {
    let case = Case::read("seed-full-second-deploy-keeps-three-tasks");
    let mut world = with_image("2.0.0");
    case.files(&world);
    world.run(&case.words()).good();
    let cluster = "ecs-canary-test-poc-svc-cluster";
    let scale = ["ecs-cli", "compose", "-p", "release", "service", "scale", "3", "-c", cluster];
    world.run(&scale).good();
    let before = world.requests("UpdateService").len();
    world.set("CI_COMMIT_TAG", "2.0.1");
    world.push("2.0.1");
    world.run(&case.words()).good();
    let updates = world.requests("UpdateService").split_off(before);
    assert_eq!(updates.len(), 1, "{updates:?}");
    same(&updates[0], &case.request("UpdateService"));
}
