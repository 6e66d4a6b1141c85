//! What happened, for whoever shows it. No event carries a secret.

use super::{CheckLine, DeploymentStatus, FailureReport, Finding, Outcome, ReleaseStatus};
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
    /// Objects of JSON, one a line, for standard output as they are, with `--json` too.
    JsonLines {
        /// The lines, without the last newline.
        text: String,
    },
    /// What services run: the answer of `status`.
    Services {
        /// One for each service that was asked about.
        services: Vec<ServiceStatus>,
        /// How the release on them stands.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        release: Option<Box<ReleaseStatus>>,
    },
    /// Checks with their answers: what `verify` tells.
    Checks {
        /// One for each thing that was looked at.
        checks: Vec<CheckLine>,
    },
    /// A deployment failed: everything that explains it.
    Failure {
        /// The report.
        report: Box<FailureReport>,
    },
    /// Nothing to see: keeps the connection and the log moving.
    Heartbeat,
    /// The end.
    Outcome {
        /// How.
        outcome: Box<Outcome>,
    },
}

/// What one service runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// `full` or `canary`.
    pub side: String,
    /// Its name.
    pub service: String,
    /// `ACTIVE`, `DRAINING`, ... as ECS says it; `MISSING` when there is none.
    pub status: String,
    /// `family:N`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
    /// The commit that the revision's tags name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// The image of the container that carries the release.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<String>,
    /// Tasks wanted.
    pub desired: u32,
    /// Tasks that run.
    pub running: u32,
    /// Tasks on their way.
    pub pending: u32,
    /// How far the rollout is, as ECS says it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rollout: Option<String>,
    /// Its last service deployments, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deployments: Vec<DeploymentStatus>,
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
