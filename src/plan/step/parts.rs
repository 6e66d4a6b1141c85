//! What steps are made of.

use crate::journal::{Lease, Record};
use crate::model::{
    DeploymentId, ListenerRuleArn, RuleWeights, ScalableTarget, ScaleIn, ServiceName, TaskDefArn,
    TrafficShare, WeightedTraffic,
};
use std::collections::BTreeMap;

/// Lease and progress, as they are written next.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// The service that keeps them.
    pub service: ServiceName,
    /// Its ARN.
    pub arn: String,
    /// What is written.
    pub record: Record,
    /// The lease that was seen before: what comes later and is not ours took ours away.
    pub before: Lease,
}

/// Weights of a listener rule, as they are set next.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsStep {
    /// The rule.
    pub rule: ListenerRuleArn,
    /// Its two target groups.
    pub traffic: WeightedTraffic,
    /// What the rule must still show.
    pub expected: RuleWeights,
    /// What it gets.
    pub to: RuleWeights,
    /// The canary's share with them.
    pub share: TrafficShare,
}

/// A service's scale-in, as it is set next, with the note of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleInStep {
    /// The service.
    pub service: ServiceName,
    /// Its ARN: its tags keep the note.
    pub arn: String,
    /// What scale-in gets.
    pub to: ScaleIn,
    /// The scalable target as it was seen; `None` where it could not be read.
    pub target: Option<ScalableTarget>,
    /// Written before scale-in is suspended, and after it was resumed.
    pub note: BTreeMap<String, String>,
}

/// A revision, known or made by the `Register` step before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionRef {
    /// It exists.
    Known(TaskDefArn),
    /// The step before registers it.
    Registered,
}

/// Why a revision may be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReuseReason {
    /// This release registered it before: the job was run again.
    SameRelease,
    /// AWS holds it for this commit.
    SameCommit,
    /// The rollback goes to it.
    RollbackTarget,
}

/// Forward to what is wanted, or back after it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// To what is wanted.
    Forward,
    /// To what ran before.
    Back,
}

/// What an UpdateService is for; only the first two start a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateReason {
    /// Another revision, or another load balancer.
    Deploy,
    /// The same revision once more.
    Force,
    /// Count or per cents only.
    Settings,
}

/// What a service must show right before it is changed. Both come from the first look, so a
/// change by somebody else in between is a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its PRIMARY deployment.
    pub primary: Option<DeploymentId>,
    /// The revision it wants.
    pub task_definition: TaskDefArn,
}

/// The answer of a look right before a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precheck {
    /// It is so already.
    Done,
    /// Go on.
    Ready,
    /// Somebody changed what the step was planned on.
    Conflict {
        /// What the plan was made on.
        expected: String,
        /// What is there.
        found: String,
    },
}
