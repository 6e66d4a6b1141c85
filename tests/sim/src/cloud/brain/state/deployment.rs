//! One entry of a service's `deployments`. Owns its data.

use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value};

/// A rolling deployment.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    /// `ecs-svc/N`.
    pub(crate) id: String,
    pub(crate) status: DeploymentStatus,
    /// The service revision that it rolls out.
    pub(crate) revision_arn: String,
    /// ARN of its task definition.
    pub(crate) task_definition: String,
    /// Members of the service that belong to the revision: network, load balancers, launch type.
    pub(crate) settings: Map<String, Value>,
    /// Target groups of its tasks, when they are not those of the settings.
    pub(crate) live_groups: Vec<String>,
    pub(crate) created_at: SimTime,
    pub(crate) updated_at: SimTime,
    pub(crate) rollout: RolloutState,
    pub(crate) reason: String,
    /// `failedTasks`: set back once a task runs.
    pub(crate) failed_tasks: u32,
    /// What the circuit breaker has counted.
    pub(crate) breaker_failures: u32,
    /// A task of this deployment has been RUNNING.
    pub(crate) has_run: bool,
    pub(crate) back_off: BackOff,
    /// It is the way back from another one.
    pub(crate) is_rollback: bool,
    /// All tasks run and the old ones are gone; alarms are watched until then.
    pub(crate) bakes_until: Option<SimTime>,
    /// Alarms are watched (none of them was in ALARM at the start).
    pub(crate) watches_alarms: bool,
}

/// `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeploymentStatus {
    Primary,
    Active,
}

/// `rolloutState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RolloutState {
    InProgress,
    Completed,
    Failed,
}

/// How long no task is started because tasks kept failing.
#[derive(Debug, Clone, Default)]
pub(crate) struct BackOff {
    /// Failures in a row.
    pub(crate) level: u32,
    pub(crate) until: Option<SimTime>,
}

impl DeploymentStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "PRIMARY",
            Self::Active => "ACTIVE",
        }
    }
}

impl RolloutState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}
