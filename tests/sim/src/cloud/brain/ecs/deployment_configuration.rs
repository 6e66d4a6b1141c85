//! `deploymentConfiguration`: defaults, merging, rules. Owns what ECS refuses in it.

use super::lifecycle_hooks;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use serde_json::{Value, json};

/// What a service has that says nothing of it.
fn defaults() -> Value {
    json!({
        "deploymentCircuitBreaker": {"enable": false, "rollback": false},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    })
}

/// The configuration after `asked` was sent; members that were not sent stay.
pub(super) fn merged(present: Option<&Value>, asked: &Value) -> Result<Value, ApiError> {
    let mut configuration = present.cloned().unwrap_or_else(defaults);
    for (member, value) in asked.as_object().into_iter().flatten() {
        configuration[member] = value.clone();
    }
    check(&configuration)?;
    Ok(configuration)
}

fn check(configuration: &Value) -> Result<(), ApiError> {
    lifecycle_hooks::check(configuration)?;
    let percent = |member: &str| {
        body::count(configuration, member).ok_or_else(|| {
            ApiError::parameter(format!("The {member} specified must be a positive number."))
        })
    };
    let (least, most) = (percent("minimumHealthyPercent")?, percent("maximumPercent")?);
    if most == 0 {
        return Err(ApiError::parameter("The maximumPercent specified must be greater than 0."));
    }
    if least > most {
        return Err(ApiError::parameter(format!(
            "The minimumHealthyPercent specified '{least}' must not be greater than the \
             maximumPercent '{most}'."
        )));
    }
    if (least, most) == (100, 100) {
        return Err(ApiError::parameter(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block \
             deployments",
        ));
    }
    Ok(())
}
