//! Systems Manager: which parameters exist; what is in them is not simulated.

use super::api_error::ApiError;
use super::body;
use super::state::World;
use serde_json::{Value, json};

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(world: &World, action: &str, body: &Value) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "DescribeParameters" => Ok(parameters(world, body)),
        _ => return None,
    })
}

/// DescribeParameters with a filter by names.
fn parameters(world: &World, request: &Value) -> Value {
    let filters = request.get("ParameterFilters").and_then(Value::as_array);
    let wanted: Vec<String> = filters
        .into_iter()
        .flatten()
        .filter(|filter| filter.get("Key").and_then(Value::as_str) == Some("Name"))
        .flat_map(|filter| body::texts(filter, "Values"))
        .collect();
    let found = world.parameters.iter().filter(|name| wanted.is_empty() || wanted.contains(name));
    let found: Vec<Value> =
        found.map(|name| json!({"Name": name, "Type": "SecureString", "Version": 1})).collect();
    json!({"Parameters": found})
}
