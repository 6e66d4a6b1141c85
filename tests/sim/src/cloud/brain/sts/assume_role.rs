//! AssumeRole, and the temporary keys that both ways of assuming give.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::principals::{AccessKey, Role, glob};
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};
use std::time::Duration;

/// AssumeRole by a principal that the role trusts.
pub(super) fn assume(
    world: &mut World,
    key: &AccessKey,
    now: SimTime,
    request: &Value,
) -> Result<Value, ApiError> {
    let arn = body::text(request, "RoleArn").unwrap_or_default();
    let role = world.roles.iter().find(|role| {
        role.arn == arn && role.trusted.iter().any(|pattern| glob(pattern, &key.principal))
    });
    let Some(role) = role.cloned() else {
        return Err(ApiError::new(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
                key.principal
            ),
        ));
    };
    session(world, &role, now, request)
}

/// Makes temporary keys for a session of a role.
pub(super) fn session(
    world: &mut World,
    role: &Role,
    now: SimTime,
    request: &Value,
) -> Result<Value, ApiError> {
    let session = body::text(request, "RoleSessionName").unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"=,.@-_".contains(&byte);
    if !(2..=64).contains(&session.len()) || !session.bytes().all(allowed) {
        return Err(ApiError::client(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{session}' at 'roleSessionName' failed to \
                 satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
            ),
        ));
    }
    let seconds = body::number(request, "DurationSeconds").unwrap_or(3600);
    if !(900..=43_200).contains(&seconds) {
        return Err(ApiError::client(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let name = role.arn.rsplit('/').next().unwrap_or_default();
    let principal = format!("arn:aws:sts::{}:assumed-role/{name}/{session}", world.ids.account());
    let id = format!("ASIA{}", world.ids.hex(16).to_ascii_uppercase());
    let (secret, token) = (world.ids.word(40), world.ids.word(120));
    let expires = now + Duration::from_secs(seconds);
    world.keys.push(AccessKey {
        id: id.clone(),
        principal: principal.clone(),
        allow: role.allow.clone(),
        expires_at: Some(expires),
        session_token: Some(token.clone()),
    });
    Ok(json!({
        "Credentials": {
            "AccessKeyId": id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": expires.iso8601(),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROASIMULATED00000001:{session}"),
            "Arn": principal,
        },
    }))
}
