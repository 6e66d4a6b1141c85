//! A task. Owns its data; the scheduler moves it through its life.

use super::{Tags, TargetKey};
use crate::cloud::brain::fate::TaskFate;
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value};

/// A task and everything DescribeTasks tells of it.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// Counts all tasks ever made: the higher, the newer.
    pub(crate) order: u64,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) cluster: String,
    /// Name of its service.
    pub(crate) service: Option<String>,
    /// `ecs-svc/N` of a service's task.
    pub(crate) deployment: Option<String>,
    pub(crate) family: String,
    pub(crate) revision: u32,
    /// ARN.
    pub(crate) task_definition: String,
    pub(crate) group: String,
    pub(crate) started_by: Option<String>,
    /// Members that are only shown: launchType, overrides, cpu, memory, networkConfiguration.
    pub(crate) shown: Map<String, Value>,
    pub(crate) tags: Tags,
    pub(crate) stage: Stage,
    /// `desiredStatus` RUNNING.
    pub(crate) wanted: bool,
    pub(crate) created_at: SimTime,
    pub(crate) pull_started_at: Option<SimTime>,
    pub(crate) pull_stopped_at: Option<SimTime>,
    pub(crate) started_at: Option<SimTime>,
    pub(crate) stopping_at: Option<SimTime>,
    pub(crate) execution_stopped_at: Option<SimTime>,
    pub(crate) stopped_at: Option<SimTime>,
    pub(crate) stop: Option<Stop>,
    pub(crate) containers: Vec<Container>,
    /// All essential containers' own checks together.
    pub(crate) health: ContainerHealth,
    /// It has no check at all and has run long enough.
    pub(crate) assumed_healthy: bool,
    pub(crate) fate: TaskFate,
    /// Where it is registered.
    pub(crate) targets: Vec<TargetKey>,
    /// Private address of the task, or of its instance in bridge mode.
    pub(crate) address: String,
    /// What happens to it by itself, and when.
    pub(crate) timers: Vec<(SimTime, TaskTimer)>,
    /// The agent's answer, when one pulls; `None` while it is not there.
    pub(crate) pulled: Option<Result<(), String>>,
    /// The pull has taken at least its time.
    pub(crate) pull_time_over: bool,
}

/// `lastStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Provisioning,
    Pending,
    Activating,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

/// `healthStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContainerHealth {
    /// There is no check, or it has not spoken yet.
    Unknown,
    Healthy,
    Unhealthy,
}

/// Why a task stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    /// `stopCode`.
    pub(crate) code: &'static str,
    /// `stoppedReason`.
    pub(crate) reason: String,
}

/// A container of a task.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) image: String,
    pub(crate) digest: Option<String>,
    pub(crate) runtime_id: Option<String>,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Option<String>,
    pub(crate) essential: bool,
    pub(crate) checked: bool,
    /// Container port, host port, protocol.
    pub(crate) ports: Vec<(u16, u16, String)>,
}

/// Something that happens to a task by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskTimer {
    /// The next stage of its life.
    Next,
    /// Its essential container exits with this code.
    Exit(i32),
    /// Its container check passes.
    ContainerHealthy,
    /// Its container check has failed too often.
    ContainerUnhealthy,
    /// Nobody checks it and it has run long enough.
    AssumedHealthy,
    /// Its result inside the grace period counts from now on.
    GraceOver,
    /// It is no longer listed.
    Forgotten,
}

impl Stage {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

impl ContainerHealth {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

impl Task {
    /// Wanted, and not stopped by itself.
    pub(crate) fn is_live(&self) -> bool {
        self.wanted && self.stage <= Stage::Running
    }

    /// Image references of its containers.
    pub(crate) fn images(&self) -> String {
        self.containers.iter().map(|one| one.image.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// When the next thing happens to it.
    pub(crate) fn due(&self) -> Option<SimTime> {
        self.timers.iter().map(|&(at, _)| at).min()
    }

    /// One of its containers has a health check.
    pub(crate) fn is_checked(&self) -> bool {
        self.containers.iter().any(|container| container.checked && container.essential)
    }
}
