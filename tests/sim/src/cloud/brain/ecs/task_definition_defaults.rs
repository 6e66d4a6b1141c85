//! What ECS adds to a task definition. Owns its defaults; never drops what was sent.

use crate::cloud::brain::body;
use serde_json::{Map, Value, json};

/// The members that are kept: all that were sent, with ECS's defaults.
pub(super) fn complete(request: &Value) -> Map<String, Value> {
    let mut fields = request.as_object().cloned().unwrap_or_default();
    fields.remove("tags");
    fields.retain(|_, value| value != "");
    let awsvpc = body::text(request, "networkMode") == Some("awsvpc");
    if let Some(Value::Array(containers)) = fields.get_mut("containerDefinitions") {
        for container in containers.iter_mut().filter_map(Value::as_object_mut) {
            complete_container(container, awsvpc);
        }
    }
    fields.entry("volumes").or_insert(json!([]));
    fields.entry("placementConstraints").or_insert(json!([]));
    fields.insert("requiresAttributes".into(), attributes(request));
    fields.insert("compatibilities".into(), compatibilities(request));
    fields
}

fn complete_container(container: &mut Map<String, Value>, awsvpc: bool) {
    let defaults = [
        ("cpu", json!(0)),
        ("essential", json!(true)),
        ("portMappings", json!([])),
        ("environment", json!([])),
        ("mountPoints", json!([])),
        ("volumesFrom", json!([])),
        ("systemControls", json!([])),
    ];
    for (member, default) in defaults {
        container.entry(member).or_insert(default);
    }
    if let Some(Value::Array(mappings)) = container.get_mut("portMappings") {
        for mapping in mappings.iter_mut().filter_map(Value::as_object_mut) {
            let inside = mapping.get("containerPort").cloned().unwrap_or(json!(0));
            mapping.entry("hostPort").or_insert(if awsvpc { inside } else { json!(0) });
            mapping.entry("protocol").or_insert(json!("tcp"));
        }
    }
}

/// Where the definition can run.
fn compatibilities(request: &Value) -> Value {
    let awsvpc = body::text(request, "networkMode") == Some("awsvpc");
    let sized = body::text(request, "cpu").is_some() && body::text(request, "memory").is_some();
    if awsvpc && sized { json!(["EC2", "FARGATE"]) } else { json!(["EXTERNAL", "EC2"]) }
}

/// What an instance must be able to do.
fn attributes(request: &Value) -> Value {
    let containers = body::list(request, "containerDefinitions");
    let any = |member: &str| containers.iter().any(|container| !container[member].is_null());
    let mut names = Vec::new();
    let mut needs = |wanted: bool, name: &str| {
        if wanted && !names.contains(&name.to_owned()) {
            names.push(name.to_owned());
        }
    };
    needs(any("logConfiguration"), "com.amazonaws.ecs.capability.docker-remote-api.1.18");
    for container in containers {
        if let Some(driver) = container["logConfiguration"]["logDriver"].as_str() {
            needs(true, &format!("com.amazonaws.ecs.capability.logging-driver.{driver}"));
        }
    }
    needs(!request["executionRoleArn"].is_null(), "ecs.capability.execution-role-awslogs");
    needs(!request["taskRoleArn"].is_null(), "com.amazonaws.ecs.capability.task-iam-role");
    needs(any("healthCheck"), "ecs.capability.container-health-check");
    needs(any("dependsOn"), "ecs.capability.container-ordering");
    needs(any("secrets"), "ecs.capability.secrets.asm.environment-variables");
    needs(
        any("repositoryCredentials"),
        "ecs.capability.private-registry-authentication.secretsmanager",
    );
    needs(body::text(request, "networkMode") == Some("awsvpc"), "ecs.capability.task-eni");
    names.iter().map(|name| json!({"name": name})).collect()
}
