//! Service deployments and service revisions. Owns their data.

use super::Lifecycle;
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value};

/// What DescribeServiceDeployments tells.
#[derive(Debug, Clone)]
pub(crate) struct ServiceDeployment {
    pub(crate) arn: String,
    /// The rolling deployment it drives.
    pub(crate) deployment_id: String,
    pub(crate) status: ServiceDeploymentStatus,
    pub(crate) status_reason: Option<String>,
    pub(crate) created_at: SimTime,
    pub(crate) started_at: Option<SimTime>,
    pub(crate) finished_at: Option<SimTime>,
    pub(crate) stopped_at: Option<SimTime>,
    pub(crate) updated_at: SimTime,
    pub(crate) target_revision: String,
    pub(crate) source_revisions: Vec<String>,
    pub(crate) rollback: Option<Rollback>,
    pub(crate) breaker: BreakerStatus,
    /// Failures and threshold, kept when the deployment has ended.
    pub(crate) breaker_counts: (u32, u32),
    pub(crate) triggered_alarms: Vec<String>,
    /// Stages of a strategy other than ROLLING.
    pub(crate) lifecycle: Option<Lifecycle>,
    /// `deploymentConfiguration` at its start.
    pub(crate) configuration: Value,
    /// Task counts at its end: requested, running, pending.
    pub(crate) final_counts: Option<(u32, u32, u32)>,
}

/// `rollback`.
#[derive(Debug, Clone)]
pub(crate) struct Rollback {
    pub(crate) reason: String,
    pub(crate) started_at: SimTime,
    pub(crate) revision_arn: String,
}

/// `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceDeploymentStatus {
    Pending,
    InProgress,
    Stopped,
    Successful,
    RollbackRequested,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
}

/// `deploymentCircuitBreaker.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BreakerStatus {
    Disabled,
    Monitoring,
    MonitoringComplete,
    Triggered,
}

/// What DescribeServiceRevisions tells.
#[derive(Debug, Clone)]
pub(crate) struct ServiceRevision {
    pub(crate) arn: String,
    pub(crate) created_at: SimTime,
    /// ARN.
    pub(crate) task_definition: String,
    pub(crate) settings: Map<String, Value>,
    /// Its own target groups, where a service has two.
    pub(crate) live_groups: Vec<String>,
    /// Container, image, digest once it is known.
    pub(crate) images: Vec<(String, String, Option<String>)>,
}

impl ServiceDeploymentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::Stopped => "STOPPED",
            Self::Successful => "SUCCESSFUL",
            Self::RollbackRequested => "ROLLBACK_REQUESTED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::RollbackSuccessful => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
        }
    }

    pub(crate) fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Stopped | Self::Successful | Self::RollbackSuccessful | Self::RollbackFailed
        )
    }
}

impl BreakerStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "DISABLED",
            Self::Monitoring => "MONITORING",
            Self::MonitoringComplete => "MONITORING_COMPLETE",
            Self::Triggered => "TRIGGERED",
        }
    }
}
