//! One call and its answer, as a skin hands them over. Owns the types only.

use super::api_error::ApiError;
use serde_json::Value;
use std::time::Duration;

/// A call, freed of its wire form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// `ecs`, `elasticloadbalancing`, `sts`.
    pub service: String,
    /// `DescribeServices`.
    pub action: String,
    /// The key it was signed with; `None` when it was not signed.
    pub access_key: Option<String>,
    /// The token that goes with temporary keys.
    pub session_token: Option<String>,
    /// The region it was signed for.
    pub region: Option<String>,
    /// Members by their API names. Query services may give every scalar as text.
    pub body: Value,
}

impl Request {
    /// A call by a key.
    pub fn new(access_key: &str, service: &str, action: &str, body: Value) -> Self {
        Self {
            service: service.to_owned(),
            action: action.to_owned(),
            access_key: Some(access_key.to_owned()),
            body,
            ..Self::default()
        }
    }
}

/// What comes back, and how late.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Virtual time until it is sent.
    pub delay: Duration,
    /// What is sent.
    pub reply: Reply,
}

/// What is sent back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// An answer, good or bad.
    Sent(Result<Value, ApiError>),
    /// Nothing; the connection stays open.
    Nothing,
    /// Nothing; the connection is closed.
    Closed,
}
