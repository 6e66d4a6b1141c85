//! How a service stands towards a revision.

use crate::model::{
    DeploymentArn, ObservedService, RolloutState, ServiceDeployment, ServiceDeploymentStatus,
    ServiceState, TaskDefArn,
};

/// How a service stands towards a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It wants another revision, and nothing is under way.
    Elsewhere,
    /// A deployment of the revision is under way.
    Rolling(Option<DeploymentArn>),
    /// A deployment, of whatever, is being taken back.
    GoingBack(Option<DeploymentArn>),
    /// A deployment of another revision is under way.
    Other { deployment: Option<DeploymentArn>, revision: Option<TaskDefArn> },
    /// The revision runs, and ECS calls it done.
    Settled,
    /// The service wants the revision, and its deployment failed or was stopped.
    Failed,
}

/// How `service`, which shows `state`, stands towards `revision`; `None` is a revision that
/// does not exist yet.
pub(super) fn standing(
    service: &ObservedService,
    state: &ServiceState,
    revision: Option<&TaskDefArn>,
) -> Standing {
    let newest = newest(service);
    if let Some(newest) = newest.filter(|newest| !newest.is_over()) {
        return under_way(newest, state, revision);
    }
    let primary = state.primary();
    let rollout = primary.map(|primary| &primary.rollout);
    let ended = newest.is_some();
    if revision != Some(&state.task_definition) {
        // Without the list of service deployments, PRIMARY tells whether something moves.
        return match rollout {
            Some(RolloutState::InProgress) if !ended => Standing::Other {
                deployment: None,
                revision: primary.map(|primary| primary.task_definition.clone()),
            },
            _ => Standing::Elsewhere,
        };
    }
    let successful = newest.is_some_and(|newest| {
        newest.status == ServiceDeploymentStatus::Successful
            && newest.target_task_definition.as_ref() == revision
    });
    match rollout {
        Some(RolloutState::Completed) => Standing::Settled,
        Some(RolloutState::Failed) => Standing::Failed,
        Some(RolloutState::InProgress | RolloutState::Unknown(_)) | None => {
            if successful {
                Standing::Settled
            } else {
                Standing::Rolling(None)
            }
        }
    }
}

fn under_way(
    newest: &ServiceDeployment,
    state: &ServiceState,
    revision: Option<&TaskDefArn>,
) -> Standing {
    use ServiceDeploymentStatus as Status;
    let deployment = Some(newest.arn.clone());
    match newest.status {
        Status::StopRequested | Status::RollbackRequested | Status::RollbackInProgress => {
            Standing::GoingBack(deployment)
        }
        Status::Pending
        | Status::InProgress
        | Status::Unknown(_)
        | Status::Successful
        | Status::Stopped
        | Status::RollbackSuccessful
        | Status::RollbackFailed => {
            let brings = newest.target_task_definition.as_ref().unwrap_or(&state.task_definition);
            if Some(brings) == revision {
                Standing::Rolling(deployment)
            } else {
                Standing::Other { deployment, revision: Some(brings.clone()) }
            }
        }
    }
}

/// The newest service deployment, where ECS lists some.
pub(super) fn newest(service: &ObservedService) -> Option<&ServiceDeployment> {
    service.deployments.known()?.iter().max_by_key(|deployment| deployment.created_at)
}
