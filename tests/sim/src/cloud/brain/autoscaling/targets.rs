//! Scalable targets: the bounds of a service's count, and what is suspended.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{ServiceKey, World};
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};

/// The one dimension that services have.
const DIMENSION: &str = "ecs:service:DesiredCount";

/// A service that may be scaled.
#[derive(Debug, Clone)]
pub(crate) struct ScalableTarget {
    arn: String,
    pub(super) least: u32,
    pub(super) most: u32,
    role: String,
    created_at: SimTime,
    pub(super) suspended: Suspended,
}

/// `SuspendedState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Suspended {
    pub(super) scale_in: bool,
    pub(super) scale_out: bool,
    scheduled: bool,
}

impl Suspended {
    /// Members that are absent stay as they are.
    fn merged(self, asked: &Value) -> Self {
        let member = |name: &str, present: bool| {
            if asked.get(name).is_some() { body::flag(asked, name) } else { present }
        };
        Self {
            scale_in: member("DynamicScalingInSuspended", self.scale_in),
            scale_out: member("DynamicScalingOutSuspended", self.scale_out),
            scheduled: member("ScheduledScalingSuspended", self.scheduled),
        }
    }

    fn render(self) -> Value {
        json!({
            "DynamicScalingInSuspended": self.scale_in,
            "DynamicScalingOutSuspended": self.scale_out,
            "ScheduledScalingSuspended": self.scheduled,
        })
    }
}

/// `service/CLUSTER/NAME` of a request for a service; another kind is not simulated.
pub(super) fn resource(request: &Value) -> Result<&str, ApiError> {
    check_namespace(request)?;
    let dimension = body::text(request, "ScalableDimension").unwrap_or(DIMENSION);
    if dimension != DIMENSION {
        return Err(ApiError::not_simulated(&format!("scaling of {dimension}")));
    }
    body::text(request, "ResourceId").ok_or_else(|| invalid("ResourceId must not be null"))
}

fn check_namespace(request: &Value) -> Result<(), ApiError> {
    match body::text(request, "ServiceNamespace") {
        Some("ecs") => Ok(()),
        Some(other) => Err(ApiError::not_simulated(&format!("scaling of {other}"))),
        None => Err(invalid("ServiceNamespace must not be null")),
    }
}

/// The service of a resource id.
pub(super) fn service_of(resource: &str) -> Option<ServiceKey> {
    let (cluster, name) = resource.strip_prefix("service/")?.split_once('/')?;
    Some(ServiceKey { cluster: cluster.to_owned(), name: name.to_owned() })
}

/// RegisterScalableTarget: makes one, or changes the members that are sent.
pub(super) fn register(
    world: &mut World,
    now: SimTime,
    request: &Value,
) -> Result<Value, ApiError> {
    let resource = resource(request)?.to_owned();
    let exists = service_of(&resource).is_some_and(|key| world.services.contains_key(&key));
    if !exists {
        return Err(invalid(format!("ECS service doesn't exist: {resource}")));
    }
    let present = world.scalable_targets.get(&resource).cloned();
    let bound = |member: &str, present: Option<u32>| {
        body::count(request, member).or(present).ok_or_else(|| {
            invalid(format!("{member} must be specified when registering a new scalable target"))
        })
    };
    let least = bound("MinCapacity", present.as_ref().map(|one| one.least))?;
    let most = bound("MaxCapacity", present.as_ref().map(|one| one.most))?;
    if least > most {
        return Err(invalid("Maximum capacity cannot be less than minimum capacity"));
    }
    let arn = match &present {
        Some(present) => present.arn.clone(),
        None => {
            let id = world.ids.hex(36);
            world.ids.arn("application-autoscaling", &format!("scalable-target/{id}"))
        }
    };
    let role = format!(
        "arn:aws:iam::{}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
         AWSServiceRoleForApplicationAutoScaling_ECSService",
        world.ids.account()
    );
    let suspended = present.as_ref().map(|one| one.suspended).unwrap_or_default();
    let target = ScalableTarget {
        arn: arn.clone(),
        least,
        most,
        role: body::text(request, "RoleARN").map_or(role, str::to_owned),
        created_at: present.map_or(now, |one| one.created_at),
        suspended: suspended.merged(&request["SuspendedState"]),
    };
    world.scalable_targets.insert(resource, target);
    Ok(json!({"ScalableTargetARN": arn}))
}

/// DeregisterScalableTarget: its policies go with it.
pub(super) fn deregister(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let resource = resource(request)?;
    world.scalable_targets.remove(resource).ok_or_else(|| not_found("scalable target"))?;
    world.scaling_policies.retain(|policy| policy.resource != resource);
    Ok(json!({}))
}

/// DescribeScalableTargets.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    check_namespace(request)?;
    let wanted = body::texts(request, "ResourceIds");
    let targets: Vec<Value> = world
        .scalable_targets
        .iter()
        .filter(|(resource, _)| wanted.is_empty() || wanted.contains(resource))
        .map(|(resource, target)| {
            json!({
                "ServiceNamespace": "ecs",
                "ResourceId": resource,
                "ScalableDimension": DIMENSION,
                "MinCapacity": target.least,
                "MaxCapacity": target.most,
                "RoleARN": target.role,
                "CreationTime": target.created_at.epoch_seconds(),
                "SuspendedState": target.suspended.render(),
                "ScalableTargetARN": target.arn,
            })
        })
        .collect();
    let (targets, next) = page(targets, request);
    Ok(body::without_nulls(json!({"ScalableTargets": targets, "NextToken": next})))
}

pub(super) fn page(items: Vec<Value>, request: &Value) -> (Vec<Value>, Option<String>) {
    let asked = json!({"maxResults": request["MaxResults"], "nextToken": request["NextToken"]});
    body::page(items, &asked, 50)
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationException", message)
}

pub(super) fn not_found(what: &str) -> ApiError {
    ApiError::client("ObjectNotFoundException", format!("No {what} found for the request"))
}
