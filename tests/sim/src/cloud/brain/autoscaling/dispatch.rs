//! Which function answers which action. Owns the table; an action that is not in it is not
//! simulated.

use super::{policies, targets};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::World;
use serde_json::Value;

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(world: &World, action: &str, body: &Value) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "DescribeScalableTargets" => targets::describe(world, body),
        "DescribeScalingPolicies" => policies::describe(world, body),
        _ => return None,
    })
}

/// Carries out an action that changes something; `None` when there is none of this name.
pub(crate) fn change(
    world: &mut World,
    caller: &Caller,
    action: &str,
    body: &Value,
) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "RegisterScalableTarget" => targets::register(world, caller.now, body),
        "DeregisterScalableTarget" => targets::deregister(world, body),
        "PutScalingPolicy" => policies::put(world, caller.now, body),
        "DeleteScalingPolicy" => policies::delete(world, body),
        _ => return None,
    })
}
