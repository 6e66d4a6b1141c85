//! Clusters.

use super::find;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::{Cluster, ServiceStatus, Stage, Tags, World};
use serde_json::{Value, json};

/// CreateCluster; the same name again is the same cluster.
pub(super) fn create(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    let name = body::text(request, "clusterName").unwrap_or("default").to_owned();
    if !body::is_name(&name) {
        return Err(ApiError::parameter("Cluster name contains invalid characters."));
    }
    let tags = Tags::from_list(&request["tags"]);
    caller.check_tags(!tags.is_empty())?;
    let arn = world.ids.ecs(&format!("cluster/{name}"));
    let mut settings = request.as_object().cloned().unwrap_or_default();
    settings.retain(|member, _| member != "clusterName" && member != "tags");
    world.clusters.entry(name.clone()).or_insert(Cluster {
        name: name.clone(),
        arn,
        settings,
        tags,
    });
    Ok(json!({"cluster": render(world, &world.clusters[&name])}))
}

/// DescribeClusters.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let mut wanted = body::texts(request, "clusters");
    if wanted.is_empty() {
        wanted.push("default".to_owned());
    }
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for named in wanted {
        match find::cluster(world, &json!({"cluster": named})) {
            Ok(cluster) => clusters.push(render(world, cluster)),
            Err(_) => failures.push(json!({
                "arn": world.ids.ecs(&format!("cluster/{}", find::short(&named))),
                "reason": "MISSING",
            })),
        }
    }
    Ok(json!({"clusters": clusters, "failures": failures}))
}

/// ListClusters.
pub(super) fn list(world: &World, request: &Value) -> Result<Value, ApiError> {
    let arns: Vec<&String> = world.clusters.values().map(|cluster| &cluster.arn).collect();
    let (arns, next) = body::page(arns, request, 100);
    Ok(body::without_nulls(json!({"clusterArns": arns, "nextToken": next})))
}

fn render(world: &World, cluster: &Cluster) -> Value {
    let tasks = || world.tasks.values().filter(|task| task.cluster == cluster.name);
    let running = tasks().filter(|task| task.stage == Stage::Running).count();
    let pending = tasks().filter(|task| task.wanted && task.stage < Stage::Running).count();
    let services = world
        .services
        .values()
        .filter(|service| {
            service.key.cluster == cluster.name && service.status == ServiceStatus::Active
        })
        .count();
    let mut shown = cluster.settings.clone();
    shown.insert("clusterArn".into(), json!(cluster.arn));
    shown.insert("clusterName".into(), json!(cluster.name));
    shown.insert("status".into(), json!("ACTIVE"));
    shown.insert("registeredContainerInstancesCount".into(), json!(2));
    shown.insert("runningTasksCount".into(), json!(running));
    shown.insert("pendingTasksCount".into(), json!(pending));
    shown.insert("activeServicesCount".into(), json!(services));
    shown.insert("statistics".into(), json!([]));
    shown.entry("capacityProviders").or_insert(json!([]));
    shown.entry("defaultCapacityProviderStrategy").or_insert(json!([]));
    shown.entry("settings").or_insert(json!([{"name": "containerInsights", "value": "disabled"}]));
    shown.insert("tags".into(), cluster.tags.to_ecs());
    Value::Object(shown)
}
