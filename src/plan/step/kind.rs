//! One thing to do.

use super::parts::{
    Expected, JournalEntry, Phase, ReuseReason, RevisionRef, ScaleInStep, UpdateReason, WeightsStep,
};
use super::waiting::Waiting;
use crate::model::{
    DeploymentArn, LiveTaskDefinition, Outcome, Pause, ServiceName, ServiceRequest, TaskDefArn,
    TaskDefinitionSpec,
};
use std::collections::BTreeMap;

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
