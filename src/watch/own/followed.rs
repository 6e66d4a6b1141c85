//! What a wait for our own deployment goes by.

use super::super::stages::Answers;
use crate::model::{DeploymentArn, DeploymentId, ServiceName, TaskDefArn, Timestamp};
use std::collections::BTreeSet;
use std::time::Duration;

/// What is followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The service.
    pub service: ServiceName,
    /// The revision that our deployment brings.
    pub revision: TaskDefArn,
    /// Our deployment, when it is known already.
    pub deployment: Option<DeploymentArn>,
    /// `currentServiceDeployment` of the answer of our change; may be stale or another's.
    pub answered: Option<DeploymentArn>,
    /// PRIMARY of the answer of our change.
    pub primary: Option<DeploymentId>,
    /// When our change was answered, by AWS's clock; `None` when an earlier run made it.
    pub sent_at: Option<Timestamp>,
    /// Deployments that were there before.
    pub known_deployments: BTreeSet<DeploymentArn>,
    /// PRIMARY from before.
    pub primary_before: Option<DeploymentId>,
    /// Entries of the service's `deployments` from before.
    pub entries_before: BTreeSet<DeploymentId>,
    /// Events that were there before.
    pub known_events: BTreeSet<String>,
    /// The revision that ran before; `None` for the first deployment.
    pub previous: Option<TaskDefArn>,
    /// Who answers when it pauses.
    pub answers: Answers,
    /// How long ECS keeps the old tasks after all requests moved, where this release said it.
    pub bake: Option<Duration>,
    /// The end of our patience.
    pub deadline: Timestamp,
}
