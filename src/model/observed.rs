//! One look at the world. May be stale: ECS answers are eventually consistent, so a plan may
//! conclude from what it sees, never from what it does not see yet.

use super::{
    ListenerRule, LiveTaskDefinition, ScalableTarget, ServiceDeployment, ServiceName, ServiceState,
    TargetGroupArn, TargetHealth, Timestamp,
};
use std::collections::BTreeMap;

/// Something read, or the reason why it could not be.
#[derive(Debug, Clone, PartialEq)]
pub enum Knowledge<T> {
    /// Read.
    Known(T),
    /// Denied, timed out or not offered: the third answer.
    CouldNotTell(String),
}

/// One service in a look.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedService {
    /// The service; `None` when ECS says MISSING or INACTIVE.
    pub state: Option<ServiceState>,
    /// The revision it wants now.
    pub task_definition: Option<LiveTaskDefinition>,
    /// Its service deployments, newest first.
    pub deployments: Knowledge<Vec<ServiceDeployment>>,
    /// Revisions of its family that the plan may go back to or reuse, newest first.
    pub revisions: Knowledge<Vec<LiveTaskDefinition>>,
}

impl ObservedService {
    /// Every revision of it that was read, the one that it wants now last.
    pub fn read_revisions(&self) -> impl Iterator<Item = &LiveTaskDefinition> + Clone {
        self.revisions.known().into_iter().flatten().chain(&self.task_definition)
    }
}

/// Everything a plan is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// AWS's clock at the look (the `Date` header); ours where there was none.
    pub at: Timestamp,
    /// False when ECS does not know the cluster.
    pub cluster_found: bool,
    /// By service name.
    pub services: BTreeMap<ServiceName, ObservedService>,
    /// Targets of the wanted target groups; `Known(None)` for one that does not exist.
    pub target_groups: BTreeMap<TargetGroupArn, Knowledge<Option<Vec<TargetHealth>>>>,
    /// The wanted listener rule; `None` = none is wanted, `Known(None)` = it does not exist.
    pub rule: Option<Knowledge<Option<ListenerRule>>>,
    /// By service, where it was asked for; `Known(None)` = its count is not autoscaled.
    pub scaling: BTreeMap<ServiceName, Knowledge<Option<ScalableTarget>>>,
}

impl<T> Knowledge<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::CouldNotTell(_) => None,
        }
    }
}

impl Observed {
    /// The service as it was seen; `None` when it is missing or was not looked at.
    pub fn state(&self, service: &ServiceName) -> Option<&ServiceState> {
        self.services.get(service)?.state.as_ref()
    }

    /// Its autoscaling; `None` when it has none, or that could not be told.
    pub fn scalable_target(&self, service: &ServiceName) -> Option<ScalableTarget> {
        *self.scaling.get(service)?.known()?
    }
}
