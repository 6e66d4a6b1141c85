//! How a wait ended.

use crate::model::{DeploymentArn, Evidence, Pause, TaskDefArn};

/// The end of a wait, with what the report needs.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// How.
    pub kind: EndKind,
    /// Our service deployment, where it was found.
    pub deployment: Option<DeploymentArn>,
    /// Why, in words; ECS's own where it gave some.
    pub reason: String,
    /// The likely cause, when the evidence of a failure tells one.
    pub cause: Option<String>,
    /// The first sign of it.
    pub first: Option<String>,
    /// What users met of it, as far as tasks tell.
    pub users: Option<String>,
    /// What the judge said until then, where one was asked.
    pub evidence: Option<Box<Evidence>>,
}

/// Every way a wait can end. Only `Successful` is success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndKind {
    /// ECS calls our deployment done and PRIMARY runs our revision.
    Successful,
    /// Our deployment failed; what ran before runs again.
    FailedRolledBack,
    /// Our deployment failed and nothing was taken back (no breaker, or nothing to go back to).
    FailedNotRolledBack,
    /// Tasks of a share that is held are missing too long: the share is given back next.
    Unwell,
    /// Our deployment failed, and so did the way back.
    RollbackFailed,
    /// Somebody stopped it.
    Stopped {
        /// What ran before runs again.
        rolled_back: bool,
    },
    /// Somebody else's deployment took over.
    Superseded {
        /// It, where ECS tells it.
        by: Option<DeploymentArn>,
        /// What it brings.
        revision: Option<TaskDefArn>,
    },
    /// The deadline passed; it goes on.
    TimedOut,
    /// Our deployment could not be found: neither good nor bad.
    CouldNotTell,
    /// DescribeServices is denied, or the keys expired.
    Denied,
    /// Our deployment waits for an answer.
    Paused(Box<Pause>),
    /// The pause that was held is over: somebody answered it, or ECS goes back.
    Resumed,
    /// The job was cancelled.
    Cancelled,
    /// The judge, or an alarm, found the canary bad.
    JudgedBad,
    /// No verdict in time.
    Undecided,
}

impl End {
    /// An end without a known deployment.
    pub fn new(kind: EndKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            deployment: None,
            reason: reason.into(),
            cause: None,
            first: None,
            users: None,
            evidence: None,
        }
    }

    /// The same end, of `deployment`.
    pub fn of(self, deployment: Option<&DeploymentArn>) -> Self {
        Self { deployment: deployment.cloned(), ..self }
    }

    /// In a word or two.
    pub fn word(&self) -> &'static str {
        match self.kind {
            EndKind::Successful => "done",
            EndKind::FailedRolledBack => "failed, rolled back",
            EndKind::FailedNotRolledBack => "failed, not rolled back",
            EndKind::RollbackFailed => "failed, and so did the rollback",
            EndKind::Stopped { .. } => "stopped by somebody",
            EndKind::Superseded { .. } => "superseded",
            EndKind::TimedOut => "still going on at the deadline",
            EndKind::CouldNotTell => "could not tell",
            EndKind::Denied => "access denied",
            EndKind::Paused(_) => "paused",
            EndKind::Resumed => "not paused any more",
            EndKind::Cancelled => "cancelled",
            EndKind::Unwell => "does not stay well",
            EndKind::JudgedBad => "judged bad",
            EndKind::Undecided => "no verdict",
        }
    }

    /// True for the ends that a failure report explains: failures, and what did not end in time.
    pub fn is_explained(&self) -> bool {
        self.is_failure() || self.kind == EndKind::TimedOut
    }

    /// True for a failed deployment.
    pub fn is_failure(&self) -> bool {
        match self.kind {
            EndKind::FailedRolledBack
            | EndKind::FailedNotRolledBack
            | EndKind::Unwell
            | EndKind::RollbackFailed
            | EndKind::Stopped { .. } => true,
            EndKind::Successful
            | EndKind::Superseded { .. }
            | EndKind::TimedOut
            | EndKind::CouldNotTell
            | EndKind::Denied
            | EndKind::Paused(_)
            | EndKind::Resumed
            | EndKind::Cancelled
            | EndKind::JudgedBad
            | EndKind::Undecided => false,
        }
    }
}
