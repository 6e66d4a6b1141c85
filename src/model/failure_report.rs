//! What a failed deployment left to look at: told in the log, and kept in `release.json`.

use super::{ContainerName, DeploymentArn, ServiceEvent, ServiceName, StoppedTask, TargetHealth};
use serde::{Deserialize, Serialize};

/// Everything that explains a failure, of this release only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureReport {
    /// The service.
    pub service: ServiceName,
    /// `family:N` that failed.
    pub revision: String,
    /// How it ended, in a word or two; empty in reports of earlier versions.
    #[serde(default)]
    pub ended: String,
    /// Our service deployment, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment: Option<DeploymentArn>,
    /// The likely cause in one sentence; absent when the evidence does not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<String>,
    /// The deployment's reason, in ECS's words where it gave some.
    pub reason: String,
    /// Service events since the change, oldest first.
    pub events: Vec<ServiceEvent>,
    /// Stopped tasks of the revision, newest first.
    pub tasks: Vec<StoppedTask>,
    /// The last lines of failing containers.
    pub logs: Vec<ContainerLog>,
    /// Targets that are not healthy.
    pub targets: Vec<TargetHealth>,
    /// Alarms that ended the deployment.
    pub alarms: Vec<String>,
    /// What could not be read, and why.
    pub could_not_tell: Vec<String>,
}

/// The end of one container's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerLog {
    /// The container.
    pub container: ContainerName,
    /// Short id of its task.
    pub task: String,
    /// Where the log is.
    pub place: LogPlace,
    /// Its last lines, oldest first.
    pub lines: Vec<String>,
}

/// A log stream of CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogPlace {
    /// Its group.
    pub group: String,
    /// Its name.
    pub stream: String,
    /// The group's region; the connection's own when nobody says one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
}
