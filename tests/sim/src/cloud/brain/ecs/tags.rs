//! Tags of clusters, services, tasks and task definitions.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Tags, World};
use serde_json::{Value, json};

/// Most tags a resource may have.
const MOST: usize = 50;

/// TagResource.
pub(super) fn tag(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let new = Tags::from_list(&request["tags"]);
    let tags = of(world, body::required(request, "resourceArn")?)?;
    let mut merged = tags.clone();
    merged.merge(&new);
    if merged.len() > MOST {
        return Err(ApiError::parameter(format!(
            "Tags can not be more than {MOST}. Reduce the number of tags."
        )));
    }
    *tags = merged;
    Ok(json!({}))
}

/// UntagResource.
pub(super) fn untag(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let keys = body::texts(request, "tagKeys");
    let tags = of(world, body::required(request, "resourceArn")?)?;
    for key in keys {
        tags.remove(&key);
    }
    Ok(json!({}))
}

/// ListTagsForResource.
pub(super) fn list(world: &World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::required(request, "resourceArn")?;
    // A copy, so that reading and changing find a resource by the same code.
    let mut world = world.clone();
    Ok(json!({"tags": of(&mut world, arn)?.to_ecs()}))
}

/// The tags of the resource with that ARN.
fn of<'w>(world: &'w mut World, arn: &str) -> Result<&'w mut Tags, ApiError> {
    let kind = arn.split(':').nth(5).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let missing = |code, what| ApiError::client(code, format!("{what} not found."));
    match kind {
        "service" => world
            .services
            .values_mut()
            .find(|service| service.arn == arn)
            .map(|service| &mut service.tags)
            .ok_or_else(|| missing("ServiceNotFoundException", "Service")),
        "cluster" => world
            .clusters
            .values_mut()
            .find(|cluster| cluster.arn == arn)
            .map(|cluster| &mut cluster.tags)
            .ok_or_else(|| missing("ClusterNotFoundException", "Cluster")),
        "task-definition" => world
            .families
            .values_mut()
            .flatten()
            .find(|definition| definition.arn == arn)
            .map(|definition| &mut definition.tags)
            .ok_or_else(|| ApiError::parameter("The specified task definition does not exist.")),
        "task" => world
            .tasks
            .values_mut()
            .find(|task| task.arn == arn)
            .map(|task| &mut task.tags)
            .ok_or_else(|| ApiError::parameter("The specified task is not found.")),
        _ => Err(ApiError::parameter("Identifier is for unsupported resource type")),
    }
}
