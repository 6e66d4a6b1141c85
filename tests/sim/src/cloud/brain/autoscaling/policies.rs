//! Scaling policies.

use super::targets::{invalid, not_found, page, resource};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value, json};

/// A policy of a scalable target.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    arn: String,
    name: String,
    pub(super) resource: String,
    kind: String,
    pub(super) created_at: SimTime,
    /// Every other member that was sent.
    pub(super) settings: Map<String, Value>,
    /// Since when fewer tasks would do.
    pub(super) low_since: Option<SimTime>,
}

/// PutScalingPolicy. A policy of kind StepScaling is kept and never acts.
pub(super) fn put(world: &mut World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let resource = resource(request)?.to_owned();
    if !world.scalable_targets.contains_key(&resource) {
        return Err(not_found("scalable target"));
    }
    let name = body::text(request, "PolicyName")
        .ok_or_else(|| invalid("PolicyName must not be null"))?
        .to_owned();
    let is_it = |policy: &Policy| policy.resource == resource && policy.name == name;
    let (arn, created_at) = match world.scaling_policies.iter().find(|policy| is_it(policy)) {
        Some(present) => (present.arn.clone(), present.created_at),
        None => {
            let id = world.ids.uuid();
            let rest = format!("scalingPolicy:{id}:resource/ecs/{resource}:policyName/{name}");
            (world.ids.arn("autoscaling", &rest), now)
        }
    };
    let mut settings = request.as_object().cloned().unwrap_or_default();
    settings.retain(|member, _| member.ends_with("Configuration"));
    world.scaling_policies.retain(|policy| !is_it(policy));
    world.scaling_policies.push(Policy {
        arn: arn.clone(),
        kind: body::text(request, "PolicyType").unwrap_or("StepScaling").to_owned(),
        name,
        resource,
        created_at,
        settings,
        low_since: None,
    });
    Ok(json!({"PolicyARN": arn, "Alarms": []}))
}

/// DeleteScalingPolicy.
pub(super) fn delete(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let resource = resource(request)?;
    let name = body::text(request, "PolicyName").unwrap_or_default();
    let before = world.scaling_policies.len();
    world.scaling_policies.retain(|policy| policy.resource != resource || policy.name != name);
    if world.scaling_policies.len() == before {
        return Err(not_found("scaling policy"));
    }
    Ok(json!({}))
}

/// DescribeScalingPolicies.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let resource = body::text(request, "ResourceId");
    let names = body::texts(request, "PolicyNames");
    let policies: Vec<Value> = world
        .scaling_policies
        .iter()
        .filter(|policy| {
            resource.is_none_or(|wanted| wanted == policy.resource)
                && (names.is_empty() || names.contains(&policy.name))
        })
        .map(render)
        .collect();
    let (policies, next) = page(policies, request);
    Ok(body::without_nulls(json!({"ScalingPolicies": policies, "NextToken": next})))
}

fn render(policy: &Policy) -> Value {
    let mut shown = policy.settings.clone();
    let fixed = [
        ("PolicyARN", json!(policy.arn)),
        ("PolicyName", json!(policy.name)),
        ("ServiceNamespace", json!("ecs")),
        ("ResourceId", json!(policy.resource)),
        ("ScalableDimension", json!("ecs:service:DesiredCount")),
        ("PolicyType", json!(policy.kind)),
        ("Alarms", json!([])),
        ("CreationTime", json!(policy.created_at.epoch_seconds())),
    ];
    for (member, value) in fixed {
        shown.insert(member.into(), value);
    }
    Value::Object(shown)
}
