//! What this run did so far. AWS holds everything else: a new process starts with an empty
//! history and comes to the same end.

use super::Shortfall;
use crate::journal::{Lease, Record};
use crate::model::{
    DeploymentArn, DeploymentId, Evidence, HookId, LiveTaskDefinition, Observed, ObservedService,
    Outcome, Pause, RuleWeights, ServiceName, TaskDefArn, Timestamp,
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
    /// Lease and progress that this run wrote last, or would have written with the right to.
    pub noted: Option<Noted>,
    /// Weights that this run sent last.
    pub weights: Option<WeightsSent>,
    /// The full service is waited for, before the canary's share is taken away.
    pub full_awaited: Option<FullAwaited>,
    /// Only the canary's share is taken away: its tasks stay for the same command.
    pub only_the_share: bool,
    /// How holds ended, by step.
    pub holds: BTreeMap<u32, End>,
    /// How the wait for a person ended.
    pub gate: Option<End>,
    /// What this run did about scale-in, by service.
    pub scale_in: BTreeMap<ServiceName, ScaleInSent>,
    /// The canary is taken back because of a verdict.
    pub judged_bad: bool,
    /// The end, once there is one. Planning after it gives it again.
    pub outcome: Option<Outcome>,
}

/// What this run did to one service.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceHistory {
    /// What the first look found; `None` = the service did not exist.
    pub first: Option<Before>,
    /// What changes are planned on: the first look, or the one after we made room.
    pub basis: Option<Before>,
    /// On the way to what is wanted.
    pub forward: Attempt,
    /// On the way back after that failed.
    pub back: Attempt,
    /// Count and per cents were sent without a deployment: the count, if it was among them.
    pub settings: Option<Option<u32>>,
    /// How the wait for that count ended.
    pub count_end: Option<End>,
    /// The last count that was sent on its own.
    pub count: Option<CountSent>,
    /// Deployments that this run asked to stop.
    pub stopped: BTreeSet<DeploymentArn>,
    /// StopServiceDeployment is denied or not offered.
    pub stop_refused: bool,
    /// The service was deleted.
    pub deleted: bool,
    /// Events that were told in waits that ended at a pause.
    pub told: BTreeSet<String>,
    /// The pause that a wait saw last.
    pub pause: Option<Pause>,
    /// Our deployment at whose pause this run was, whichever run started it.
    pub joined: Option<Joined>,
    /// Answers to pauses, by the run of their hook.
    pub answers: BTreeMap<HookId, Answer>,
    /// Tags that were written: value by ARN and key.
    pub remembered: BTreeMap<(String, String), String>,
}

/// A deployment that this run answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// It.
    pub deployment: DeploymentArn,
    /// The revision that it brings.
    pub revision: TaskDefArn,
}

/// What was answered to a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The pause counts as answered so long, by AWS's clock: looks may be older than that.
    pub until: Timestamp,
    /// So often.
    pub tries: u32,
    /// Why ECS did not take the last one, in its words.
    pub refused: Option<String>,
}

/// Lease and progress as this run wrote them.
#[derive(Debug, Clone, PartialEq)]
pub struct Noted {
    /// The service that keeps them.
    pub arn: String,
    /// What was written.
    pub record: Record,
    /// The lease that was seen before ours.
    pub before: Lease,
}

/// Weights that were sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightsSent {
    /// These.
    pub to: RuleWeights,
    /// Instead of these.
    pub before: RuleWeights,
    /// At this time of AWS's clock.
    pub at: Timestamp,
}

/// The wait for a full service that cannot take all requests yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullAwaited {
    /// Since when, by AWS's clock.
    pub since: Timestamp,
    /// What it lacked at the last look.
    pub lacks: Shortfall,
}

/// What this run did about a service's scale-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScaleInSent {
    /// Suspended, or the answer was lost.
    Suspended,
    /// Noted, and then it could not be suspended: only the note is to be closed.
    Refused,
    /// On again.
    Resumed,
    /// It could not be resumed, and that was said: a later run does it.
    Left,
}

/// A count that was sent on its own.
#[derive(Debug, Clone, PartialEq)]
pub struct CountSent {
    /// Tasks.
    pub count: u32,
    /// How the wait for them ended.
    pub ended: Option<End>,
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
    /// A change without an answer.
    pub lost: Option<Lost>,
}

