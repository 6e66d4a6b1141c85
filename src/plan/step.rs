//! The parts of a plan.

use crate::journal::{Holder, Lease, Record};
use crate::model::{
    DeploymentArn, DeploymentId, ListenerRuleArn, LiveTaskDefinition, Outcome, Pause, RuleWeights,
    ScalableTarget, ScaleIn, ServiceName, ServiceRequest, TaskDefArn, TaskDefinitionSpec,
    Timestamp, TrafficShare, WeightedTraffic,
};
use crate::watch::Asked;
use std::collections::BTreeMap;
use std::fmt;

/// Steps up to the next wait or the end, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Never empty; the last one is a `Wait`, the `Finish`, or a change after which a new look
    /// decides.
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A registered revision has the wanted content: no new one is made.
    ReuseRevision {
        /// For which service.
        service: ServiceName,
        /// Which one.
        revision: Box<LiveTaskDefinition>,
        /// Why it may be used.
        why: ReuseReason,
    },
    /// RegisterTaskDefinition.
    Register {
        /// For which service.
        service: ServiceName,
        /// The content.
        spec: TaskDefinitionSpec,
        /// Tags of the revision.
        tags: BTreeMap<String, String>,
        /// What the service wants now.
        from: Option<TaskDefArn>,
        /// What differs from it, in words.
        changes: Vec<String>,
    },
    /// CreateService.
    CreateService {
        /// Which one.
        service: ServiceName,
        /// The request without `taskDefinition`.
        request: ServiceRequest,
        /// What goes into `taskDefinition`.
        revision: RevisionRef,
    },
    /// UpdateService.
    UpdateService {
        /// Which one.
        service: ServiceName,
        /// The request without `taskDefinition`.
        request: ServiceRequest,
        /// What goes into `taskDefinition`; `None` = nothing.
        revision: Option<RevisionRef>,
        /// What the service must still show.
        expected: Expected,
        /// Forward, or back after a failure.
        phase: Phase,
        /// What for.
        why: UpdateReason,
    },
    /// DeleteService.
    DeleteService {
        /// Which one.
        service: ServiceName,
    },
    /// StopServiceDeployment: ECS goes back to what ran before.
    StopDeployment {
        /// Of which service.
        service: ServiceName,
        /// Which one.
        deployment: DeploymentArn,
        /// Where it goes to.
        target: Option<TaskDefArn>,
    },
    /// ContinueServiceDeployment: a deployment that waits for us goes on.
    Continue {
        /// Of which service.
        service: ServiceName,
        /// The revision that it brings.
        revision: TaskDefArn,
        /// Where it waits.
        pause: Box<Pause>,
    },
    /// TagResource: what a later run has to know.
    Remember {
        /// About which service.
        service: ServiceName,
        /// What is tagged: a revision or the service.
        arn: String,
        /// The tags.
        tags: BTreeMap<String, String>,
    },
    /// TagResource: who releases on the service, and how far it is.
    Journal(Box<JournalEntry>),
    /// ModifyRule: other weights.
    SetWeights(Box<WeightsStep>),
    /// RegisterScalableTarget: tasks may, or may not, be taken away by policies.
    ScaleIn(Box<ScaleInStep>),
    /// Look until something is so.
    Wait(Waiting),
    /// The end.
    Finish(Box<Outcome>),
}

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

/// A wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// On which service.
    pub service: ServiceName,
    /// Forward or back.
    pub phase: Phase,
    /// For what.
    pub on: WaitingOn,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitingOn {
    /// The end of our own deployment; its end decides.
    OwnDeployment {
        /// The revision it brings.
        revision: RevisionRef,
        /// Its ARN where it is known already.
        deployment: Option<DeploymentArn>,
    },
    /// The end of a deployment that stands in the way; how it ends does not matter.
    Settled {
        /// Its ARN, where ECS tells it.
        deployment: Option<DeploymentArn>,
    },
    /// The running count.
    Count {
        /// Tasks wanted.
        desired: u32,
    },
    /// Whether a change whose answer was lost was made.
    LostAnswer {
        /// `ecs:UpdateService`, ...
        operation: String,
        /// When it is sent again unless it is seen, by AWS's clock.
        until: Timestamp,
    },
    /// The time of a share, while the canary stays well.
    Hold {
        /// Which step, from 1.
        step: u32,
        /// The canary's share; `None` = that of its tasks.
        share: Option<TrafficShare>,
        /// When it is over, by AWS's clock.
        until: Timestamp,
    },
    /// A verdict on the canary while it has its share and stays well.
    Verdict {
        /// Which step, from 1.
        step: u32,
        /// The canary's share; `None` = that of its tasks.
        share: Option<TrafficShare>,
        /// Since when the release's canary gets requests, by AWS's clock.
        since: Timestamp,
        /// Since when it has this share.
        share_since: Timestamp,
        /// Not before this time.
        until: Timestamp,
        /// To go on by itself, or because a person wants to.
        asked: Asked,
    },
    /// A person, while the canary has its last share and stays well.
    Gate {
        /// Which step, from 1.
        step: u32,
        /// The canary's share; `None` = that of its tasks.
        share: Option<TrafficShare>,
        /// Since when the release's canary gets requests, by AWS's clock.
        since: Timestamp,
        /// Since when it stands at the gate.
        gate_since: Timestamp,
        /// When the wait is over.
        until: Timestamp,
    },
    /// Weights that were sent, until they are read back.
    Weights {
        /// Of this rule.
        rule: ListenerRuleArn,
        /// The canary's share with them.
        share: TrafficShare,
    },
    /// The end of another release.
    Lease {
        /// Whose.
        holder: Holder,
        /// When its lease ends unless it is renewed, by AWS's clock.
        until: Timestamp,
    },
}

