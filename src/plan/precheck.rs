//! Looks whether a step is done already, may be made, or was planned on something that somebody
//! else changed in the meantime.

use super::{Expected, Phase, Precheck, RevisionRef, Step, UpdateReason, WeightsStep};
use crate::model::{
    DeploymentId, HookStatus, Knowledge, Observed, Pause, ServiceDeploymentStatus, ServiceName,
    ServiceState, TaskDefArn,
};

/// Compares what `step` expects with what is seen now.
pub fn precheck(step: &Step, observed: &Observed) -> Precheck {
    match step {
        Step::CreateService { service, revision, .. } => match observed.state(service) {
            None => Precheck::Ready,
            Some(state) if wants(state, Some(revision)) => Precheck::Done,
            Some(state) => Precheck::Conflict {
                expected: format!("no service {service}"),
                found: format!("one that wants {}", state.task_definition.short()),
            },
        },
        Step::UpdateService { service, revision, expected, phase, why, .. } => {
            match observed.state(service) {
                None => Precheck::Conflict {
                    expected: format!("service {service}"),
                    found: "none".to_owned(),
                },
                Some(_) if *phase == Phase::Back || *why == UpdateReason::Settings => {
                    Precheck::Ready
                }
                Some(state) => update(state, revision.as_ref(), expected),
            }
        }
        Step::StopDeployment { service, deployment, .. } => {
            let seen = observed.services.get(service);
            let deployments = seen.and_then(|seen| seen.deployments.known()).into_iter().flatten();
            let stops = deployments
                .filter(|one| one.arn == *deployment)
                .any(|one| one.is_over() || one.status == ServiceDeploymentStatus::StopRequested);
            if stops { Precheck::Done } else { Precheck::Ready }
        }
        Step::Continue { service, pause, .. } => goes_on(service, pause, observed),
        Step::SetWeights(step) => weights(step, observed),
        Step::ReuseRevision { .. }
        | Step::Register { .. }
        | Step::DeleteService { .. }
        | Step::Remember { .. }
        | Step::Journal(_)
        | Step::ScaleIn(_)
        | Step::Wait(_)
        | Step::Finish(_) => Precheck::Ready,
    }
}

/// A pause that nobody has to answer any more is done: how the deployment goes on, or back, is
/// the wait's to tell.
fn goes_on(service: &ServiceName, pause: &Pause, observed: &Observed) -> Precheck {
    let seen = observed.services.get(service).and_then(|seen| seen.deployments.known());
    let deployment = seen.into_iter().flatten().find(|one| one.arn == pause.deployment);
    // Not listed yet: the pause itself was seen.
    let Some(deployment) = deployment else { return Precheck::Ready };
    if deployment.status != ServiceDeploymentStatus::InProgress {
        return Precheck::Done;
    }
    let hook = deployment.lifecycle.as_ref().and_then(|lifecycle| lifecycle.hook(&pause.hook));
    match hook.map(|hook| &hook.status) {
        Some(HookStatus::Succeeded | HookStatus::Failed | HookStatus::TimedOut) => Precheck::Done,
        Some(HookStatus::AwaitingAction | HookStatus::InProgress | HookStatus::Unknown(_))
        | None => Precheck::Ready,
    }
}

fn weights(step: &WeightsStep, observed: &Observed) -> Precheck {
    let rule = observed.rule.as_ref().and_then(Knowledge::known).and_then(Option::as_ref);
    let seen = rule.map(|rule| rule.weights(&step.traffic.full, &step.traffic.canary));
    match seen {
        Some(seen) if seen == step.to => Precheck::Done,
        Some(seen) if seen == step.expected => Precheck::Ready,
        seen => Precheck::Conflict {
            expected: format!("weights {}", step.expected),
            found: seen.map_or("no rule".to_owned(), |seen| format!("weights {seen}")),
        },
    }
}

fn update(state: &ServiceState, revision: Option<&RevisionRef>, expected: &Expected) -> Precheck {
    let primary = state.primary().map(|primary| &primary.id);
    let same_primary = primary == expected.primary.as_ref();
    if same_primary && state.task_definition == expected.task_definition {
        return Precheck::Ready;
    }
    if wants(state, revision) {
        return Precheck::Done;
    }
    Precheck::Conflict {
        expected: shown(&expected.task_definition, expected.primary.as_ref()),
        found: shown(&state.task_definition, primary),
    }
}

fn wants(state: &ServiceState, revision: Option<&RevisionRef>) -> bool {
    matches!(revision, Some(RevisionRef::Known(arn)) if state.task_definition == *arn)
}

fn shown(revision: &TaskDefArn, primary: Option<&DeploymentId>) -> String {
    match primary {
        Some(primary) => format!("{} ({primary})", revision.short()),
        None => revision.short().to_owned(),
    }
}
