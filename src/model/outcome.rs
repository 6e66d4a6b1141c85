//! How a command ended.

use super::{DeploymentArn, Evidence, PinnedImage, ServiceName, TaskDefArn};
use serde::{Deserialize, Serialize};

/// Every way to end. Exit codes are `failure`'s business, the spelling is a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// What was asked for is so.
    Succeeded,
    /// It was so already.
    NoChange,
    /// Waits where the user asked it to wait.
    Paused,
    /// The deployment failed; what ran before runs again.
    FailedRolledBack,
    /// The deployment failed and what ran before does not run again: a person is needed.
    FailedNotRolledBack,
    /// Somebody else's deployment took over.
    Superseded,
    /// Our deadline passed; the deployment still goes on.
    TimedOut,
    /// The job was cancelled.
    Cancelled,
    /// The canary was judged bad.
    CanaryFailed,
    /// No verdict on the canary.
    CanaryUndecided,
    /// Judged bad and left as it is.
    Frozen,
    /// A preflight, another release or the host's policy forbids it.
    Refused,
    /// A file or an argument is wrong.
    Invalid,
    /// AWS or the registry denied access.
    Denied,
    /// AWS or the registry was not reachable in time.
    Unreachable,
    /// Our bug.
    Internal,
}

/// What refused. Three exit codes come from it; the outcome's word is `refused` for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// A check before the first change, or AWS itself by the same rule.
    Preflight,
    /// Another release is active on the service.
    OtherRelease,
    /// The commit is older than what runs and was never released there.
    Older,
    /// The host's policy or sandbox.
    Policy,
}

/// The last line of `--json`, `release.json`'s head, and what the log ends with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub outcome: OutcomeKind,
    /// The process's exit code; `failure` sets it.
    pub exit_code: i32,
    /// What refused, for `failure`; not shown.
    #[serde(skip)]
    pub refusal: Option<Refusal>,
    /// The exit code of a command that was run in a task of its own, when it is not 0: the
    /// process ends with it; not shown.
    #[serde(skip)]
    pub command_code: Option<i32>,
    /// The service that was changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<ServiceName>,
    /// Our service deployment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment: Option<DeploymentArn>,
    /// `family:N` that the service wants now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
    /// The image it runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<String>,
    /// What ran before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<ReleaseOnService>,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Why, one sentence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The first sign of what went wrong, where one was seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first: Option<String>,
    /// What users met of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub users: Option<String>,
    /// What runs now and who has the requests, a line for each service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub now: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// True where it could not be told how the deployment ended: it may have ended, well or not.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub end_unknown: bool,
    /// The last verdict on the canary with its evidence, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Box<Evidence>>,
}

/// A revision and its image, in short form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseOnService {
    /// `family:N`.
    pub revision: String,
    /// The image, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image: Option<String>,
}

impl ReleaseOnService {
    /// Of a revision and what is known of its image.
    pub fn new(arn: &TaskDefArn, image: Option<&str>) -> Self {
        Self { revision: arn.short().to_owned(), image: image.map(str::to_owned) }
    }

    /// The image with its digest, if it has one.
    pub fn pinned(&self) -> Option<PinnedImage> {
        self.image.as_deref()?.parse().ok()
    }
}

impl OutcomeKind {
    /// True for the ends that exit 0.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::NoChange | Self::Paused)
    }
}

impl Outcome {
    /// An outcome with nothing but its kind; the exit code is set by `failure`.
    pub fn new(kind: OutcomeKind) -> Self {
        Self {
            outcome: kind,
            exit_code: 0,
            refusal: None,
            command_code: None,
            service: None,
            deployment: None,
            revision: None,
            image: None,
            previous: None,
            commit: None,
            seconds: 0.0,
            reason: None,
            first: None,
            users: None,
            now: None,
            hint: None,
            end_unknown: false,
            verdict: None,
        }
    }

    /// A refusal.
    pub fn refused(by: Refusal) -> Self {
        Self { refusal: Some(by), ..Self::new(OutcomeKind::Refused) }
    }

    /// The same outcome with a reason.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The same outcome with a hint.
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
