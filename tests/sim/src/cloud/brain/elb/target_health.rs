//! DescribeTargetHealth: the truth about every target.

use super::errors;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{TargetState, World};
use serde_json::{Value, json};

/// DescribeTargetHealth. Targets that were asked for and are not registered are `unused`.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "TargetGroupArn").unwrap_or_default();
    let group = world.target_groups.get(arn).ok_or_else(|| errors::not_found("target group"))?;
    let asked = body::list(request, "Targets");
    let is_asked = |id: &str, port: u16| {
        asked.is_empty()
            || asked.iter().any(|target| {
                body::text(target, "Id") == Some(id)
                    && body::number(target, "Port").is_none_or(|wanted| wanted == u64::from(port))
            })
    };
    let mut shown: Vec<Value> = group
        .targets
        .iter()
        .filter(|((id, port), _)| is_asked(id, *port))
        .map(|((id, port), target)| {
            json!({
                "Target": {"Id": id, "Port": port},
                "HealthCheckPort": port.to_string(),
                "TargetHealth": health(target.state),
            })
        })
        .collect();
    for target in asked {
        let id = body::text(target, "Id").unwrap_or_default();
        if !group.targets.keys().any(|(have, _)| have == id) {
            shown.push(json!({
                "Target": target,
                "TargetHealth": {
                    "State": "unused",
                    "Reason": "Target.NotRegistered",
                    "Description": "Target is not registered to the target group",
                },
            }));
        }
    }
    Ok(json!({"TargetHealthDescriptions": shown}))
}

fn health(state: TargetState) -> Value {
    let (reason, words) = match state {
        TargetState::Registering => {
            ("Elb.RegistrationInProgress", "Target registration is in progress")
        }
        TargetState::Initial => ("Elb.InitialHealthChecking", "Initial health checks in progress"),
        TargetState::Healthy => return json!({"State": "healthy"}),
        TargetState::Unhealthy => {
            ("Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")
        }
        TargetState::Draining => {
            ("Target.DeregistrationInProgress", "Target deregistration is in progress")
        }
    };
    json!({"State": state.as_str(), "Reason": reason, "Description": words})
}