impl Plan {
    /// The first step: the one to do now.
    pub fn first(&self) -> Option<&Step> {
        self.steps.first()
    }

    /// What the plan waits for, when it does not end.
    pub fn waits_for(&self) -> Option<&Waiting> {
        match self.steps.last() {
            Some(Step::Wait(waiting)) => Some(waiting),
            _ => None,
        }
    }

    /// The end, when the plan gets there without a wait.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self.steps.last() {
            Some(Step::Finish(outcome)) => Some(outcome),
            _ => None,
        }
    }

    /// True when a step of it changes something in AWS.
    pub fn changes_something(&self) -> bool {
        self.steps.iter().any(Step::is_change)
    }
}

impl Step {
    /// True for a step that changes something in AWS.
    pub fn is_change(&self) -> bool {
        match self {
            Self::Register { .. }
            | Self::CreateService { .. }
            | Self::UpdateService { .. }
            | Self::DeleteService { .. }
            | Self::StopDeployment { .. }
            | Self::Continue { .. }
            | Self::Remember { .. }
            | Self::Journal(_)
            | Self::SetWeights(_)
            | Self::ScaleIn(_) => true,
            Self::ReuseRevision { .. } | Self::Wait(_) | Self::Finish(_) => false,
        }
    }

    /// True for a step that starts or stops tasks or moves their requests.
    pub fn moves_tasks(&self) -> bool {
        match self {
            Self::CreateService { .. }
            | Self::UpdateService { .. }
            | Self::DeleteService { .. }
            | Self::StopDeployment { .. }
            | Self::Continue { .. }
            | Self::SetWeights(_) => true,
            Self::ReuseRevision { .. }
            | Self::Register { .. }
            | Self::Remember { .. }
            | Self::Journal(_)
            | Self::ScaleIn(_)
            | Self::Wait(_)
            | Self::Finish(_) => false,
        }
    }

    /// The service it is about.
    pub fn service(&self) -> Option<&ServiceName> {
        match self {
            Self::ReuseRevision { service, .. }
            | Self::Register { service, .. }
            | Self::CreateService { service, .. }
            | Self::UpdateService { service, .. }
            | Self::DeleteService { service }
            | Self::StopDeployment { service, .. }
            | Self::Continue { service, .. }
            | Self::Remember { service, .. } => Some(service),
            Self::Journal(entry) => Some(&entry.service),
            Self::ScaleIn(step) => Some(&step.service),
            Self::Wait(waiting) => Some(&waiting.service),
            Self::SetWeights(_) | Self::Finish(_) => None,
        }
    }

    /// Its name in `release.json`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ReuseRevision { .. } => "reuse_revision",
            Self::Register { .. } => "register",
            Self::CreateService { .. } => "create_service",
            Self::UpdateService { .. } => "update_service",
            Self::DeleteService { .. } => "delete_service",
            Self::StopDeployment { .. } => "stop_deployment",
            Self::Continue { .. } => "continue_deployment",
            Self::Remember { .. } => "remember",
            Self::Journal(_) => "journal",
            Self::SetWeights(_) => "set_weights",
            Self::ScaleIn(_) => "scale_in",
            Self::Wait(_) => "wait",
            Self::Finish(_) => "finish",
        }
    }
}

impl fmt::Display for RevisionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(arn) => f.write_str(arn.short()),
            Self::Registered => f.write_str("the new revision"),
        }
    }
}

