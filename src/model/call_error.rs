//! A call to AWS or to a registry that did not give an answer we can use.

use std::fmt;

/// Why, as far as it matters for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallErrorKind {
    /// No permission for this action.
    Denied,
    /// The keys are expired or unknown.
    Credentials,
    /// There are no keys to call with.
    NoCredentials,
    /// The rate limit, after all retries.
    Throttled,
    /// The named thing does not exist.
    NotFound,
    /// Refused as it stands: wrong argument, wrong state.
    Refused,
    /// No answer, or a broken one. **The change may have been made**: look before repeating.
    NoAnswer,
    /// The service does not offer this action (or an emulator lacks it).
    Unsupported,
}

/// A failed call. Its text never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CallError {
    /// Class.
    pub kind: CallErrorKind,
    /// `ecs:UpdateService`, `registry: PUT manifest`, ...
    pub operation: String,
    /// The service's own code, such as `ClusterNotFoundException`.
    pub code: Option<String>,
    /// The service's own words.
    pub message: String,
    /// Where: endpoint host, where it helps.
    pub place: Option<String>,
}

impl CallError {
    /// The action that is not allowed: AWS names it in its words, and passing a role is denied
    /// in the answer to another call.
    pub fn denied_action(&self) -> &str {
        let named = self.message.split_once("not authorized to perform: ");
        let named = named.and_then(|(_, rest)| rest.split_whitespace().next());
        let named = named.map(|action| action.trim_end_matches(['.', ',']));
        named.filter(|action| action.contains(':')).unwrap_or(&self.operation)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if let Some(place) = &self.place {
            write!(f, " at {place}")?;
        }
        let what = match self.kind {
            CallErrorKind::Denied => "access denied",
            CallErrorKind::Credentials => "credentials not accepted",
            CallErrorKind::NoCredentials => "not called",
            CallErrorKind::Throttled => "throttled",
            CallErrorKind::NotFound => "not found",
            CallErrorKind::Refused => "refused",
            CallErrorKind::NoAnswer => "no answer",
            CallErrorKind::Unsupported => "not offered there",
        };
        write!(f, ": {what}")?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}
