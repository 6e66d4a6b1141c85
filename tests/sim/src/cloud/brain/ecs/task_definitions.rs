//! Task definitions: register, describe, list, deregister.

use super::{find, task_definition_defaults, task_definition_rules};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::{Tags, TaskDefinition, World};
use serde_json::{Value, json};

/// RegisterTaskDefinition. Not idempotent: each call makes a revision.
pub(super) fn register(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    task_definition_rules::check(request)?;
    let tags = Tags::from_list(&request["tags"]);
    caller.check_tags(!tags.is_empty())?;
    let roles = ["taskRoleArn", "executionRoleArn"];
    caller.check_roles(roles.iter().any(|role| body::text(request, role).is_some()))?;
    let family = body::required(request, "family")?.to_owned();
    let revisions = world.families.entry(family.clone()).or_default();
    let revision = revisions.last().map_or(1, |last| last.revision + 1);
    let definition = TaskDefinition {
        arn: world.ids.ecs(&format!("task-definition/{family}:{revision}")),
        active: true,
        fields: task_definition_defaults::complete(request),
        tags,
        registered_at: caller.now,
        registered_by: caller.principal.clone(),
        deregistered_at: None,
        family,
        revision,
    };
    let answer = json!({
        "taskDefinition": render(&definition),
        "tags": definition.tags.to_ecs(),
    });
    revisions.push(definition);
    Ok(answer)
}

/// DescribeTaskDefinition.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let named = body::required(request, "taskDefinition")?;
    let definition = find::task_definition(world, named)
        .ok_or_else(|| ApiError::client_exception("Unable to describe task definition."))?;
    let mut answer = json!({"taskDefinition": render(definition)});
    if body::texts(request, "include").iter().any(|included| included == "TAGS") {
        answer["tags"] = definition.tags.to_ecs();
    }
    Ok(answer)
}

/// ListTaskDefinitions: `familyPrefix` is a family's whole name.
pub(super) fn list(world: &World, request: &Value) -> Result<Value, ApiError> {
    let active = body::text(request, "status").unwrap_or("ACTIVE") == "ACTIVE";
    let family = body::text(request, "familyPrefix");
    let mut arns: Vec<&String> = world
        .families
        .iter()
        .filter(|(name, _)| family.is_none_or(|wanted| wanted == name.as_str()))
        .flat_map(|(_, revisions)| revisions)
        .filter(|definition| definition.active == active)
        .map(|definition| &definition.arn)
        .collect();
    if body::text(request, "sort") == Some("DESC") {
        arns.reverse();
    }
    let (arns, next) = body::page(arns, request, 100);
    Ok(body::without_nulls(json!({"taskDefinitionArns": arns, "nextToken": next})))
}

/// ListTaskDefinitionFamilies.
pub(super) fn families(world: &World, request: &Value) -> Result<Value, ApiError> {
    let prefix = body::text(request, "familyPrefix").unwrap_or_default();
    let status = body::text(request, "status").unwrap_or("ALL");
    let names: Vec<&String> = world
        .families
        .iter()
        .filter(|(name, revisions)| {
            let has_active = revisions.iter().any(|definition| definition.active);
            name.starts_with(prefix)
                && match status {
                    "ACTIVE" => has_active,
                    "INACTIVE" => !has_active,
                    _ => true,
                }
        })
        .map(|(name, _)| name)
        .collect();
    let (names, next) = body::page(names, request, 100);
    Ok(body::without_nulls(json!({"families": names, "nextToken": next})))
}

/// DeregisterTaskDefinition: needs a revision.
pub(super) fn deregister(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    let named = body::required(request, "taskDefinition")?;
    if !named.rsplit('/').next().is_some_and(|name| name.contains(':')) {
        return Err(ApiError::parameter(format!(
            "Invalid revision number. Number: {named}, expected FAMILY:REVISION"
        )));
    }
    let arn =
        find::task_definition(world, named).map(|definition| definition.arn.clone()).ok_or_else(
            || ApiError::client_exception("The specified task definition does not exist."),
        )?;
    let definition =
        world.families.values_mut().flatten().find(|definition| definition.arn == arn).ok_or_else(
            || ApiError::client_exception("The specified task definition does not exist."),
        )?;
    if definition.active {
        definition.active = false;
        definition.deregistered_at = Some(caller.now);
    }
    Ok(json!({"taskDefinition": render(definition)}))
}

fn render(definition: &TaskDefinition) -> Value {
    let mut shown = definition.fields.clone();
    shown.insert("taskDefinitionArn".into(), json!(definition.arn));
    shown.insert("revision".into(), json!(definition.revision));
    let status = if definition.active { "ACTIVE" } else { "INACTIVE" };
    shown.insert("status".into(), json!(status));
    shown.insert("registeredAt".into(), json!(definition.registered_at.epoch_seconds()));
    shown.insert("registeredBy".into(), json!(definition.registered_by));
    if let Some(at) = definition.deregistered_at {
        shown.insert("deregisteredAt".into(), json!(at.epoch_seconds()));
    }
    Value::Object(shown)
}
