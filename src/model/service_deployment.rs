//! A service deployment (DescribeServiceDeployments), in our words.

use super::{DeploymentArn, Lifecycle, TaskDefArn, Timestamp};
use std::fmt;

/// One service deployment with what its target and source revisions are.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDeployment {
    /// Its ARN.
    pub arn: DeploymentArn,
    /// How it stands.
    pub status: ServiceDeploymentStatus,
    /// Why, in ECS's words.
    pub status_reason: Option<String>,
    /// When it was asked for, by AWS's clock.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// `targetServiceRevision.arn`.
    pub target_revision: Option<String>,
    /// The task definition of the target revision, where DescribeServiceRevisions could be read.
    pub target_task_definition: Option<TaskDefArn>,
    /// Tasks of the target revision: requested, running, pending.
    pub target_tasks: (u32, u32, u32),
    /// The breaker: failures so far and the number that ends the deployment.
    pub breaker: Option<(u32, u32)>,
    /// `rollback.reason`.
    pub rollback_reason: Option<String>,
    /// Alarms that ended it.
    pub triggered_alarms: Vec<String>,
    /// Stages, hooks and shares of ECS's own strategies; `None` for ROLLING.
    pub lifecycle: Option<Lifecycle>,
}

impl ServiceDeployment {
    /// True when ECS will not touch it again. One that has an end is over, whatever it is called.
    pub fn is_over(&self) -> bool {
        let has_end = self.finished_at.is_some();
        self.status.is_terminal()
            || has_end && matches!(self.status, ServiceDeploymentStatus::Unknown(_))
    }
}

/// `status`. Terminal are Successful, Stopped, RollbackSuccessful and RollbackFailed,
/// and only Successful is success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceDeploymentStatus {
    /// Not begun.
    Pending,
    /// Rolling.
    InProgress,
    /// Somebody asked to stop it.
    StopRequested,
    /// Stopped.
    Stopped,
    /// Done.
    Successful,
    /// Going back was asked for.
    RollbackRequested,
    /// Going back.
    RollbackInProgress,
    /// Gone back.
    RollbackSuccessful,
    /// Could not go back.
    RollbackFailed,
    /// A value this program does not know: neither ended nor good.
    Unknown(String),
}

impl ServiceDeploymentStatus {
    /// From the API's spelling.
    pub fn from_api(text: &str) -> Self {
        match text {
            "PENDING" => Self::Pending,
            "IN_PROGRESS" => Self::InProgress,
            "STOP_REQUESTED" => Self::StopRequested,
            "STOPPED" => Self::Stopped,
            "SUCCESSFUL" => Self::Successful,
            "ROLLBACK_REQUESTED" => Self::RollbackRequested,
            "ROLLBACK_IN_PROGRESS" => Self::RollbackInProgress,
            "ROLLBACK_SUCCESSFUL" => Self::RollbackSuccessful,
            "ROLLBACK_FAILED" => Self::RollbackFailed,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// True when ECS will not touch it again.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed
        )
    }
}

impl fmt::Display for ServiceDeploymentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::StopRequested => "STOP_REQUESTED",
            Self::Stopped => "STOPPED",
            Self::Successful => "SUCCESSFUL",
            Self::RollbackRequested => "ROLLBACK_REQUESTED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackSuccessful => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::Unknown(text) if text.is_empty() => "without a status",
            Self::Unknown(text) => text,
        })
    }
}
