//! Account settings. Owns the settings that a new account has.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use serde_json::{Value, json};

/// Names and values of an account of today.
const SETTINGS: [(&str, &str); 7] = [
    ("awsvpcTrunking", "disabled"),
    ("containerInsights", "disabled"),
    ("containerInstanceLongArnFormat", "enabled"),
    ("fargateTaskRetirementWaitPeriod", "7"),
    ("serviceLongArnFormat", "enabled"),
    ("tagResourceAuthorization", "on"),
    ("taskLongArnFormat", "enabled"),
];

/// ListAccountSettings. Without `effectiveSettings` only what was set: nothing.
pub(super) fn list_settings(caller: &Caller, request: &Value) -> Result<Value, ApiError> {
    let name = body::text(request, "name");
    let effective = body::flag(request, "effectiveSettings");
    let settings: Vec<Value> = SETTINGS
        .iter()
        .filter(|(have, _)| effective && name.is_none_or(|wanted| wanted == *have))
        .map(
            |(name, value)| json!({"name": name, "value": value, "principalArn": caller.principal}),
        )
        .collect();
    Ok(json!({"settings": settings}))
}
