//! What is under way on a service is stopped, or the service goes.

use super::kind::{Aim, Lane};
use super::release::{Way, release};
use super::wait::settled_wait;
use crate::model::{
    DeploymentArn, LiveTaskDefinition, ReleaseIdentity, RollbackTo, ServiceDeployment,
    ServiceDeploymentStatus, ServiceWanted, TaskDefArn, tag_keys,
};
use crate::plan::revision::Wish;
use crate::plan::standing::newest;
use crate::plan::{ReuseReason, ServiceHistory, Step};
use crate::rollback;

/// Stops whatever deployment is under way on `service`, and waits for its end.
pub(in crate::plan) fn stop(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let Some(moving) = moving(wish, service) else { return Lane::Done };
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let going_back = matches!(
        moving.status,
        ServiceDeploymentStatus::StopRequested
            | ServiceDeploymentStatus::RollbackRequested
            | ServiceDeploymentStatus::RollbackInProgress
    );
    let deployment = moving.arn.clone();
    let mut steps = Vec::new();
    if !going_back && !history.stopped.contains(&deployment) && !history.stop_refused {
        let target = moving.target_task_definition.clone();
        let (service, deployment) = (service.name.clone(), deployment.clone());
        steps.push(Step::StopDeployment { service, deployment, target });
    }
    steps.push(settled_wait(service, Some(deployment)));
    Lane::Steps(steps)
}

/// Stops a deployment of this release on `service`; without the right to, the release that ran
/// before is deployed over it.
pub(in crate::plan) fn stop_own(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let seen = wish.observed.services.get(&service.name);
    if history.forward.was_tried() || history.stop_refused {
        let target = match (&history.forward.revision, seen) {
            (Some(chosen), _) => Some(chosen.clone()),
            (None, Some(seen)) => {
                let job = wish.wanted.identity.job;
                let target = rollback::target(seen, &RollbackTo::LastGood, job);
                target.ok().map(|target| target.revision)
            }
            (None, None) => None,
        };
        return match target {
            Some(target) => {
                let aim = Aim::Revision(Box::new(target), ReuseReason::RollbackTarget);
                release(wish, service, aim)
            }
            None => stop(wish, service),
        };
    }
    let Some(moving) = moving(wish, service) else { return Lane::Done };
    let revisions = seen.and_then(|seen| seen.revisions.known()).into_iter().flatten();
    let mut known = revisions.chain(seen.and_then(|seen| seen.task_definition.as_ref()));
    let theirs = known.find(|known| Some(&known.arn) == moving.target_task_definition.as_ref());
    let ours = wish.wanted.identity.commit.as_ref();
    let by_tag = theirs.and_then(|known| ReleaseIdentity::from_tags(&known.tags).commit);
    // Without tags the image tells: what the canary ran before it was taken back is what was
    // being released. Where the canary carries tags, a deployment without any is not ours.
    let canary = wish.wanted.canary.as_ref().and_then(|canary| before_this_run(wish, canary));
    let canary = canary.filter(|canary| !canary.tags.contains_key(tag_keys::COMMIT));
    let by_image = theirs.zip(canary).is_some_and(|(one, other)| rollback::same_images(one, other));
    let is_ours = ours.is_none() || by_tag.as_ref() == ours || (by_tag.is_none() && by_image);
    if is_ours { stop(wish, service) } else { Lane::Done }
}

/// The revision that `service` wanted at the first look of this run.
fn before_this_run<'a>(wish: &Wish<'a>, service: &ServiceWanted) -> Option<&'a LiveTaskDefinition> {
    let known = wish.history.of(&service.name);
    let first = known.and_then(|known| known.first.as_ref()?.revision.as_ref());
    let seen = || wish.observed.services.get(&service.name)?.task_definition.as_ref();
    first.or_else(seen)
}

/// The deployment that is under way on `service`, where ECS tells of one.
fn moving<'a>(wish: &Wish<'a>, service: &ServiceWanted) -> Option<&'a ServiceDeployment> {
    let seen = wish.observed.services.get(&service.name)?;
    newest(seen).filter(|newest| !newest.is_over())
}

/// Stops the deployment that is under way; what it leaves is looked at anew.
pub(super) fn make_room(
    way: &Way<'_>,
    mut steps: Vec<Step>,
    deployment: DeploymentArn,
    target: Option<TaskDefArn>,
) -> Lane {
    let service = way.service.name.clone();
    if !way.history.stopped.contains(&deployment) {
        steps.push(Step::StopDeployment { service, deployment: deployment.clone(), target });
    }
    steps.push(settled_wait(way.service, Some(deployment)));
    Lane::Steps(steps)
}

/// Deletes `service`.
pub(in crate::plan) fn remove(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let deleted = wish.history.of(&service.name).is_some_and(|history| history.deleted);
    match wish.observed.state(&service.name) {
        Some(state) if state.is_active() && !deleted => {
            Lane::Steps(vec![Step::DeleteService { service: service.name.clone() }])
        }
        Some(_) | None => Lane::Done,
    }
}
