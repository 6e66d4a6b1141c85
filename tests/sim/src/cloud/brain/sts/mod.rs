//! STS: who am I, and temporary keys. Owns the checks of roles and tokens; a token's
//! signature is not checked.

mod assume_role;
mod identity;
mod web_identity;

use super::api_error::ApiError;
use super::principals::AccessKey;
use super::state::World;
use super::time::SimTime;
use serde_json::Value;

/// Actions that need no key.
pub(crate) const UNSIGNED: [&str; 1] = ["AssumeRoleWithWebIdentity"];

/// Carries out an action; `None` when there is none of this name.
pub(crate) fn call(
    world: &mut World,
    key: Option<&AccessKey>,
    now: SimTime,
    action: &str,
    body: &Value,
) -> Option<Result<Value, ApiError>> {
    Some(match (action, key) {
        ("GetCallerIdentity", Some(key)) => Ok(identity::of(key)),
        ("AssumeRole", Some(key)) => assume_role::assume(world, key, now, body),
        ("AssumeRoleWithWebIdentity", _) => web_identity::assume(world, now, body),
        _ => return None,
    })
}
