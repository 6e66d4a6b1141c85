//! What a lane waits for.

use super::kind::Lane;
use crate::model::{DeploymentArn, ServiceState, ServiceWanted, TaskDefArn, Timestamp};
use crate::plan::revision::Wish;
use crate::plan::{
    Attempt, Expected, Phase, RevisionRef, ServiceHistory, Step, Waiting, WaitingOn,
};
use std::time::Duration;

/// How long a change whose answer was lost is looked for before it is sent again. ECS shows a
/// change within a second or two; stale answers of some ten seconds were seen.
pub(super) const LOST_ANSWER_LOOK: Duration = Duration::from_secs(20);

pub(super) fn lost_answer(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    attempt: &Attempt,
) -> Option<Step> {
    let lost = attempt.lost.as_ref()?;
    let until: Timestamp = lost.at.after(LOST_ANSWER_LOOK);
    (wish.observed.at < until).then(|| {
        Step::Wait(Waiting {
            service: service.name.clone(),
            phase: Phase::Forward,
            on: WaitingOn::LostAnswer { operation: lost.operation.clone(), until },
        })
    })
}

pub(super) fn settle(service: &ServiceWanted, deployment: Option<DeploymentArn>) -> Lane {
    Lane::Steps(vec![settled_wait(service, deployment)])
}

pub(super) fn settled_wait(service: &ServiceWanted, deployment: Option<DeploymentArn>) -> Step {
    let on = WaitingOn::Settled { deployment };
    Step::Wait(Waiting { service: service.name.clone(), phase: Phase::Forward, on })
}

pub(super) fn counted(service: &ServiceWanted, desired: u32) -> Step {
    let on = WaitingOn::Count { desired };
    Step::Wait(Waiting { service: service.name.clone(), phase: Phase::Forward, on })
}

pub(in crate::plan) fn own(
    service: &ServiceWanted,
    phase: Phase,
    revision: RevisionRef,
    deployment: Option<DeploymentArn>,
) -> Step {
    let on = WaitingOn::OwnDeployment { revision, deployment };
    Step::Wait(Waiting { service: service.name.clone(), phase, on })
}

pub(super) fn known(arn: &TaskDefArn) -> RevisionRef {
    RevisionRef::Known(arn.clone())
}

pub(super) fn expected(history: &ServiceHistory, state: &ServiceState) -> Expected {
    match &history.basis {
        Some(before) => Expected {
            primary: before.primary.clone(),
            task_definition: before.task_definition.clone(),
        },
        None => Expected {
            primary: state.primary().map(|primary| primary.id.clone()),
            task_definition: state.task_definition.clone(),
        },
    }
}
