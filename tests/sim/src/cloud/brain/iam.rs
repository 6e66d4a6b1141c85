//! IAM: roles and whom they trust. What they allow is in the keys that they give.

use super::api_error::ApiError;
use super::body;
use super::state::World;
use serde_json::{Value, json};

/// Answers an action that only reads; `None` when there is none of this name.
pub(crate) fn read(world: &World, action: &str, body: &Value) -> Option<Result<Value, ApiError>> {
    Some(match action {
        "GetRole" => role(world, body),
        _ => return None,
    })
}

/// GetRole. The policy is written as in an address, as IAM does.
fn role(world: &World, request: &Value) -> Result<Value, ApiError> {
    let name = body::text(request, "RoleName").unwrap_or_default();
    let named = world.roles.iter().find(|role| role.arn.rsplit('/').next() == Some(name));
    let Some(role) = named else {
        let text = format!("The role with name {name} cannot be found.");
        return Err(ApiError::new(404, "NoSuchEntity", text));
    };
    let is_service = |who: &&String| who.ends_with(".amazonaws.com");
    let services: Vec<&String> = role.trusted.iter().filter(is_service).collect();
    let others: Vec<&String> = role.trusted.iter().filter(|who| !is_service(who)).collect();
    let statement = |kind: &str, who: &[&String]| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {kind: who}});
    let mut statements = Vec::new();
    if !services.is_empty() {
        statements.push(statement("Service", &services));
    }
    if !others.is_empty() {
        statements.push(statement("AWS", &others));
    }
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Ok(json!({"Role": {
        "Path": "/",
        "RoleName": name,
        "RoleId": "AROASIMULATED00000001",
        "Arn": role.arn,
        "CreateDate": "2018-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": as_in_an_address(&policy),
    }}))
}

fn as_in_an_address(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