impl fmt::Display for Step {
    /// What it does, for `plan` and for the record of a release.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReuseRevision { revision, why, .. } => {
                let why = match why {
                    ReuseReason::SameRelease => "registered by this release before",
                    ReuseReason::SameCommit => "AWS holds it for this commit",
                    ReuseReason::RollbackTarget => "the release to go back to",
                };
                write!(f, "use {}: {why}", revision.arn.short())
            }
            Self::Register { spec, from, changes, .. } => match from {
                Some(from) => write!(f, "{} -> new revision: {}", from.short(), changes.join(", ")),
                None => write!(f, "first revision of {}", spec.family()),
            },
            Self::CreateService { service, request, revision } => {
                write!(f, "create service {service} with {revision}")?;
                match request.body().get("desiredCount") {
                    Some(count) => write!(f, ", {count} wanted"),
                    None => Ok(()),
                }
            }
            Self::UpdateService { service, request, revision, phase, why, .. } => {
                let verb = match (phase, why) {
                    (Phase::Back, _) => "take back",
                    (Phase::Forward, UpdateReason::Force) => "deploy anew",
                    (Phase::Forward, _) => "update",
                };
                write!(f, "{verb} service {service}")?;
                if let Some(revision) = revision {
                    write!(f, " to {revision}")?;
                }
                match request.body().get("desiredCount") {
                    Some(count) => write!(f, ", {count} wanted"),
                    None => Ok(()),
                }
            }
            Self::DeleteService { service } => write!(f, "delete service {service}"),
            Self::StopDeployment { service, target, .. } => match target {
                Some(target) => write!(f, "stop the deployment of {} on {service}", target.short()),
                None => write!(f, "stop the deployment in progress on {service}"),
            },
            Self::Continue { service, pause, .. } => {
                write!(f, "let {service} go on from {pause}")
            }
            Self::Remember { service, .. } => write!(f, "note it in the tags of {service}"),
            Self::Journal(entry) => entry.fmt(f),
            Self::SetWeights(step) => {
                let WeightsStep { share, expected, to, .. } = &**step;
                write!(f, "give the canary {share} % of the requests (weights {expected} to {to})")
            }
            Self::ScaleIn(step) => step.fmt(f),
            Self::Wait(waiting) => waiting.fmt(f),
            Self::Finish(outcome) => {
                write!(f, "end: {}", outcome.reason.as_deref().unwrap_or("done"))
            }
        }
    }
}

impl fmt::Display for JournalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.service;
        let phase = self.record.progress.as_ref().map(|progress| progress.phase);
        let phase = phase.map_or_else(String::new, |phase| format!(": {phase}"));
        match self.record.lease {
            Lease::Free => write!(f, "give the lease of {service} back{phase}"),
            Lease::Held { .. } => write!(f, "hold the lease of {service}{phase}"),
        }
    }
}

impl fmt::Display for ScaleInStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.service;
        let target = self.target.map_or_else(String::new, |target| format!(" ({target})"));
        match self.to {
            ScaleIn::Suspended => write!(f, "suspend scale-in of {service}{target} until the end"),
            ScaleIn::On => write!(f, "resume scale-in of {service}{target}"),
        }
    }
}

impl fmt::Display for Waiting {
    /// What is waited for and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = &self.service;
        match &self.on {
            WaitingOn::OwnDeployment { revision, .. } => {
                write!(f, "wait until {service} runs {revision} and ECS calls it done")
            }
            WaitingOn::Settled { .. } => {
                write!(f, "wait for the end of the deployment that is under way on {service}")
            }
            WaitingOn::Count { desired } => write!(f, "wait until {service} runs {desired} tasks"),
            WaitingOn::LostAnswer { operation, .. } => {
                write!(f, "the answer of {operation} was lost: look whether it was done")
            }
            WaitingOn::Hold { share: Some(share), until, .. } => {
                write!(f, "hold {share} % on {service} until {until}: its tasks must stay well")
            }
            WaitingOn::Hold { share: None, until, .. } => {
                write!(f, "hold {service} as it is until {until}: its tasks must stay well")
            }
            WaitingOn::Verdict { share, asked, .. } => {
                match share {
                    Some(share) => write!(f, "{service} at {share} %: ")?,
                    None => write!(f, "{service}: ")?,
                }
                f.write_str(match asked {
                    Asked::ToGoOn => "goes on when it is judged healthy",
                    Asked::ByAPerson | Asked::MeanWhile => "a look before it is promoted",
                })
            }
            WaitingOn::Gate { until, .. } => {
                write!(f, "{service} waits for `ecs-canary promote` or `abort` until {until}")
            }
            WaitingOn::Weights { share, .. } => {
                write!(f, "wait until the rule shows {share} % for the canary")
            }
            WaitingOn::Lease { holder, until } => {
                write!(f, "wait for {holder}, which holds {service} until {until}")
            }
        }
    }
}
