//! CreateService.

use super::{deployment_configuration, find, service_json, service_rules};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::scheduler;
use crate::cloud::brain::state::{Events, Service, ServiceKey, ServiceStatus, Tags, World};
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value, json};

/// Members that are not settings: they live in fields of their own or are used once.
const NOT_SETTINGS: [&str; 7] =
    ["cluster", "serviceName", "taskDefinition", "desiredCount", "clientToken", "role", "tags"];

/// CreateService. The same client token and request again is answered with the same service.
pub(super) fn create(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    let cluster = find::cluster(world, request)?.name.clone();
    let name = body::required(request, "serviceName")?.to_owned();
    if !body::is_name(&name) {
        return Err(ApiError::parameter("Service name contains invalid characters."));
    }
    let key = ServiceKey { cluster, name };
    if let Some(known) = repeated(world, &key, request, caller.now)? {
        return Ok(known);
    }
    check_name_is_free(world, &key)?;
    let named = body::text(request, "taskDefinition")
        .ok_or_else(|| ApiError::parameter("TaskDefinition can not be blank."))?;
    let definition = find::usable_task_definition(world, named)?;
    let settings = settings(request)?;
    service_rules::check(world, &settings, definition)?;
    let task_definition = definition.arn.clone();
    let desired = body::count(request, "desiredCount")
        .ok_or_else(|| ApiError::parameter("Desired count can not be null."))?;
    let tags = Tags::from_list(&request["tags"]);
    caller.check_tags(!tags.is_empty())?;
    let mut service = Service {
        arn: world.ids.ecs(&format!("service/{}/{}", key.cluster, key.name)),
        status: ServiceStatus::Active,
        created_at: caller.now,
        created_by: caller.principal.clone(),
        desired,
        task_definition,
        settings,
        tags,
        deployments: Vec::new(),
        last_completed: None,
        service_deployments: Vec::new(),
        revisions: Vec::new(),
        events: Events::default(),
        grid_origin: caller.now + world.pace.reaction,
        next_look: None,
        key: key.clone(),
    };
    scheduler::begin(world, &mut service, caller.now);
    let answer = json!({"service": service_json::render(world, &service, true, caller.now)});
    world.services.insert(key, service);
    remember(world, request, &answer);
    Ok(answer)
}

/// The settings as they are kept: what was sent, with ECS's defaults.
fn settings(request: &Value) -> Result<Map<String, Value>, ApiError> {
    let mut settings = request.as_object().cloned().unwrap_or_default();
    settings.retain(|member, value| !NOT_SETTINGS.contains(&member.as_str()) && *value != "");
    let configuration =
        deployment_configuration::merged(None, &request["deploymentConfiguration"])?;
    let balances = body::count(&configuration, "maximumPercent").is_some_and(|most| most > 100);
    settings.insert("deploymentConfiguration".into(), configuration);
    let has_providers = !body::list(request, "capacityProviderStrategy").is_empty();
    let defaults = [
        ("loadBalancers", json!([])),
        ("serviceRegistries", json!([])),
        ("placementConstraints", json!([])),
        ("placementStrategy", json!([])),
        ("schedulingStrategy", json!("REPLICA")),
        ("deploymentController", json!({"type": "ECS"})),
        ("enableECSManagedTags", json!(false)),
        ("propagateTags", json!("NONE")),
        ("enableExecuteCommand", json!(false)),
        ("availabilityZoneRebalancing", json!(if balances { "ENABLED" } else { "DISABLED" })),
    ];
    for (member, default) in defaults {
        settings.entry(member).or_insert(default);
    }
    if !has_providers {
        settings.entry("launchType").or_insert(json!("EC2"));
    }
    if settings.get("launchType") == Some(&json!("FARGATE")) {
        settings.entry("platformVersion").or_insert(json!("LATEST"));
        settings.entry("platformFamily").or_insert(json!("Linux"));
    }
    Ok(settings)
}

/// The answer of an earlier call with the same client token.
fn repeated(
    world: &World,
    key: &ServiceKey,
    request: &Value,
    now: SimTime,
) -> Result<Option<Value>, ApiError> {
    let Some(token) = body::text(request, "clientToken") else { return Ok(None) };
    let known = world.client_tokens.get(&("CreateService".to_owned(), token.to_owned()));
    match known {
        None => Ok(None),
        Some((earlier, _)) if earlier != request => {
            Err(ApiError::parameter("The client token was used before with other parameters."))
        }
        Some(_) => Ok(world
            .services
            .get(key)
            .map(|service| json!({"service": service_json::render(world, service, true, now)}))),
    }
}

fn remember(world: &mut World, request: &Value, answer: &Value) {
    if let Some(token) = body::text(request, "clientToken") {
        world.client_tokens.insert(
            ("CreateService".to_owned(), token.to_owned()),
            (request.clone(), answer.clone()),
        );
    }
}

fn check_name_is_free(world: &World, key: &ServiceKey) -> Result<(), ApiError> {
    match world.services.get(key).map(|service| service.status) {
        Some(ServiceStatus::Active) => {
            Err(ApiError::parameter("Creation of service was not idempotent."))
        }
        Some(ServiceStatus::Draining) => {
            Err(ApiError::parameter("Unable to Start a service that is still Draining."))
        }
        Some(ServiceStatus::Inactive) | None => Ok(()),
    }
}
