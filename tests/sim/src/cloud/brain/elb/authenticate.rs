//! Authenticate actions of listeners and rules. Owns what becomes of the client secret: it is
//! taken once and never shown, so that a change sent back as it was read must say
//! `UseExistingClientSecret`.

use super::errors;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use serde_json::{Value, json};

/// The cookie of somebody who has logged in.
const SESSION_COOKIE: &str = "AWSELBAuthSessionCookie";

/// True for `authenticate-oidc` and `authenticate-cognito`.
pub(super) fn is(action: &Value) -> bool {
    body::text(action, "Type").is_some_and(|kind| kind.starts_with("authenticate-"))
}

/// The action in full spelling, without its secret; `present` are the actions it replaces.
pub(super) fn complete(action: &mut Value, present: &Value) -> Result<(), ApiError> {
    let member = config_member(action);
    let config = &action[member];
    if !config.is_object() {
        return Err(errors::invalid(format!("You must specify {member}")));
    }
    if member == "AuthenticateOidcConfig" {
        check_secret(config, present)?;
    }
    let mut config = config.clone();
    let timeout = body::number(&config, "SessionTimeout").unwrap_or(604_800);
    config["SessionTimeout"] = json!(timeout);
    let defaults = [
        ("SessionCookieName", json!("AWSELBAuthSessionCookie")),
        ("Scope", json!("openid")),
        ("OnUnauthenticatedRequest", json!("authenticate")),
    ];
    if let Value::Object(members) = &mut config {
        members.remove("ClientSecret");
        members.remove("UseExistingClientSecret");
        for (name, default) in defaults {
            members.entry(name).or_insert(default);
        }
    }
    action[member] = config;
    Ok(())
}

/// A secret is sent, or the rule has one of the same client.
fn check_secret(config: &Value, present: &Value) -> Result<(), ApiError> {
    let client = body::text(config, "ClientId");
    let known = present.as_array().into_iter().flatten().any(|action| {
        is(action) && body::text(&action["AuthenticateOidcConfig"], "ClientId") == client
    });
    let reuses = body::flag(config, "UseExistingClientSecret");
    if body::text(config, "ClientSecret").is_none() && !(reuses && known) {
        return Err(errors::invalid("You must specify a client secret"));
    }
    Ok(())
}

/// What somebody without a session gets instead of the page: `None` = the page.
pub(super) fn refuses(actions: &Value, cookies: &str) -> Option<u16> {
    let action = actions.as_array()?.iter().find(|action| is(action))?;
    if cookies.contains(SESSION_COOKIE) {
        return None;
    }
    match body::text(&action[config_member(action)], "OnUnauthenticatedRequest") {
        Some("allow") => None,
        Some("deny") => Some(401),
        _ => Some(302),
    }
}

fn config_member(action: &Value) -> &'static str {
    match body::text(action, "Type") {
        Some("authenticate-cognito") => "AuthenticateCognitoConfig",
        _ => "AuthenticateOidcConfig",
    }
}
