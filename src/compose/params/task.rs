//! `task_definition` of ecs-params.

use super::{containers, table, volumes};
use crate::compose::input::Dialect;
use crate::compose::scope::{Scope, did_you_mean};
use crate::compose::service::{Body, Task};
use crate::config::yaml::{Map as Mapping, Node};
use serde_json::{Map, Value, json};

/// Texts that go to one field each, with the values that ECS takes (none = any).
const TEXTS: &[(&str, &str, &[&str])] = &[
    ("task_role_arn", "taskRoleArn", &[]),
    ("task_execution_role", "executionRoleArn", &[]),
    ("ecs_network_mode", "networkMode", &["bridge", "host", "awsvpc", "none"]),
    ("pid_mode", "pidMode", &["host", "task"]),
    ("ipc_mode", "ipcMode", &["host", "task", "none"]),
];

pub(super) fn apply(
    scope: &mut Scope<'_>,
    node: &Node,
    task: &mut Task,
    bodies: &mut [Body],
    added: &mut Map<String, Value>,
) {
    let Some(map) = scope.sub_params("task_definition", node, table::TASK) else { return };
    for (key, field, allowed) in TEXTS {
        let Some(value) = map.get(key) else { continue };
        if let Some(text) = word(scope, key, value, allowed) {
            put(scope, added, field, text, value);
        }
    }
    if let Some(size) = map.get("task_size") {
        task_size(scope, size, added);
    }
    if let Some(storage) = map.get("ephemeral_storage") {
        ephemeral(scope, storage, added);
    }
    if let Some(platform) = map.get("runtime_platform") {
        runtime_platform(scope, platform, added);
    }
    if let Some(constraints) = map.get("placement_constraints") {
        let constraints = constrained(scope, "placement_constraints", constraints);
        if !constraints.is_empty() {
            added.insert("placementConstraints".into(), constraints.into());
        }
    }
    volumes::apply(scope, map, task);
    if let Some(services) = map.get("services") {
        services_of(scope, services, task, bodies);
    }
}

fn services_of(scope: &mut Scope<'_>, node: &Node, task: &Task, bodies: &mut [Body]) {
    if node.is_null() {
        return;
    }
    let Some(map) = node.as_map() else { return scope.wrong("services", node, "a mapping") };
    for entry in &map.entries {
        if let Some(body) = bodies.iter_mut().find(|body| body.name == entry.key) {
            containers::apply(scope, &entry.value, task, body);
        } else {
            let names: Vec<&str> = task.services.iter().map(String::as_str).collect();
            let message = format!("the compose file has no service \"{}\"", entry.key);
            scope.strict(entry.at.error(message).hint(did_you_mean(&entry.key, &names)));
        }
    }
}

/// A text, of `allowed` when it names any.
pub(super) fn word<'n>(
    scope: &mut Scope<'_>,
    key: &str,
    node: &'n Node,
    allowed: &[&str],
) -> Option<&'n str> {
    let text = scope.loose(key, node).filter(|text| !text.is_empty())?;
    if allowed.is_empty() || allowed.contains(&text) {
        return Some(text);
    }
    let finding =
        node.at.error(format!("\"{key}\" is \"{text}\"; {} is wanted", allowed.join(", ")));
    // ecs-cli sent what was written, and ECS refused it.
    scope.strict(finding);
    (scope.input.dialect == Dialect::EcsCli).then_some(text)
}

fn put(
    scope: &mut Scope<'_>,
    added: &mut Map<String, Value>,
    field: &str,
    value: impl Into<Value>,
    node: &Node,
) {
    scope.remember(field.to_owned(), &node.at);
    added.insert(field.to_owned(), value.into());
}

/// Sent as they are written; ECS understands `256`, `0.25 vCPU`, `512`, `0.5GB`.
fn task_size(scope: &mut Scope<'_>, node: &Node, added: &mut Map<String, Value>) {
    let Some(map) = scope.sub_params("task_size", node, table::TASK_SIZE) else { return };
    for (key, field) in [("cpu_limit", "cpu"), ("mem_limit", "memory")] {
        let Some(value) = map.get(key) else { continue };
        if let Some(text) = word(scope, key, value, &[]) {
            put(scope, added, field, text, value);
        }
    }
}

fn ephemeral(scope: &mut Scope<'_>, node: &Node, added: &mut Map<String, Value>) {
    let map = scope.sub_params("ephemeral_storage", node, table::EPHEMERAL);
    let Some(size) = map.and_then(|map| map.get("size_in_gib")) else { return };
    if let Some(gib) = scope.integer("size_in_gib", size) {
        put(scope, added, "ephemeralStorage", json!({"sizeInGiB": gib}), size);
    }
}

fn runtime_platform(scope: &mut Scope<'_>, node: &Node, added: &mut Map<String, Value>) {
    let Some(map) = scope.sub_params("runtime_platform", node, table::PLATFORM) else { return };
    let mut platform = Map::new();
    for (key, field, allowed) in [
        ("cpu_architecture", "cpuArchitecture", &["X86_64", "ARM64"][..]),
        ("operating_system_family", "operatingSystemFamily", &[]),
    ] {
        let text = map.get(key).and_then(|value| word(scope, key, value, allowed));
        platform.extend(text.map(|text| (field.to_owned(), Value::from(text))));
    }
    put(scope, added, "runtimePlatform", platform, node);
}

/// Constraints of a task definition or of a service.
pub(super) fn constrained(scope: &mut Scope<'_>, key: &str, node: &Node) -> Vec<Value> {
    typed(scope, key, node, table::CONSTRAINT, &["distinctInstance", "memberOf"], "expression")
}

/// A list of `type` and one more text.
pub(super) fn typed(
    scope: &mut Scope<'_>,
    key: &str,
    node: &Node,
    known: &[crate::compose::keys::SubKey],
    types: &[&str],
    other: &str,
) -> Vec<Value> {
    let mut all = Vec::new();
    for item in scope.items(key, node) {
        let Some(map) = scope.sub_params(key, item, known) else { continue };
        let Some(kind) = required(scope, key, map, "type", item) else { continue };
        let Some(kind) = word(scope, "type", kind, types) else { continue };
        let mut one = json!({"type": kind});
        if let Some(text) = map.get(other).and_then(|text| word(scope, other, text, &[])) {
            one[other] = text.into();
        }
        all.push(one);
    }
    all
}

/// The value of `key`; an error when it is missing.
pub(super) fn required<'n>(
    scope: &mut Scope<'_>,
    name: &str,
    map: &'n Mapping,
    key: &str,
    node: &Node,
) -> Option<&'n Node> {
    let value = map.get(key).filter(|value| value.as_text().is_none_or(|text| !text.is_empty()));
    let value = value.filter(|value| !value.is_null());
    if value.is_none() {
        scope.error(&node.at, format!("{name} has no \"{key}\""));
    }
    value
}
