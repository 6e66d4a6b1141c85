//! A service as ECS describes it. Owns the spelling of services and deployments.

use crate::cloud::brain::scheduler::Counts;
use crate::cloud::brain::state::{Deployment, DeploymentStatus, Service, Task, World};
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value, json};

/// The whole service.
pub(super) fn render(world: &World, service: &Service, with_tags: bool, now: SimTime) -> Value {
    let tasks = world.tasks_of(&service.key);
    let all = Counts::of(world, tasks.iter().copied());
    let mut shown = service.settings.clone();
    let deployments: Vec<Value> = service
        .deployments
        .iter()
        .map(|deployment| render_deployment(world, service, deployment, &tasks))
        .collect();
    let fixed = [
        ("serviceArn", json!(service.arn)),
        ("serviceName", json!(service.key.name)),
        ("clusterArn", json!(world.ids.ecs(&format!("cluster/{}", service.key.cluster)))),
        ("status", json!(service.status.as_str())),
        ("desiredCount", json!(service.desired)),
        ("runningCount", json!(all.running)),
        ("pendingCount", json!(all.pending)),
        ("taskDefinition", json!(service.task_definition)),
        ("deployments", json!(deployments)),
        ("events", service.events.listed(&world.event_trouble, now)),
        ("createdAt", json!(service.created_at.epoch_seconds())),
        ("createdBy", json!(service.created_by)),
        ("currentServiceRevisions", revisions(world, service, &tasks)),
    ];
    for (member, value) in fixed {
        shown.insert(member.into(), value);
    }
    if let Some(current) = service.current() {
        shown.insert("currentServiceDeployment".into(), json!(current.arn));
    }
    if !service.target_groups().is_empty() {
        let role = format!(
            "arn:aws:iam::{}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            world.ids.account()
        );
        shown.insert("roleArn".into(), json!(role));
    }
    if with_tags {
        shown.insert("tags".into(), service.tags.to_ecs());
    }
    Value::Object(shown)
}

fn render_deployment(
    world: &World,
    service: &Service,
    deployment: &Deployment,
    tasks: &[&Task],
) -> Value {
    let own = Counts::of(world, own_tasks(deployment, tasks));
    let desired = match deployment.status {
        DeploymentStatus::Primary => service.desired,
        DeploymentStatus::Active => own.live,
    };
    let mut shown = Map::new();
    for member in [
        "launchType",
        "platformVersion",
        "platformFamily",
        "networkConfiguration",
        "capacityProviderStrategy",
    ] {
        if let Some(value) = deployment.settings.get(member) {
            shown.insert(member.into(), value.clone());
        }
    }
    let fixed = [
        ("id", json!(deployment.id)),
        ("status", json!(deployment.status.as_str())),
        ("taskDefinition", json!(deployment.task_definition)),
        ("desiredCount", json!(desired)),
        ("pendingCount", json!(own.pending)),
        ("runningCount", json!(own.running)),
        ("failedTasks", json!(deployment.failed_tasks)),
        ("createdAt", json!(deployment.created_at.epoch_seconds())),
        ("updatedAt", json!(deployment.updated_at.epoch_seconds())),
        ("rolloutState", json!(deployment.rollout.as_str())),
        ("rolloutStateReason", json!(deployment.reason)),
    ];
    for (member, value) in fixed {
        shown.insert(member.into(), value);
    }
    Value::Object(shown)
}

/// Revisions that have tasks or are wanted.
fn revisions(world: &World, service: &Service, tasks: &[&Task]) -> Value {
    service
        .deployments
        .iter()
        .map(|deployment| {
            let own = Counts::of(world, own_tasks(deployment, tasks));
            let requested = match deployment.status {
                DeploymentStatus::Primary => service.desired,
                DeploymentStatus::Active => own.live,
            };
            json!({
                "arn": deployment.revision_arn,
                "requestedTaskCount": requested,
                "runningTaskCount": own.running,
                "pendingTaskCount": own.pending,
            })
        })
        .collect()
}

fn own_tasks<'t>(
    deployment: &'t Deployment,
    tasks: &'t [&'t Task],
) -> impl Iterator<Item = &'t Task> {
    tasks.iter().copied().filter(|task| task.deployment.as_deref() == Some(deployment.id.as_str()))
}
