//! The normal form: two bodies that make the same tasks become equal.
//!
//! ECS adds defaults when it registers a revision and changes the order of some lists; what it
//! adds is documented with each field of the API reference (RegisterTaskDefinition).

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What DescribeTaskDefinition adds to a body: facts about the revision, not wishes.
pub(super) const READ_ONLY: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
    "tags",
];

/// Values that say what ECS does anyway, by the field's name, wherever it stands.
fn is_default(field: &str, value: &Value) -> bool {
    match field {
        "cpu" | "hostPort" | "memory" => value == &json!(0),
        "essential" => value == &json!(true),
        "protocol" => value == &json!("tcp"),
        "networkMode" => value == &json!("bridge"),
        "versionConsistency" => value == &json!("enabled"),
        "operatingSystemFamily" => value == &json!("LINUX"),
        "cpuArchitecture" => value == &json!("X86_64"),
        "rootDirectory" => value == &json!("/"),
        "transitEncryption" | "iam" => value == &json!("DISABLED"),
        _ => false,
    }
}

/// Defaults of a health check and of a Docker volume, whose names mean more elsewhere.
fn is_default_in(parent: &str, field: &str, value: &Value) -> bool {
    match (parent, field) {
        ("healthCheck", "interval") => value == &json!(30),
        ("healthCheck", "timeout") => value == &json!(5),
        ("healthCheck", "retries") => value == &json!(3),
        ("healthCheck", "startPeriod") => value == &json!(0),
        ("dockerVolumeConfiguration", "scope") => value == &json!("task"),
        ("dockerVolumeConfiguration", "driver") => value == &json!("local"),
        _ => false,
    }
}

/// The normal form of a request's or description's body.
pub fn normal_form(body: &Map<String, Value>) -> Map<String, Value> {
    let mut wishes = body.clone();
    wishes.retain(|field, _| !READ_ONLY.contains(&field.as_str()));
    let mode = wishes.get("networkMode").and_then(Value::as_str).unwrap_or("bridge").to_owned();
    for (field, units) in [("cpu", cpu_units as fn(&str) -> Option<u64>), ("memory", mebibytes)] {
        if let Some(Value::String(text)) = wishes.get_mut(field)
            && let Some(number) = units(text)
        {
            *text = number.to_string();
        }
    }
    name_volumes(&mut wishes);
    if mode == "awsvpc" || mode == "host" {
        same_host_ports(&mut wishes);
    }
    match tidy("", &Value::Object(wishes)) {
        Some(Value::Object(form)) => form,
        _ => Map::new(),
    }
}

/// Without empty values, defaults and order. `None` when nothing is left.
fn tidy(parent: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Object(members) => {
            let kept: BTreeMap<&String, Value> = members
                .iter()
                .filter(|(field, value)| {
                    !is_default(field, value) && !is_default_in(parent, field, value)
                })
                .filter_map(|(field, value)| Some((field, tidy(field, value)?)))
                .collect();
            let kept: Map<String, Value> =
                kept.into_iter().map(|(field, value)| (field.clone(), value)).collect();
            // An environment variable may be empty, and so may a label.
            let keeps = parent == "dockerLabels" || parent == "options";
            (!kept.is_empty() || keeps && !members.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let mut kept: Vec<Value> = items.iter().filter_map(|item| tidy(parent, item)).collect();
            if !ordered(parent) {
                kept.sort_by_cached_key(sort_key);
            }
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Null | Value::Bool(false) => None,
        // Inside a list every text counts: an argument may be empty.
        Value::String(text) if text.is_empty() && !ordered(parent) => None,
        other => Some(other.clone()),
    }
}

/// Lists whose order means something.
fn ordered(field: &str) -> bool {
    matches!(
        field,
        "command" | "entryPoint" | "dnsServers" | "dnsSearchDomains" | "environmentFiles"
    )
}

/// Entries of a list by their name, else by the path or port, else by their whole text.
fn sort_key(item: &Value) -> String {
    let names =
        ["name", "containerName", "containerPath", "sourceContainer", "namespace", "hostname"];
    let name = names.iter().find_map(|name| item.get(name)?.as_str()).unwrap_or("");
    let port = item.get("containerPort").and_then(Value::as_u64).unwrap_or(0);
    format!("{name}\u{0}{port:05}\u{0}{item}")
}

/// In awsvpc and host mode ECS sets the host's port to the container's.
fn same_host_ports(body: &mut Map<String, Value>) {
    let containers = body.get_mut("containerDefinitions").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        let mappings = container.get_mut("portMappings").and_then(Value::as_array_mut);
        for mapping in mappings.into_iter().flatten() {
            if let Some(members) = mapping.as_object_mut()
                && members.get("hostPort") == members.get("containerPort")
            {
                members.remove("hostPort");
            }
        }
    }
}

