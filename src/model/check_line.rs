//! One line of `verify`: a check and its answer.

use super::{CallError, CallErrorKind};
use serde::{Deserialize, Serialize};

/// The answer of a check; the third one is neither of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is as a release needs it.
    Ok,
    /// It is not.
    Failed,
    /// It could not be looked at.
    CouldNotTell,
}

/// A check with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// `image`, `role`, `log_group`, ...
    pub check: String,
    /// What was looked at: a service, an image, a role.
    pub subject: String,
    /// The answer.
    pub answer: Answer,
    /// What was found, or why it could not be told.
    pub text: String,
    /// What to do; absent when there is nothing to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// The kind of the call that failed, when one did; it decides the exit code.
    #[serde(skip)]
    pub because: Option<CallErrorKind>,
}

impl CheckLine {
    /// A check of `subject` with its answer and what was found.
    pub fn new((check, subject): (&str, &str), answer: Answer, text: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            subject: subject.to_owned(),
            answer,
            text: text.into(),
            hint: None,
            because: None,
        }
    }

    /// A check that could not be made, because of `error`.
    pub fn could_not(what: (&str, &str), error: &CallError) -> Self {
        let line = Self::new(what, Answer::CouldNotTell, error.to_string());
        Self { because: Some(error.kind), ..line }
    }

    /// The same line with what to do.
    #[must_use]
    pub fn hinting(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}
