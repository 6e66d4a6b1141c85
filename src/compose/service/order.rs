//! `depends_on`, and what the task's containers share: `pid`, `ipc`, `network_mode`, `platform`.

use super::Container;
use super::task::agree;
use crate::compose::table::DEPENDENCY;
use crate::config::yaml::{Node, Place};
use crate::model::Severity;
use serde_json::{Value, json};

/// `depends_on`: names, or names with a condition.
pub(in crate::compose) fn depends_on(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut all: Vec<Value> = Vec::new();
    if let Some(map) = node.as_map() {
        for entry in &map.entries {
            let condition =
                c.scope.sub(key, &entry.value, DEPENDENCY).and_then(|map| map.get("condition"));
            let condition = condition.and_then(|node| condition_of(c, node)).unwrap_or("START");
            if condition == "SUCCESS" {
                c.task.ends.push(entry.key.clone());
            }
            all.extend(dependency(c, &entry.key, condition, &entry.at));
        }
    } else {
        for word in c.scope.words(key, node) {
            all.extend(dependency(c, word.text, "START", word.at));
        }
    }
    c.set("dependsOn", all, &node.at);
}

fn dependency(c: &mut Container<'_, '_>, name: &str, condition: &str, at: &Place) -> Option<Value> {
    if c.task.services.iter().any(|service| service == name) {
        return Some(json!({"containerName": name, "condition": condition}));
    }
    c.scope.error(at, format!("depends_on: there is no service \"{name}\""));
    None
}

fn condition_of(c: &mut Container<'_, '_>, node: &Node) -> Option<&'static str> {
    let wanted = "service_started, service_healthy or service_completed_successfully";
    c.scope.parsed("depends_on.condition", node, wanted, |text| match text {
        "service_started" => Some("START"),
        "service_healthy" => Some("HEALTHY"),
        "service_completed_successfully" => Some("SUCCESS"),
        _ => None,
    })
}

/// `pid`: the host's, or another container's, which in ECS means the task's.
pub(in crate::compose) fn pid(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(text) = c.scope.text(key, node) else { return };
    match namespace(text) {
        Some(mode) => agree(c.scope, &mut c.task.pid_mode, key, mode, &node.at),
        None => c.scope.wrong(key, node, "host, service:NAME or container:NAME"),
    }
}

/// `ipc`: the host's, none, or shared in the task.
pub(in crate::compose) fn ipc(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(text) = c.scope.text(key, node) else { return };
    let mode = match text {
        "none" => Some("none"),
        "shareable" => Some("task"),
        "private" => return,
        other => namespace(other),
    };
    match mode {
        Some(mode) => agree(c.scope, &mut c.task.ipc_mode, key, mode, &node.at),
        None => c.scope.wrong(key, node, "host, none, shareable, private or service:NAME"),
    }
}

fn namespace(text: &str) -> Option<&'static str> {
    match text {
        "host" => Some("host"),
        _ if text.starts_with("service:") || text.starts_with("container:") => Some("task"),
        _ => None,
    }
}

/// `network_mode`, and `net` of version 1.
pub(in crate::compose) fn network_mode(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(text) = c.scope.text(key, node) else { return };
    match text {
        "none" => c.set("disableNetworking", true, &node.at),
        "host" | "bridge" | "awsvpc" => {
            agree(c.scope, &mut c.task.network_mode, key, text, &node.at);
        }
        _ if text.starts_with("service:") || text.starts_with("container:") => {
            let why = "containers share a network in mode awsvpc: `ecs_network_mode: awsvpc`";
            c.scope.ignored(&node.at, key, Severity::Warning, why);
        }
        _ => c.scope.wrong(key, node, "host, bridge, none or awsvpc"),
    }
}

/// `platform`: `linux/arm64`, ...
pub(in crate::compose) fn platform(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(text) = c.scope.text(key, node) else { return };
    let mut parts = text.split('/');
    let architecture = match (parts.next(), parts.next()) {
        (Some("linux"), Some("amd64" | "x86_64")) => "X86_64",
        (Some("linux"), Some("arm64" | "aarch64")) => "ARM64",
        _ => return c.scope.wrong(key, node, "linux/amd64 or linux/arm64"),
    };
    agree(c.scope, &mut c.task.architecture, key, architecture, &node.at);
}
