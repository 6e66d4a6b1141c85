//! Finding clusters, task definitions and services by name or ARN. Owns the refusals for
//! what is not there.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{
    Cluster, Service, ServiceKey, ServiceStatus, TaskDefinition, World,
};
use serde_json::Value;

/// The last part of an ARN, or the text itself.
pub(super) fn short(name_or_arn: &str) -> &str {
    name_or_arn.rsplit('/').next().unwrap_or(name_or_arn)
}

/// The cluster of the request; without one, `default`.
pub(super) fn cluster<'w>(world: &'w World, request: &Value) -> Result<&'w Cluster, ApiError> {
    let named = body::text(request, "cluster").unwrap_or("default");
    world
        .clusters
        .get(short(named))
        .filter(|cluster| !named.starts_with("arn:") || cluster.arn == named)
        .ok_or_else(|| ApiError::client("ClusterNotFoundException", "Cluster not found."))
}

/// The revision that `family`, `family:N` or an ARN names; a family names its newest active
/// one.
pub(super) fn task_definition<'w>(world: &'w World, named: &str) -> Option<&'w TaskDefinition> {
    if named.starts_with("arn:") {
        return world.task_definition(named);
    }
    match named.rsplit_once(':') {
        Some((family, revision)) => {
            let revision: u32 = revision.parse().ok()?;
            world.families.get(family)?.iter().find(|found| found.revision == revision)
        }
        None => world.families.get(named)?.iter().rev().find(|found| found.active),
    }
}

/// The same, for use: it must be active.
pub(super) fn usable_task_definition<'w>(
    world: &'w World,
    named: &str,
) -> Result<&'w TaskDefinition, ApiError> {
    match task_definition(world, named) {
        None => Err(ApiError::client_exception("TaskDefinition not found.")),
        Some(found) if !found.active => {
            Err(ApiError::client_exception("TaskDefinition is inactive"))
        }
        Some(found) => Ok(found),
    }
}

/// Cluster and name of the service that a request names by `member`.
pub(super) fn service_key(
    world: &World,
    request: &Value,
    member: &str,
) -> Result<ServiceKey, ApiError> {
    let cluster = cluster(world, request)?.name.clone();
    let named = body::required(request, member)?;
    Ok(ServiceKey { cluster, name: short(named).to_owned() })
}

/// The service of that key while it exists.
pub(super) fn active_service<'w>(
    world: &'w World,
    key: &ServiceKey,
) -> Result<&'w Service, ApiError> {
    match world.services.get(key) {
        None => Err(ApiError::client("ServiceNotFoundException", "Service not found.")),
        Some(service) if service.status != ServiceStatus::Active => {
            Err(ApiError::client("ServiceNotActiveException", "Service was not ACTIVE."))
        }
        Some(service) => Ok(service),
    }
}
