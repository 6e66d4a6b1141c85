//! Secrets Manager: which secrets exist; what is in them is not simulated.

use super::api_error::ApiError;
use super::body;
use super::state::World;
use serde_json::{Value, json};

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(world: &World, action: &str, body: &Value) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "DescribeSecret" => secret(world, body),
        _ => return None,
    })
}

/// DescribeSecret, by ARN, by ARN without its last six letters, or by name.
fn secret(world: &World, request: &Value) -> Result<Value, ApiError> {
    let id = body::text(request, "SecretId").unwrap_or_default();
    let name = |arn: &str| arn.split(':').nth(6).unwrap_or_default().to_owned();
    let fits = |arn: &String| {
        let short = arn.rsplit_once('-').map_or(arn.as_str(), |(short, _)| short);
        arn == id || short == id || name(short) == id
    };
    let found = world.secrets.iter().find(|secret| fits(&secret.arn));
    let Some(secret) = found else {
        let text = "Secrets Manager can't find the specified secret.";
        return Err(ApiError::client("ResourceNotFoundException", text));
    };
    let short = secret.arn.rsplit_once('-').map_or(secret.arn.as_str(), |(short, _)| short);
    let mut answer = json!({"ARN": secret.arn, "Name": name(short)});
    if secret.leaving {
        answer["DeletedDate"] = json!(1_767_225_600.0);
    }
    Ok(answer)
}
