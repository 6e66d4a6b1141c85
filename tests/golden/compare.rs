//! What counts as equal between a recorded request of ecs-cli and ours: a field that says
//! nothing is no difference, nor is the order of things that have names, nor a generated name.

use serde_json::{Map, Value};

/// A RegisterTaskDefinition request as it is compared.
pub(crate) fn task_definition(request: &Value) -> Value {
    let mut request = request.clone();
    if let Some(members) = request.as_object_mut() {
        members.remove("tags");
        members.remove("clientToken");
    }
    resolve_mounts(&mut request);
    last_variables(&mut request);
    tidy("", &request).unwrap_or(Value::Null)
}

/// A request about a service as it is compared: without the breaker and revision numbers.
pub(crate) fn service(request: &Value) -> Value {
    let mut request = request.clone();
    if let Some(members) = request.as_object_mut() {
        members.remove("clientToken");
        if let Some(revision) = members.get_mut("taskDefinition") {
            let name = revision.as_str().unwrap_or_default();
            let family = name.rsplit('/').next().and_then(|name| name.split(':').next());
            *revision = family.unwrap_or_default().into();
        }
        // The cluster that ECS means when none is named.
        if members.get("cluster").is_some_and(|cluster| cluster == "default") {
            members.remove("cluster");
        }
        if let Some(Value::Object(configuration)) = members.get_mut("deploymentConfiguration") {
            configuration.remove("deploymentCircuitBreaker");
        }
    }
    tidy("", &request).unwrap_or(Value::Null)
}

fn tidy(field: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Object(members) => {
            let kept: Map<String, Value> = members
                .iter()
                .filter_map(|(field, value)| Some((field.clone(), tidy(field, value)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let mut kept: Vec<Value> = items.iter().filter_map(|item| tidy(field, item)).collect();
            let by_name = ["environment", "secrets", "ulimits", "volumes", "containerDefinitions"];
            if by_name.contains(&field) {
                kept.sort_by_key(|item| item["name"].to_string());
            }
            if field == "permissions" {
                kept.sort_by_key(ToString::to_string);
            }
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Number(number)
            if matches!(field, "cpu" | "hostPort") && number.as_i64() == Some(0) =>
        {
            None
        }
        other => Some(other.clone()),
    }
}

/// Of two variables with one name the last counts; ecs-cli sent both, where two files set it.
fn last_variables(request: &mut Value) {
    for container in request["containerDefinitions"].as_array_mut().into_iter().flatten() {
        let Some(variables) = container["environment"].as_array_mut() else { continue };
        let mut last: Vec<Value> = Vec::new();
        for variable in variables.drain(..) {
            last.retain(|known| known["name"] != variable["name"]);
            last.push(variable);
        }
        *variables = last;
    }
}

/// A mount's volume by the path that it resolves to; generated names are no difference.
fn resolve_mounts(request: &mut Value) {
    let volumes = request["volumes"].as_array().cloned().unwrap_or_default();
    let resolved = |name: &str| {
        let volume = volumes.iter().find(|volume| volume["name"] == name);
        let path = volume.and_then(|volume| volume["host"]["sourcePath"].as_str());
        match path {
            Some(path) => format!("path {path}"),
            None if name.starts_with("volume-") => "anonymous".to_owned(),
            None => name.to_owned(),
        }
    };
    for container in request["containerDefinitions"].as_array_mut().into_iter().flatten() {
        for mount in container["mountPoints"].as_array_mut().into_iter().flatten() {
            mount["sourceVolume"] = resolved(mount["sourceVolume"].as_str().unwrap_or("")).into();
        }
    }
    for volume in request["volumes"].as_array_mut().into_iter().flatten() {
        volume["name"] = resolved(volume["name"].as_str().unwrap_or("")).into();
    }
}
