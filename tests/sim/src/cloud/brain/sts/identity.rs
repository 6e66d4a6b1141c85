//! GetCallerIdentity.

use crate::cloud::brain::principals::AccessKey;
use serde_json::{Value, json};

/// Account, ARN and user id of a key's principal.
pub(super) fn of(key: &AccessKey) -> Value {
    let account = key.principal.split(':').nth(4).unwrap_or_default();
    let user = match key.principal.rsplit_once('/') {
        Some((_, session)) if key.session_token.is_some() => {
            format!("AROASIMULATED00000001:{session}")
        }
        _ => "AIDASIMULATED00000001".to_owned(),
    };
    json!({"Account": account, "Arn": key.principal, "UserId": user})
}
