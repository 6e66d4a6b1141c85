//! UpdateService. Owns which changes start a new deployment.

use super::{deployment_configuration, find, service_json, service_rules};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::scheduler;
use crate::cloud::brain::state::{Service, World};
use serde_json::{Map, Value, json};

/// Members that are not settings.
const NOT_SETTINGS: [&str; 6] = [
    "cluster",
    "service",
    "taskDefinition",
    "desiredCount",
    "forceNewDeployment",
    "deploymentConfiguration",
];

/// UpdateService: members that are absent stay as they are.
pub(super) fn update(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    let key = find::service_key(world, request, "service")?;
    let present = find::active_service(world, &key)?;
    let definition = match body::text(request, "taskDefinition") {
        Some(named) => find::usable_task_definition(world, named)?,
        None => world
            .task_definition(&present.task_definition)
            .ok_or_else(|| ApiError::client_exception("TaskDefinition not found."))?,
    };
    let settings = settings(present, request)?;
    service_rules::check(world, &settings, definition)?;
    let task_definition = definition.arn.clone();
    let Some(mut service) = world.services.remove(&key) else {
        return Err(ApiError::client("ServiceNotFoundException", "Service not found."));
    };
    let deploys = body::flag(request, "forceNewDeployment")
        || task_definition != service.task_definition
        || scheduler::revision_settings(&settings)
            != scheduler::revision_settings(&service.settings);
    service.settings = settings;
    service.task_definition = task_definition;
    let before = service.current().map(|deployment| deployment.arn.clone());
    if let Some(desired) = body::count(request, "desiredCount") {
        service.desired = desired;
    }
    if deploys {
        scheduler::begin(world, &mut service, caller.now);
    } else {
        scheduler::look_soon(world, &mut service, caller.now);
    }
    let mut answer = json!({"service": service_json::render(world, &service, true, caller.now)});
    if !world.switches.update_answer_is_fresh
        && let Some(before) = before
    {
        answer["service"]["currentServiceDeployment"] = json!(before);
    }
    world.services.insert(key, service);
    Ok(answer)
}

/// The settings after the request.
fn settings(present: &Service, request: &Value) -> Result<Map<String, Value>, ApiError> {
    let mut settings = present.settings.clone();
    for (member, value) in request.as_object().into_iter().flatten() {
        if !NOT_SETTINGS.contains(&member.as_str()) && *value != "" {
            settings.insert(member.clone(), value.clone());
        }
    }
    if !body::list(request, "capacityProviderStrategy").is_empty() {
        settings.remove("launchType");
    }
    let configuration = deployment_configuration::merged(
        present.settings.get("deploymentConfiguration"),
        &request["deploymentConfiguration"],
    )?;
    settings.insert("deploymentConfiguration".into(), configuration);
    Ok(settings)
}
