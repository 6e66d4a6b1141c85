//! What a reader of a file or a preflight found, with its place.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A place in a text file; line and column count from 1, column in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The file's name as the user gave it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

/// A value with the place where a file says it, so that a later check can point there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub at: Location,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is changed while one of these stands.
    Error,
    /// Goes on, and says so.
    Warning,
    /// Understood and left out on purpose.
    Note,
    /// A check could not be made; neither good nor bad.
    CouldNotTell,
}

/// One finding: where, what was found and wanted, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Weight.
    pub severity: Severity,
    /// The place, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What was found and what is wanted, a lower-case fragment.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// An error without place or hint.
    pub fn error(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, location: None, message: message.into(), hint: None }
    }

    /// A warning without place or hint.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// A note without place or hint.
    pub fn note(message: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(message) }
    }

    /// A check that could not be made.
    pub fn could_not_tell(message: impl Into<String>) -> Self {
        Self { severity: Severity::CouldNotTell, ..Self::error(message) }
    }

    /// The same finding at a place.
    pub fn at(mut self, file: impl Into<String>, line: usize, column: usize) -> Self {
        self.location = Some(Location { file: file.into(), line, column });
        self
    }

    /// The same finding at `location`.
    pub fn located(mut self, location: &Location) -> Self {
        self.location = Some(location.clone());
        self
    }

    /// The same finding with a hint.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl<T> Located<T> {
    /// An error about this value, at its place.
    pub fn error(&self, message: impl Into<String>) -> Finding {
        Finding::error(message).located(&self.at)
    }

    /// Another value at the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), at: self.at }
    }
}

/// True when one of `findings` forbids to go on.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// In the order of the file; findings without a place come last.
pub fn sort_by_place(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| match &finding.location {
        Some(location) => (false, location.file.clone(), location.line, location.column),
        None => (true, String::new(), 0, 0),
    });
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for Finding {
    /// `file:line:column: message`, without the hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "{location}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
