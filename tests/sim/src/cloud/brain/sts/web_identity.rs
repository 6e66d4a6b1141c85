//! AssumeRoleWithWebIdentity. Checks the token's form, expiry, issuer, audience and subject.

use super::assume_role::session;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::principals::glob;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// AssumeRoleWithWebIdentity.
pub(super) fn assume(world: &mut World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let claims =
        claims(body::text(request, "WebIdentityToken").unwrap_or_default()).ok_or_else(|| {
            invalid(
                "The web identity token that was passed could not be validated by AWS. Get a \
                 new identity token from the identity provider and then retry the request.",
            )
        })?;
    let expires = claims["exp"].as_f64().ok_or_else(|| invalid("Missing a required claim: exp"))?;
    if expires <= now.epoch_seconds() {
        return Err(ApiError::client(
            "ExpiredTokenException",
            "Token expired: the token must not be used after its expiration.",
        ));
    }
    let denied = || {
        ApiError::new(
            403,
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        )
    };
    let arn = body::text(request, "RoleArn").unwrap_or_default();
    let role = world.roles.iter().find(|role| role.arn == arn).cloned().ok_or_else(denied)?;
    let trust = role.web_identity.clone().ok_or_else(denied)?;
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    if claim("iss") != trust.issuer {
        return Err(invalid(&format!(
            "No OpenIDConnect provider found in your account for {}",
            claim("iss")
        )));
    }
    let audiences = match &claims["aud"] {
        Value::Array(several) => several.clone(),
        one => vec![one.clone()],
    };
    if !audiences.iter().any(|audience| audience == trust.audience.as_str()) {
        return Err(invalid("Incorrect token audience"));
    }
    if !glob(&trust.subject, claim("sub")) {
        return Err(denied());
    }
    let mut answer = session(world, &role, now, request)?;
    answer["SubjectFromWebIdentityToken"] = json!(claim("sub"));
    answer["Provider"] = json!(trust.issuer);
    answer["Audience"] = json!(trust.audience);
    Ok(answer)
}

/// The claims of a token that has the form of a JWT.
fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || signature.is_empty() {
        return None;
    }
    let decode = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    decode(header)?.get("alg")?.as_str()?;
    decode(payload).filter(Value::is_object)
}

fn invalid(message: &str) -> ApiError {
    ApiError::client("InvalidIdentityToken", message)
}
