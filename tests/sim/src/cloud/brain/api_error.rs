//! What an API call is refused with. Owns the type; the skins spell it for the wire.

use std::fmt;

/// An error answer of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// The service's code, `InvalidParameterException`.
    pub code: String,
    /// Words for people.
    pub message: String,
}

impl ApiError {
    /// An error with a status of its own.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// A refusal that blames the caller: HTTP 400.
    pub(crate) fn client(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// ECS's most used refusal.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::client("InvalidParameterException", message)
    }

    /// ECS's second most used refusal.
    pub(crate) fn client_exception(message: impl Into<String>) -> Self {
        Self::client("ClientException", message)
    }

    /// The loud answer to something this simulation does not have.
    pub(crate) fn not_simulated(what: &str) -> Self {
        Self::new(501, "NotSimulated", format!("the simulated cloud does not have {what}"))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.message)
    }
}

impl std::error::Error for ApiError {}
