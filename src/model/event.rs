//! What happened, for whoever shows it. No event carries a secret.

use super::{Finding, Outcome};
use serde::{Deserialize, Serialize};

/// How loud a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Normal talk.
    Info,
    /// Something to look at.
    Warning,
    /// The reason of a failure.
    Error,
}

/// One thing that happened. `output` turns it into a line or into JSON
/// (`{"event":"line",...}`); nobody else prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A labelled line: `image  app/web@sha256:...`. The label is a short word.
    Fact {
        /// `image`, `plan`, `service`, ...
        label: String,
        /// The line.
        text: String,
    },
    /// A line of its own.
    Line {
        /// How loud.
        level: LogLevel,
        /// The line.
        text: String,
    },
    /// A finding of a file or a check.
    Finding {
        /// The finding.
        finding: Finding,
    },
    /// A group of lines begins; folded when it ends well.
    SectionStart {
        /// Letters, digits, `_ . -`.
        name: String,
        /// Title.
        title: String,
    },
    /// The group ends.
    SectionEnd {
        /// The same name.
        name: String,
        /// What came of it, with its duration in seconds.
        summary: String,
    },
    /// Text for standard output as it is: the answer of a query command.
    Output {
        /// The text, without its last newline.
        text: String,
    },
    /// Nothing to see: keeps the connection and the log moving.
    Heartbeat,
    /// The end.
    Outcome {
        /// How.
        outcome: Outcome,
    },
}

impl Event {
    /// A labelled line.
    pub fn fact(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Fact { label: label.into(), text: text.into() }
    }

    /// A plain line.
    pub fn line(text: impl Into<String>) -> Self {
        Self::Line { level: LogLevel::Info, text: text.into() }
    }

    /// A warning.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::Line { level: LogLevel::Warning, text: text.into() }
    }
}
