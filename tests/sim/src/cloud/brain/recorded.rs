//! What was called. Owns the list that tests compare; never holds a token.

use super::time::SimTime;
use serde_json::{Value, json};

/// One call as it came in, and how it went.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedCall {
    /// Counts from 1.
    pub number: u64,
    /// When, by the virtual clock.
    pub at: SimTime,
    /// `ecs`, `elasticloadbalancing`, `sts`.
    pub service: String,
    /// `UpdateService`.
    pub action: String,
    /// The key it was signed with.
    pub access_key: Option<String>,
    /// The region it was signed for.
    pub region: Option<String>,
    /// The request.
    pub body: Value,
    /// `ok`, an error's code, `no_answer` or `closed`.
    pub outcome: String,
    /// Changes something when it succeeds.
    pub mutating: bool,
    /// Service deployments that were under way when it came in.
    pub rollouts: usize,
}

impl RecordedCall {
    /// As JSON, for the control API.
    pub fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "at": self.at.epoch_seconds(),
            "service": self.service,
            "action": self.action,
            "access_key": self.access_key,
            "region": self.region,
            "body": self.body,
            "outcome": self.outcome,
            "mutating": self.mutating,
            "rollouts": self.rollouts,
        })
    }
}

/// True when a call of this name only reads.
pub(crate) fn only_reads(action: &str) -> bool {
    ["Describe", "List", "Get", "Filter"].iter().any(|prefix| action.starts_with(prefix))
}

/// The body without what is secret in it.
pub(crate) fn without_secrets(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(token) = body.get_mut("WebIdentityToken") {
        *token = json!("***");
    }
    body
}
