//! Tags of target groups, load balancers, listeners and rules.

use super::errors;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Tags, World};
use serde_json::{Value, json};

/// AddTags.
pub(super) fn add(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let new = Tags::from_list(&request["Tags"]);
    for arn in body::texts(request, "ResourceArns") {
        of(world, &arn)?.merge(&new);
    }
    Ok(json!({}))
}

/// RemoveTags.
pub(super) fn remove(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let keys = body::texts(request, "TagKeys");
    for arn in body::texts(request, "ResourceArns") {
        let tags = of(world, &arn)?;
        for key in &keys {
            tags.remove(key);
        }
    }
    Ok(json!({}))
}

/// DescribeTags.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    // A copy, so that reading and changing find a resource by the same code.
    let mut world = world.clone();
    let mut shown = Vec::new();
    for arn in body::texts(request, "ResourceArns") {
        let tags = of(&mut world, &arn)?.to_elb();
        shown.push(json!({"ResourceArn": arn, "Tags": tags}));
    }
    Ok(json!({"TagDescriptions": shown}))
}

fn of<'w>(world: &'w mut World, arn: &str) -> Result<&'w mut Tags, ApiError> {
    let kind = arn.split(':').nth(5).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    match kind {
        "targetgroup" => world
            .target_groups
            .get_mut(arn)
            .map(|group| &mut group.tags)
            .ok_or_else(|| errors::not_found("target group")),
        "loadbalancer" => world
            .load_balancers
            .get_mut(arn)
            .map(|balancer| &mut balancer.tags)
            .ok_or_else(|| errors::not_found("load balancer")),
        "listener" => world
            .listeners
            .get_mut(arn)
            .map(|listener| &mut listener.tags)
            .ok_or_else(|| errors::not_found("listener")),
        "listener-rule" => world
            .rules
            .get_mut(arn)
            .map(|rule| &mut rule.tags)
            .ok_or_else(|| errors::not_found("rule")),
        _ => Err(errors::invalid(format!("'{arn}' is not a valid load balancing ARN"))),
    }
}
