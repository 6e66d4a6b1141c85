//! A service as ECS describes it, in our words.

use super::{
    ContainerName, DeploymentArn, DeploymentId, HealthyPercents, ServiceName, TargetGroupArn,
    TaskDefArn, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What DescribeServices says of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceState {
    /// Short name.
    pub name: ServiceName,
    /// Its ARN.
    pub arn: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`, as sent.
    pub status: String,
    /// Tasks wanted.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks on their way.
    pub pending: u32,
    /// The revision that the service wants.
    pub task_definition: TaskDefArn,
    /// Entries of `deployments`, in the order of the answer.
    pub deployments: Vec<RollingDeployment>,
    /// The service deployment in progress or last finished, where ECS says it.
    pub current_deployment: Option<DeploymentArn>,
    /// At most the newest hundred, newest first.
    pub events: Vec<ServiceEvent>,
    /// Bound load balancers.
    pub load_balancers: Vec<LoadBalancerBinding>,
    /// Minimum and maximum healthy per cent.
    pub percents: HealthyPercents,
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`, as sent; absent means `ECS`.
    pub controller: Option<String>,
    /// `deploymentConfiguration.strategy`, as sent; absent means `ROLLING`.
    pub strategy: Option<String>,
    /// `REPLICA` or `DAEMON`, as sent.
    pub scheduling: String,
    /// The breaker's setting.
    pub breaker: BreakerSetting,
    /// Seconds in which health check results are ignored; absent when not set.
    pub health_grace_seconds: Option<u32>,
    /// Alarms that its deployments watch.
    pub alarms: Vec<String>,
    /// Tags of the service; empty when they were not asked for or could not be read.
    pub tags: BTreeMap<String, String>,
}

/// One entry of `deployments`.
#[derive(Debug, Clone, PartialEq)]
pub struct RollingDeployment {
    /// `ecs-svc/N`.
    pub id: DeploymentId,
    /// `PRIMARY`, `ACTIVE` or `INACTIVE`, as sent.
    pub status: String,
    /// Its revision.
    pub task_definition: TaskDefArn,
    /// Tasks it wants.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks on their way.
    pub pending: u32,
    /// Tasks that failed to start; ECS sets it back to 0 once one runs.
    pub failed: u32,
    /// How far the rollout is.
    pub rollout: RolloutState,
    /// Why, in ECS's words.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// `rolloutState`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolloutState {
    /// Rolling.
    InProgress,
    /// Done.
    Completed,
    /// The breaker or an alarm ended it.
    Failed,
    /// Absent, or a value this program does not know; never taken for success.
    Unknown(String),
}

/// One service event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEvent {
    /// ECS's id: events are told apart by it, never by time.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// ECS's text.
    pub message: String,
}

/// A load balancer of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancerBinding {
    /// Its target group; a classic load balancer has none.
    pub target_group: Option<TargetGroupArn>,
    /// The container that is registered.
    pub container: ContainerName,
    /// Its port.
    pub port: u16,
}

/// `deploymentCircuitBreaker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BreakerSetting {
    /// Watches failing tasks.
    pub enabled: bool,
    /// Goes back by itself.
    pub rollback: bool,
}

/// Where tasks are started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaunchSetting {
    /// `launchType`: `EC2`, `FARGATE` or `EXTERNAL`.
    Type(String),
    /// `capacityProviderStrategy`: provider, weight, base.
    Providers(Vec<(String, u32, u32)>),
}

/// A task that stopped, for the failure report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedTask {
    /// Short id.
    pub task: String,
    /// Its revision.
    pub task_definition: TaskDefArn,
    /// `stopCode`, as sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stop_code: Option<String>,
    /// `stoppedReason`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Its containers.
    pub containers: Vec<StoppedContainer>,
}

/// A container of a task that stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedContainer {
    /// Its name.
    pub name: ContainerName,
    /// How its process ended; absent when it never ran.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exit_code: Option<i32>,
    /// Why it did not start, or was ended, in ECS's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Docker's own id of it, which names its log stream where no stream prefix is set.
    #[serde(skip)]
    pub runtime_id: Option<String>,
}

/// A task that was started on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTask {
    /// Its ARN.
    pub arn: String,
    /// `lastStatus`, as sent.
    pub status: String,
    /// How it stopped, once it did.
    pub stopped: StoppedTask,
}

/// What RunTask said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskStart {
    /// It was started, or was started before with the same client token.
    Started(OneTask),
    /// There is no place for it now: the reasons.
    NoPlace(String),
}

/// A target's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// Target id and port.
    pub target: String,
    /// `initial`, `healthy`, `unhealthy`, `draining`, `unused`, as sent.
    pub state: String,
    /// `Target.ResponseCodeMismatch` and the like.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Words for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
}

impl ServiceState {
    /// The entry that ECS drives towards; `None` for other controllers.
    pub fn primary(&self) -> Option<&RollingDeployment> {
        self.deployments.iter().find(|deployment| deployment.status == "PRIMARY")
    }

    /// True when ECS replaces its tasks a few at a time, without moving traffic by a rule.
    pub fn is_rolling(&self) -> bool {
        matches!(self.strategy.as_deref(), None | Some("ROLLING"))
    }

    /// True while the service exists and may be changed.
    pub fn is_active(&self) -> bool {
        self.status == "ACTIVE"
    }
}