/// A volume of a host's path is the path, whatever its name in the task definition.
fn name_volumes(body: &mut Map<String, Value>) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let volumes = body.get_mut("volumes").and_then(Value::as_array_mut);
    for volume in volumes.into_iter().flatten() {
        let path =
            volume.get("host").and_then(|host| host.get("sourcePath")).and_then(Value::as_str);
        let name = volume.get("name").and_then(Value::as_str);
        let (Some(path), Some(name)) = (path, name) else { continue };
        let (name, known) = (name.to_owned(), format!("host:{path}"));
        volume["name"] = known.clone().into();
        names.insert(name, known);
    }
    let containers = body.get_mut("containerDefinitions").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        let mounts = container.get_mut("mountPoints").and_then(Value::as_array_mut);
        for mount in mounts.into_iter().flatten() {
            let source = mount.get("sourceVolume").and_then(Value::as_str).unwrap_or("");
            if let Some(known) = names.get(source) {
                mount["sourceVolume"] = known.clone().into();
            }
        }
    }
}

/// `256`, `.25 vCPU`, `1 vcpu` in CPU units.
pub(super) fn cpu_units(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    match text.strip_suffix("vcpu") {
        Some(cores) => scaled(cores),
        None => text.parse().ok(),
    }
}

/// `512`, `0.5GB`, `2 gb` in MiB.
pub(super) fn mebibytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    match text.strip_suffix("gb") {
        Some(gibibytes) => scaled(gibibytes),
        None => text.parse().ok(),
    }
}

/// A decimal number times 1024, exact: `0.5` is 512.
fn scaled(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let fraction: String = fraction.chars().take(9).collect();
    let digits = u32::try_from(fraction.len()).ok()?;
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u64>().ok() };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let parts = number(&fraction)?.checked_mul(1024)? / 10_u64.pow(digits);
    number(whole)?.checked_mul(1024)?.checked_add(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_ecs_adds_is_no_difference() {
        let wanted = body(&json!({
            "family": "web", "cpu": "0.25 vCPU", "memory": "0.5GB",
            "containerDefinitions": [{"name": "web", "image": "a", "portMappings": [{"containerPort": 80}]}],
        }));
        let described = body(&json!({
            "family": "web", "cpu": "256", "memory": "512", "revision": 3, "status": "ACTIVE",
            "taskDefinitionArn": "arn", "compatibilities": ["EC2"], "networkMode": "bridge",
            "requiresAttributes": [{"name": "x"}], "volumes": [], "placementConstraints": [],
            "containerDefinitions": [{
                "name": "web", "image": "a", "cpu": 0, "essential": true, "environment": [],
                "mountPoints": [], "volumesFrom": [], "systemControls": [],
                "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}],
            }],
        }));
        assert_eq!(normal_form(&wanted), normal_form(&described));
    }

    #[test]
    fn in_awsvpc_the_host_port_is_the_container_port() {
        let with = |mapping: &Value| {
            normal_form(&body(&json!({
                "networkMode": "awsvpc",
                "containerDefinitions": [{"name": "web", "portMappings": [mapping]}],
            })))
        };
        assert_eq!(
            with(&json!({"containerPort": 80})),
            with(&json!({"containerPort": 80, "hostPort": 80, "protocol": "tcp"}))
        );
    }

    #[test]
    fn order_counts_in_commands_only() {
        let with = |environment: &Value, command: &Value| {
            normal_form(&body(&json!({
                "containerDefinitions": [{"environment": environment, "command": command}],
            })))
        };
        let (a, b) = (json!({"name": "A", "value": "1"}), json!({"name": "B", "value": ""}));
        let first = with(&json!([a, b]), &json!(["x", "", "y"]));
        assert_eq!(first, with(&json!([b, a]), &json!(["x", "", "y"])));
        assert_ne!(first, with(&json!([a, b]), &json!(["y", "", "x"])));
        assert_ne!(first, with(&json!([a]), &json!(["x", "", "y"])));
    }

    #[test]
    fn a_generated_volume_name_is_no_difference() {
        let with = |name: &str| {
            normal_form(&body(&json!({
                "volumes": [{"name": name, "host": {"sourcePath": "/srv"}}],
                "containerDefinitions": [{"mountPoints": [{"sourceVolume": name, "containerPath": "/x"}]}],
            })))
        };
        assert_eq!(with("volume-0"), with("volume-3"));
    }
}
