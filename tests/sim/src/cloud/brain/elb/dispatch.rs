//! Which function answers which action. Owns the table; an action that is not in it is not
//! simulated.

use super::{listeners, load_balancers, rules, tags, target_groups, target_health};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::World;
use serde_json::Value;

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(world: &World, action: &str, body: &Value) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "DescribeTargetGroups" => target_groups::describe(world, body),
        "DescribeTargetGroupAttributes" => target_groups::describe_attributes(world, body),
        "DescribeTargetHealth" => target_health::describe(world, body),
        "DescribeLoadBalancers" => load_balancers::describe(world, body),
        "DescribeListeners" => listeners::describe(world, body),
        "DescribeRules" => rules::describe(world, body),
        "DescribeTags" => tags::describe(world, body),
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
        "CreateTargetGroup" => target_groups::create(world, body),
        "ModifyTargetGroup" => target_groups::modify(world, body),
        "ModifyTargetGroupAttributes" => target_groups::modify_attributes(world, body),
        "DeleteTargetGroup" => target_groups::delete(world, body),
        "CreateLoadBalancer" => load_balancers::create(world, caller, body),
        "CreateListener" => listeners::create(world, body),
        "ModifyListener" => listeners::modify(world, body),
        "CreateRule" => rules::create(world, body),
        "ModifyRule" => rules::modify(world, body),
        "DeleteRule" => rules::delete(world, body),
        "AddTags" => tags::add(world, body),
        "RemoveTags" => tags::remove(world, body),
        _ => return None,
    })
}
