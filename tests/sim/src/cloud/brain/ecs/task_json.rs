//! A task as ECS describes it. Owns the spelling of tasks and containers.

use crate::cloud::brain::body;
use crate::cloud::brain::state::{Container, ContainerHealth, Stage, Task, World};
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value, json};

/// The whole task.
pub(super) fn render(world: &World, task: &Task) -> Value {
    let at = |time: Option<SimTime>| time.map(SimTime::epoch_seconds);
    let mut shown = json!({
        "taskArn": task.arn,
        "clusterArn": world.ids.ecs(&format!("cluster/{}", task.cluster)),
        "taskDefinitionArn": task.task_definition,
        "group": task.group,
        "startedBy": task.started_by,
        "lastStatus": task.stage.as_str(),
        "desiredStatus": if task.wanted { "RUNNING" } else { "STOPPED" },
        "healthStatus": task.health.as_str(),
        "createdAt": task.created_at.epoch_seconds(),
        "pullStartedAt": at(task.pull_started_at),
        "pullStoppedAt": at(task.pull_stopped_at),
        "startedAt": at(task.started_at),
        "stoppingAt": at(task.stopping_at),
        "executionStoppedAt": at(task.execution_stopped_at),
        "stoppedAt": at(task.stopped_at),
        "stopCode": task.stop.as_ref().map(|stop| stop.code),
        "stoppedReason": task.stop.as_ref().map(|stop| &stop.reason),
        "containers": task.containers.iter()
            .map(|container| render_container(task, container))
            .collect::<Vec<_>>(),
        "tags": task.tags.to_ecs(),
        "attachments": attachments(task),
        "availabilityZone": format!("{}a", world.ids.region()),
        "version": 1,
        "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
    });
    for member in
        ["launchType", "platformVersion", "overrides", "enableExecuteCommand", "cpu", "memory"]
    {
        if let Some(value) = task.shown.get(member) {
            shown[member] = value.clone();
        }
    }
    if task.stage >= Stage::Activating {
        shown["connectivity"] = json!("CONNECTED");
    }
    body::without_nulls(shown)
}

fn render_container(task: &Task, container: &Container) -> Value {
    let health = if container.checked { task.health } else { ContainerHealth::Unknown };
    let status = match task.stage {
        Stage::Running | Stage::Deactivating => "RUNNING",
        Stage::Stopping if container.exit_code.is_none() => "RUNNING",
        Stage::Stopping | Stage::Deprovisioning | Stage::Stopped => "STOPPED",
        Stage::Provisioning | Stage::Pending | Stage::Activating => "PENDING",
    };
    let bindings: Vec<Value> = container
        .ports
        .iter()
        .filter(|_| task.started_at.is_some())
        .map(|(inside, outside, protocol)| {
            json!({
                "bindIP": "0.0.0.0",
                "containerPort": inside,
                "hostPort": outside,
                "protocol": protocol,
            })
        })
        .collect();
    json!({
        "containerArn": container.arn,
        "taskArn": task.arn,
        "name": container.name,
        "image": container.image,
        "imageDigest": container.digest,
        "runtimeId": container.runtime_id,
        "lastStatus": status,
        "exitCode": container.exit_code,
        "reason": container.reason,
        "healthStatus": health.as_str(),
        "networkBindings": bindings,
        "networkInterfaces": [],
    })
}

/// The network interface of an awsvpc task.
fn attachments(task: &Task) -> Value {
    let network =
        task.shown.get("networkConfiguration").map(|network| &network["awsvpcConfiguration"]);
    let Some(network) = network.filter(|network| network.is_object()) else { return json!([]) };
    let mut details: Vec<Map<String, Value>> = Vec::new();
    let mut add = |name: &str, value: Value| {
        details.push(Map::from_iter([("name".into(), json!(name)), ("value".into(), value)]));
    };
    add("subnetId", network["subnets"][0].clone());
    add("privateIPv4Address", json!(task.address));
    json!([{
        "id": task.id,
        "type": "ElasticNetworkInterface",
        "status": if task.stage == Stage::Stopped { "DELETED" } else { "ATTACHED" },
        "details": details,
    }])
}
