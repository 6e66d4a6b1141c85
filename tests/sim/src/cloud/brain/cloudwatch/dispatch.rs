//! Which function answers which action. Owns the table; an action that is not in it is not
//! simulated.

use super::{alarms, composite, describe_alarms, publish, query};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::World;
use serde_json::Value;

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(
    world: &World,
    caller: &Caller,
    action: &str,
    body: &Value,
) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "GetMetricData" => query::get(world, caller.now, body),
        "ListMetrics" => publish::list(world, body),
        "DescribeAlarms" => describe_alarms::describe(world, body),
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
        "PutMetricData" => publish::put(world, caller.now, body),
        "PutMetricAlarm" => alarms::put(world, caller.now, body),
        "PutCompositeAlarm" => composite::put(world, caller.now, body),
        "DeleteAlarms" => alarms::delete(world, body),
        "SetAlarmState" => alarms::set_state(world, caller.now, body),
        _ => return None,
    })
}
