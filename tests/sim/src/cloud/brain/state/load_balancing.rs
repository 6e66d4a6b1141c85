//! Target groups, load balancers, listeners and rules. Owns their data.

use super::Tags;
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// Target group ARN, target id and port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TargetKey {
    pub(crate) group: String,
    pub(crate) id: String,
    pub(crate) port: u16,
}

/// A target group and its targets.
#[derive(Debug, Clone)]
pub(crate) struct TargetGroup {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// Members of CreateTargetGroup with the service's defaults.
    pub(crate) settings: Map<String, Value>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: Tags,
    pub(crate) targets: BTreeMap<(String, u16), Target>,
}

/// A registered target.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The task behind it.
    pub(crate) task: String,
    pub(crate) state: TargetState,
    /// What its checks will find, and when.
    pub(crate) changes: Vec<(SimTime, TargetChange)>,
}

/// `TargetHealth.State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetState {
    Registering,
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

/// What happens to a target by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetChange {
    /// The load balancer knows it and begins to check.
    Registered,
    /// Enough checks passed.
    Healthy,
    /// Enough checks failed.
    Unhealthy,
    /// The deregistration delay is over.
    Gone,
}

/// A load balancer.
#[derive(Debug, Clone)]
pub(crate) struct LoadBalancer {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) dns: String,
    pub(crate) created_at: SimTime,
    pub(crate) settings: Map<String, Value>,
    pub(crate) tags: Tags,
}

/// A listener.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) arn: String,
    pub(crate) load_balancer: String,
    pub(crate) port: u16,
    pub(crate) protocol: String,
    pub(crate) tags: Tags,
}

/// A rule; every listener has a default one.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) arn: String,
    pub(crate) listener: String,
    /// `None` = the default rule.
    pub(crate) priority: Option<u32>,
    /// `Conditions`, as sent.
    pub(crate) conditions: Value,
    /// `Actions`, in full spelling.
    pub(crate) actions: Value,
    pub(crate) tags: Tags,
}

impl TargetState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Registering | Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Draining => "draining",
        }
    }
}

impl TargetGroup {
    fn number(&self, member: &str, default: u64) -> u64 {
        self.settings.get(member).and_then(Value::as_u64).unwrap_or(default)
    }

    /// Time from registration to healthy.
    pub(crate) fn time_to_healthy(&self) -> Duration {
        Duration::from_secs(
            self.number("HealthCheckIntervalSeconds", 30) * self.number("HealthyThresholdCount", 5),
        )
    }

    /// Time from the first failing check to unhealthy.
    pub(crate) fn time_to_unhealthy(&self) -> Duration {
        Duration::from_secs(
            self.number("HealthCheckIntervalSeconds", 30)
                * self.number("UnhealthyThresholdCount", 2),
        )
    }

    /// `deregistration_delay.timeout_seconds`.
    pub(crate) fn deregistration_delay(&self) -> Duration {
        Duration::from_secs(
            self.attributes
                .get("deregistration_delay.timeout_seconds")
                .and_then(|text| text.parse().ok())
                .unwrap_or(300),
        )
    }

    /// Targets are instances (bridge, host) or addresses (awsvpc).
    pub(crate) fn target_type(&self) -> &str {
        self.settings.get("TargetType").and_then(Value::as_str).unwrap_or("instance")
    }
}
