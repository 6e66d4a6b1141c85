//! Rules of listeners.

use super::{actions, errors};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Rule, Tags, World};
use serde_json::{Value, json};

/// CreateRule.
pub(super) fn create(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let listener = body::text(request, "ListenerArn").unwrap_or_default().to_owned();
    if !world.listeners.contains_key(&listener) {
        return Err(errors::not_found("listener"));
    }
    let priority = body::count(request, "Priority")
        .filter(|priority| (1..=50_000).contains(priority))
        .ok_or_else(|| errors::invalid("Priority must be between 1 and 50000"))?;
    let taken = |rule: &Rule| rule.listener == listener && rule.priority == Some(priority);
    if world.rules.values().any(taken) {
        return Err(ApiError::client(
            "PriorityInUse",
            format!("Priority '{priority}' is currently in use"),
        ));
    }
    let place = listener.split_once("listener/").map_or("", |(_, place)| place).to_owned();
    let number = world.ids.hex(16);
    let rule = Rule {
        arn: world.ids.arn("elasticloadbalancing", &format!("listener-rule/{place}/{number}")),
        listener,
        priority: Some(priority),
        conditions: json!(body::list(request, "Conditions")),
        actions: actions::complete(world, body::list(request, "Actions"), &Value::Null)?,
        tags: Tags::from_list(&request["Tags"]),
    };
    let answer = json!({"Rules": [render(&rule)]});
    world.rules.insert(rule.arn.clone(), rule);
    Ok(answer)
}

/// DescribeRules: by priority, the default rule last.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let listener = body::text(request, "ListenerArn");
    let arns = body::texts(request, "RuleArns");
    if listener.is_some_and(|arn| !world.listeners.contains_key(arn)) {
        return Err(errors::not_found("listener"));
    }
    if listener.is_none() && arns.is_empty() {
        return Err(errors::invalid(
            "You must specify either listener rule ARNs or a listener ARN",
        ));
    }
    let mut rules: Vec<&Rule> = world
        .rules
        .values()
        .filter(|rule| {
            (arns.is_empty() || arns.contains(&rule.arn))
                && listener.is_none_or(|wanted| rule.listener == wanted)
        })
        .collect();
    if rules.len() < arns.len() {
        return Err(errors::not_found("rule"));
    }
    rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
    let shown: Vec<Value> = rules.into_iter().map(render).collect();
    Ok(json!({"Rules": shown}))
}

/// ModifyRule.
pub(super) fn modify(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "RuleArn").unwrap_or_default();
    let mut rule = world.rules.get(arn).cloned().ok_or_else(|| errors::not_found("rule"))?;
    if rule.priority.is_none() {
        return Err(ApiError::client(
            "OperationNotPermitted",
            format!("Default rule '{arn}' cannot be modified"),
        ));
    }
    if request.get("Conditions").is_some() {
        rule.conditions = json!(body::list(request, "Conditions"));
    }
    if request.get("Actions").is_some() {
        rule.actions = actions::complete(world, body::list(request, "Actions"), &rule.actions)?;
    }
    let answer = json!({"Rules": [render(&rule)]});
    world.rules.insert(arn.to_owned(), rule);
    Ok(answer)
}

/// DeleteRule.
pub(super) fn delete(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "RuleArn").unwrap_or_default();
    match world.rules.get(arn) {
        None => Err(errors::not_found("rule")),
        Some(rule) if rule.priority.is_none() => Err(ApiError::client(
            "OperationNotPermitted",
            format!("Default rule '{arn}' cannot be deleted"),
        )),
        Some(_) => {
            world.rules.remove(arn);
            Ok(json!({}))
        }
    }
}

fn render(rule: &Rule) -> Value {
    json!({
        "RuleArn": rule.arn,
        "Priority": rule.priority.map_or("default".to_owned(), |priority| priority.to_string()),
        "Conditions": rule.conditions,
        "Actions": rule.actions,
        "IsDefault": rule.priority.is_none(),
    })
}
