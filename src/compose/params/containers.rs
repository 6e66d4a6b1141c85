//! `task_definition.services` of ecs-params.

use super::table;
use super::task::{required, word};
use crate::compose::scope::Scope;
use crate::compose::service::{Body, Task, sizes};
use crate::compose::units::seconds;
use crate::config::yaml::{Map as Mapping, Node};
use serde_json::{Map, Value, json};

/// Applies the entry `node` to its container.
pub(super) fn apply(scope: &mut Scope<'_>, node: &Node, task: &Task, body: &mut Body) {
    let name = format!("services.{}", body.name);
    let Some(map) = scope.sub_params(&name, node, table::CONTAINER) else { return };
    sizes(scope, map, body);
    let essential = map.get("essential").and_then(|value| scope.boolean("essential", value));
    if essential.is_some() {
        body.essential = essential;
        remember(scope, body, "essential", node);
    }
    let init = map.get("init_process_enabled");
    if init.and_then(|value| scope.boolean("init_process_enabled", value)) == Some(true) {
        body.linux.insert("initProcessEnabled".into(), true.into());
    }
    if let Some(check) = map.get("healthcheck") {
        healthcheck(scope, check, body);
    }
    if let Some(credentials) = map.get("repository_credentials") {
        let key = "repository_credentials";
        let credentials = scope.sub_params(key, credentials, table::CREDENTIALS);
        let arn = credentials.and_then(|map| map.get("credentials_parameter"));
        if let Some(text) = arn.and_then(|arn| word(scope, "credentials_parameter", arn, &[])) {
            let value = json!({"credentialsParameter": text});
            body.fields.insert("repositoryCredentials".into(), value);
        }
    }
    if let Some(list) = map.get("secrets") {
        let secrets = secrets(scope, "secrets", list);
        set(scope, body, "secrets", secrets.into(), list);
    }
    if let Some(logging) = map.get("logging") {
        secret_options(scope, logging, body);
    }
    if let Some(firelens) = map.get("firelens_configuration") {
        firelens_configuration(scope, firelens, body);
    }
    if let Some(gpu) = map.get("gpu")
        && let Some(count) = word(scope, "gpu", gpu, &[])
    {
        let value = json!([{"type": "GPU", "value": count}]);
        set(scope, body, "resourceRequirements", value, gpu);
    }
    if let Some(list) = map.get("depends_on") {
        let list_of = depends_on(scope, list, task);
        set(scope, body, "dependsOn", list_of.into(), list);
    }
}

fn set(scope: &mut Scope<'_>, body: &mut Body, field: &str, value: Value, node: &Node) {
    if value.as_array().is_none_or(|items| !items.is_empty()) {
        remember(scope, body, field, node);
        body.fields.insert(field.to_owned(), value);
    }
}

/// The params file's place wins over the compose file's: its value counts.
fn remember(scope: &mut Scope<'_>, body: &Body, field: &str, node: &Node) {
    scope.places.insert(body.path(field), node.at.location());
}

/// Values above 0 win over the compose file's.
fn sizes(scope: &mut Scope<'_>, map: &Mapping, body: &mut Body) {
    if let Some(node) = map.get("cpu_shares")
        && let Some(units) = sizes::shares(scope, "cpu_shares", node)
    {
        body.cpu = Some(units);
        remember(scope, body, "cpu", node);
    }
    for (key, field) in [("mem_limit", "memory"), ("mem_reservation", "memoryReservation")] {
        let Some(node) = map.get(key) else { continue };
        let Some(size) = sizes::mebibytes(scope, key, node) else { continue };
        match field {
            "memory" => body.memory = Some(size),
            _ => body.reservation = Some(size),
        }
        remember(scope, body, field, node);
    }
}

