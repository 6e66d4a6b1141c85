//! Which function answers which action. Owns the table; an action that is not in it is not
//! simulated.

use super::{events, groups};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::World;
use serde_json::Value;

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(world: &World, action: &str, body: &Value) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "GetLogEvents" => events::get(world, body),
        "FilterLogEvents" => events::filter(world, body),
        "DescribeLogGroups" => groups::describe(world, body),
        "DescribeLogStreams" => groups::describe_streams(world, body),
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
        "CreateLogGroup" => groups::create(world, caller.now, body),
        "DeleteLogGroup" => groups::delete(world, body),
        "PutRetentionPolicy" => groups::put_retention(world, body),
        _ => return None,
    })
}
