//! A service. Owns its data and how its settings are read.

use super::{Deployment, DeploymentStatus, Events, ServiceDeployment, ServiceRevision, Tags};
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value};
use std::time::Duration;

/// Cluster name and service name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServiceKey {
    pub(crate) cluster: String,
    pub(crate) name: String,
}

/// A service and its history.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) key: ServiceKey,
    pub(crate) arn: String,
    pub(crate) status: ServiceStatus,
    pub(crate) created_at: SimTime,
    pub(crate) created_by: String,
    pub(crate) desired: u32,
    /// ARN.
    pub(crate) task_definition: String,
    /// Every other member that was sent, with ECS's defaults.
    pub(crate) settings: Map<String, Value>,
    pub(crate) tags: Tags,
    /// Newest first.
    pub(crate) deployments: Vec<Deployment>,
    /// The last deployment that completed: where a rollback goes.
    pub(crate) last_completed: Option<Deployment>,
    /// Oldest first.
    pub(crate) service_deployments: Vec<ServiceDeployment>,
    /// Oldest first.
    pub(crate) revisions: Vec<ServiceRevision>,
    pub(crate) events: Events,
    /// The scheduler looks at this time and whole ticks later.
    pub(crate) grid_origin: SimTime,
    /// When the scheduler looks at it again.
    pub(crate) next_look: Option<SimTime>,
}

/// `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceStatus {
    Active,
    Draining,
    Inactive,
}

impl ServiceStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}

impl Service {
    pub(crate) fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.status == DeploymentStatus::Primary)
    }

    pub(crate) fn primary_mut(&mut self) -> Option<&mut Deployment> {
        self.deployments
            .iter_mut()
            .find(|deployment| deployment.status == DeploymentStatus::Primary)
    }

    pub(crate) fn deployment_mut(&mut self, id: &str) -> Option<&mut Deployment> {
        self.deployments.iter_mut().find(|deployment| deployment.id == id)
    }

    /// The newest service deployment: ECS's `currentServiceDeployment`.
    pub(crate) fn current(&self) -> Option<&ServiceDeployment> {
        self.service_deployments.last()
    }

    /// The newest service deployment while it has not ended.
    pub(crate) fn active_deployment_mut(&mut self) -> Option<&mut ServiceDeployment> {
        self.service_deployments.last_mut().filter(|current| !current.status.is_terminal())
    }

    /// A setting of `deploymentConfiguration`.
    pub(crate) fn configuration(&self, member: &str) -> &Value {
        self.settings
            .get("deploymentConfiguration")
            .and_then(|configuration| configuration.get(member))
            .unwrap_or(&Value::Null)
    }

    /// `minimumHealthyPercent` and `maximumPercent`.
    pub(crate) fn percents(&self) -> (u32, u32) {
        let read = |member, default| {
            self.configuration(member)
                .as_u64()
                .and_then(|percent| u32::try_from(percent).ok())
                .unwrap_or(default)
        };
        (read("minimumHealthyPercent", 100), read("maximumPercent", 200))
    }

    /// ARNs of the service's target groups.
    pub(crate) fn target_groups(&self) -> Vec<String> {
        let live = self.primary().map(|primary| primary.live_groups.clone()).unwrap_or_default();
        if !live.is_empty() {
            return live;
        }
        load_balancers(&self.settings)
            .filter_map(|balancer| balancer["targetGroupArn"].as_str().map(str::to_owned))
            .collect()
    }

    /// Unhealthy results are ignored for so long after a task started.
    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(
            self.settings.get("healthCheckGracePeriodSeconds").and_then(Value::as_u64).unwrap_or(0),
        )
    }
}

/// Entries of `loadBalancers`.
pub(crate) fn load_balancers(settings: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    settings.get("loadBalancers").and_then(Value::as_array).into_iter().flatten()
}
