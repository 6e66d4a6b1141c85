//! DescribeServices, ListServices, DeleteService.

use super::{find, service_json};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::scheduler;
use crate::cloud::brain::state::{ServiceKey, ServiceStatus, World};
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};

/// Most services that one DescribeServices may name.
const MOST: usize = 10;

/// DescribeServices.
pub(super) fn describe(world: &World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let cluster = find::cluster(world, request)?.name.clone();
    let wanted = body::texts(request, "services");
    if wanted.is_empty() {
        return Err(ApiError::parameter("Services cannot be empty."));
    }
    if wanted.len() > MOST {
        return Err(ApiError::parameter(format!(
            "Member must have length less than or equal to {MOST}"
        )));
    }
    let with_tags = body::texts(request, "include").iter().any(|included| included == "TAGS");
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for named in wanted {
        let name = find::short(&named).to_owned();
        let key = ServiceKey { cluster: cluster.clone(), name };
        match world.services.get(&key) {
            Some(service) => services.push(service_json::render(world, service, with_tags, now)),
            None => failures.push(json!({
                "arn": world.ids.ecs(&format!("service/{cluster}/{}", key.name)),
                "reason": "MISSING",
            })),
        }
    }
    Ok(json!({"services": services, "failures": failures}))
}

/// ListServices.
pub(super) fn list(world: &World, request: &Value) -> Result<Value, ApiError> {
    let cluster = &find::cluster(world, request)?.name;
    let launch = body::text(request, "launchType");
    let arns: Vec<&String> = world
        .services
        .values()
        .filter(|service| {
            service.key.cluster == *cluster
                && service.status != ServiceStatus::Inactive
                && launch.is_none_or(|wanted| service.settings["launchType"] == wanted)
        })
        .map(|service| &service.arn)
        .collect();
    let (arns, next) = body::page(arns, request, 10);
    Ok(body::without_nulls(json!({"serviceArns": arns, "nextToken": next})))
}

/// DeleteService: its tasks are stopped, it is DRAINING until they are gone.
pub(super) fn delete(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    let key = find::service_key(world, request, "service")?;
    let service = find::active_service(world, &key)?;
    if service.desired > 0 && !body::flag(request, "force") {
        return Err(ApiError::parameter(
            "The service cannot be stopped while it is scaled above 0.",
        ));
    }
    let Some(mut service) = world.services.remove(&key) else {
        return Err(ApiError::client("ServiceNotFoundException", "Service not found."));
    };
    scheduler::drain(world, &mut service, caller.now);
    let answer = json!({"service": service_json::render(world, &service, true, caller.now)});
    world.services.insert(key, service);
    Ok(answer)
}
