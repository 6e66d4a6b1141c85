//! What this run did so far. AWS holds everything else: a new process starts with an empty
//! history and comes to the same end.

use crate::model::{
    DeploymentArn, DeploymentId, LiveTaskDefinition, Outcome, ServiceName, TaskDefArn, Timestamp,
};
use crate::watch::End;
use std::collections::{BTreeMap, BTreeSet};

/// What this run did so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// By service.
    pub services: BTreeMap<ServiceName, ServiceHistory>,
    /// Tagging was denied: no step asks for it again.
    pub tagging_denied: bool,
    /// The end, once there is one. Planning after it gives it again.
    pub outcome: Option<Outcome>,
}

/// What this run did to one service.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceHistory {
    /// What the first look found; `None` = the service did not exist.
    pub before: Option<Before>,
    /// On the way to what is wanted.
    pub forward: Attempt,
    /// On the way back after that failed.
    pub back: Attempt,
    /// Deployments that this run asked to stop.
    pub stopped: BTreeSet<DeploymentArn>,
    /// StopServiceDeployment is denied or not offered.
    pub stop_refused: bool,
    /// The service was deleted.
    pub deleted: bool,
    /// Tags that were written, by ARN.
    pub remembered: BTreeSet<String>,
    /// A settings-only update was made, and its count reached.
    pub count_reached: Option<u32>,
}

/// One try to bring a service to a revision.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attempt {
    /// The revision that was chosen or registered.
    pub revision: Option<LiveTaskDefinition>,
    /// The last CreateService or UpdateService that started a deployment.
    pub sent: Option<Sent>,
    /// How its wait ended.
    pub ended: Option<End>,
    /// A change without an answer, and when it was sent by AWS's clock.
    pub lost: Option<(String, Timestamp)>,
}

/// What a service showed at the first look.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// The revision it wanted.
    pub task_definition: TaskDefArn,
    /// That revision, where it could be read.
    pub revision: Option<LiveTaskDefinition>,
    /// Its PRIMARY deployment.
    pub primary: Option<DeploymentId>,
    /// Service deployments that were there.
    pub deployments: BTreeSet<DeploymentArn>,
    /// Events that were there.
    pub events: BTreeSet<String>,
    /// Tasks wanted.
    pub desired: u32,
}

/// A change that started a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its revision.
    pub revision: TaskDefArn,
    /// AWS's time of the answer; of the look before where the answer was lost.
    pub at: Timestamp,
    /// PRIMARY of the answer, when it is not the one from before.
    pub primary: Option<DeploymentId>,
    /// `currentServiceDeployment` of the answer; may be the one from before.
    pub current: Option<DeploymentArn>,
}

impl History {
    /// What is known of `service`; empty when nothing is.
    pub fn of(&self, service: &ServiceName) -> Option<&ServiceHistory> {
        self.services.get(service)
    }

    /// True when this run changed a service.
    pub fn changed_something(&self) -> bool {
        self.services.values().any(|service| {
            service.forward.sent.is_some()
                || service.back.sent.is_some()
                || service.deleted
                || service.count_reached.is_some()
                || !service.stopped.is_empty()
        })
    }
}