fn healthcheck(scope: &mut Scope<'_>, node: &Node, body: &mut Body) {
    let Some(map) = scope.sub_params("healthcheck", node, table::HEALTHCHECK) else { return };
    let mut check = match body.fields.remove("healthCheck") {
        Some(Value::Object(check)) => check,
        _ => Map::new(),
    };
    let command = match (map.get("test"), map.get("command")) {
        (Some(_), Some(command)) => {
            let message = "healthcheck has both \"test\" and \"command\"";
            scope.report(command.at.error(message).hint("They mean the same: keep one."));
            return;
        }
        (Some(test), None) => Some(test),
        (None, command) => command,
    };
    if let Some(node) = command {
        let mut words: Vec<String> =
            scope.words("healthcheck", node).into_iter().map(|word| word.text.to_owned()).collect();
        if words.len() == 1 {
            words.insert(0, "CMD-SHELL".to_owned());
        }
        if !words.is_empty() {
            check.insert("command".into(), words.into());
        }
    }
    for (key, field) in
        [("interval", "interval"), ("timeout", "timeout"), ("start_period", "startPeriod")]
    {
        let Some(node) = map.get(key) else { continue };
        let time = |text: &str| seconds(text).or_else(|| text.trim().parse().ok());
        let wanted = "a time such as 1m30s, or seconds";
        let found = scope.parsed(&format!("healthcheck.{key}"), node, wanted, time);
        check.extend(found.map(|seconds| (field.to_owned(), Value::from(seconds))));
    }
    let retries = map.get("retries").and_then(|node| scope.integer("healthcheck.retries", node));
    let retries = retries.filter(|retries| *retries != 0);
    check.extend(retries.map(|retries| ("retries".to_owned(), Value::from(retries))));
    if !check.is_empty() {
        set(scope, body, "healthCheck", check.into(), node);
    }
}

fn secrets(scope: &mut Scope<'_>, key: &str, node: &Node) -> Vec<Value> {
    let mut all = Vec::new();
    for item in scope.items(key, node) {
        let Some(map) = scope.sub_params(key, item, table::SECRET) else { continue };
        let mut text = |name: &str| {
            let node = required(scope, key, map, name, item)?;
            word(scope, name, node, &[])
        };
        if let (Some(name), Some(from)) = (text("name"), text("value_from")) {
            all.push(json!({"name": name, "valueFrom": from}));
        }
    }
    all
}

fn secret_options(scope: &mut Scope<'_>, node: &Node, body: &mut Body) {
    let map = scope.sub_params("logging", node, table::LOGGING);
    let Some(list) = map.and_then(|map| map.get("secret_options")) else { return };
    let options = secrets(scope, "secret_options", list);
    match body.fields.get_mut("logConfiguration") {
        Some(_) if options.is_empty() => {}
        Some(configuration) => configuration["secretOptions"] = options.into(),
        None => {
            let message =
                format!("the compose file has no \"logging\" for service \"{}\"", body.name);
            scope.report(list.at.error(message).hint("Add `logging: {driver: ...}` there."));
        }
    }
}

fn firelens_configuration(scope: &mut Scope<'_>, node: &Node, body: &mut Body) {
    let name = "firelens_configuration";
    let Some(map) = scope.sub_params(name, node, table::FIRELENS) else { return };
    let kind = required(scope, name, map, "type", node);
    let Some(kind) = kind.and_then(|kind| word(scope, "type", kind, &["fluentd", "fluentbit"]))
    else {
        return;
    };
    let mut value = json!({"type": kind});
    let pairs = map.get("options").map(|options| loose_pairs(scope, "options", options));
    if let Some(options) = pairs.filter(|options| !options.is_empty()) {
        value["options"] = options.into();
    }
    set(scope, body, "firelensConfiguration", value, node);
}

/// A mapping from names to scalars of any type.
pub(super) fn loose_pairs(scope: &mut Scope<'_>, key: &str, node: &Node) -> Map<String, Value> {
    if node.is_null() {
        return Map::new();
    }
    let Some(map) = node.as_map() else {
        scope.wrong(key, node, "a mapping");
        return Map::new();
    };
    let pair = |entry: &crate::config::yaml::Entry| {
        let value = scope.loose(&entry.key, &entry.value).unwrap_or_default();
        (entry.key.clone(), Value::from(value))
    };
    map.entries.iter().map(pair).collect()
}

fn depends_on(scope: &mut Scope<'_>, node: &Node, task: &Task) -> Vec<Value> {
    let mut all = Vec::new();
    for item in scope.items("depends_on", node) {
        let Some(map) = scope.sub_params("depends_on", item, table::DEPENDENCY) else { continue };
        let Some(name) = required(scope, "depends_on", map, "container_name", item) else {
            continue;
        };
        let Some(condition) = required(scope, "depends_on", map, "condition", item) else {
            continue;
        };
        let allowed = ["START", "COMPLETE", "SUCCESS", "HEALTHY"];
        let Some(name_text) = scope.loose("container_name", name) else { continue };
        let Some(condition) = word(scope, "condition", condition, &allowed) else { continue };
        if task.services.iter().any(|service| service == name_text) {
            all.push(json!({"containerName": name_text, "condition": condition}));
        } else {
            scope.error(&name.at, format!("depends_on: there is no service \"{name_text}\""));
        }
    }
    all
}