/// A change whose answer was lost.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// `ecs:UpdateService`, ...
    pub operation: String,
    /// AWS's time of the look before it.
    pub at: Timestamp,
}

/// What a service showed at a look.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// The revision it wanted.
    pub task_definition: TaskDefArn,
    /// That revision, where it could be read.
    pub revision: Option<LiveTaskDefinition>,
    /// Its PRIMARY deployment.
    pub primary: Option<DeploymentId>,
    /// Entries of its `deployments`.
    pub entries: BTreeSet<DeploymentId>,
    /// Service deployments that were there.
    pub deployments: BTreeSet<DeploymentArn>,
    /// Events that were there.
    pub events: BTreeSet<String>,
}

/// A change that started a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its revision.
    pub revision: TaskDefArn,
    /// AWS's time of the answer.
    pub at: Timestamp,
    /// PRIMARY of the answer, when it is not the one from before.
    pub primary: Option<DeploymentId>,
    /// `currentServiceDeployment` of the answer, when it is not the one from before.
    pub current: Option<DeploymentArn>,
    /// What the service showed right before; `None` = it was created by this change.
    pub before: Option<Before>,
}

impl History {
    /// Takes a look into account: services that were not seen before are now.
    pub fn look(&mut self, observed: &Observed) {
        for (name, service) in &observed.services {
            if !self.services.contains_key(name) {
                let before = Before::of(service);
                let first = ServiceHistory {
                    first: before.clone(),
                    basis: before,
                    ..ServiceHistory::default()
                };
                self.services.insert(name.clone(), first);
            }
        }
    }

    /// Changes are planned on this look from now on: we made room ourselves.
    pub fn rebase(&mut self, service: &ServiceName, seen: &ObservedService) {
        self.of_mut(service).basis = Before::of(seen);
    }

    /// What a run knows that takes back what this one left.
    #[must_use]
    pub fn for_the_way_back(self) -> Self {
        let Self { noted, judged_bad, scale_in, .. } = self;
        Self { noted, judged_bad, scale_in, ..Self::default() }
    }

    /// What is known of `service`; `None` when nothing is.
    pub fn of(&self, service: &ServiceName) -> Option<&ServiceHistory> {
        self.services.get(service)
    }

    /// The same, to note something.
    pub fn of_mut(&mut self, service: &ServiceName) -> &mut ServiceHistory {
        self.services.entry(service.clone()).or_default()
    }

    /// What the judge said last.
    pub fn evidence(&self) -> Option<&Evidence> {
        let ends = self.holds.values().chain(&self.gate);
        ends.filter_map(|end| end.evidence.as_deref()).next_back()
    }

    /// True when this run changed a service.
    pub fn changed_something(&self) -> bool {
        self.weights.is_some() || self.services.values().any(ServiceHistory::was_touched)
    }
}

impl ServiceHistory {
    /// This run changed the service, or waited for a deployment of it.
    pub fn was_touched(&self) -> bool {
        self.forward.was_tried()
            || self.back.was_tried()
            || self.deleted
            || self.settings.is_some()
            || self.count.is_some()
            || !self.stopped.is_empty()
            || self.joined.is_some()
    }
}

impl Attempt {
    /// Something was sent, waited for, or may have been sent.
    pub fn was_tried(&self) -> bool {
        self.sent.is_some() || self.ended.is_some()
    }
}

impl Before {
    /// What `service` shows; `None` when it does not exist.
    pub fn of(service: &ObservedService) -> Option<Self> {
        let state = service.state.as_ref()?;
        let deployments = service.deployments.known().into_iter().flatten();
        let current = state.current_deployment.clone();
        Some(Self {
            task_definition: state.task_definition.clone(),
            revision: service.task_definition.clone(),
            primary: state.primary().map(|primary| primary.id.clone()),
            entries: state.deployments.iter().map(|one| one.id.clone()).collect(),
            deployments: deployments.map(|one| one.arn.clone()).chain(current).collect(),
            events: state.events.iter().map(|event| event.id.clone()).collect(),
        })
    }
}
