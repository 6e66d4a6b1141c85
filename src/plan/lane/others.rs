//! A service on which a deployment of another revision is under way.

use super::kind::Lane;
use super::release::{Way, start};
use super::stop::make_room;
use crate::model::{DeploymentArn, Goal, Outcome, Refusal, ServiceWanted, TaskDefArn};
use crate::plan::Step;
use crate::plan::request::Start;
use crate::plan::revision::Wish;

/// What to do about the deployment that brings another revision; without its ARN where ECS does
/// not list deployments.
pub(super) fn others(
    wish: &Wish<'_>,
    way: &Way<'_>,
    steps: Vec<Step>,
    (deployment, revision): (Option<DeploymentArn>, Option<TaskDefArn>),
) -> Lane {
    let first = way.history.first.as_ref();
    let was_there = |one: &_| first.is_none_or(|first| first.deployments.contains(one));
    let stops = matches!(wish.wanted.goal, Goal::Rollback(_)) && !way.history.stop_refused;
    match deployment {
        // What somebody deploys after this run began is neither to be stopped nor to be deployed
        // over. The services may be shown as they were before it, so that no precheck sees it.
        Some(deployment) if !was_there(&deployment) => {
            Lane::Failed(Box::new(overtaken(way.service, revision.as_ref())))
        }
        Some(deployment) if stops => make_room(way, steps, deployment, revision),
        // `check` refused it already where it is somebody else's.
        Some(_) | None => start(wish, way, steps, Start::NewRevision),
    }
}

fn overtaken(service: &ServiceWanted, revision: Option<&TaskDefArn>) -> Outcome {
    let what = revision.map_or("something else", |revision| revision.short());
    let name = &service.name;
    let outcome = Outcome::refused(Refusal::OtherRelease)
        .because(format!("somebody began to deploy {what} to {name} while this run was under way"))
        .hinting("run the job again when the other release is done");
    Outcome { service: Some(name.clone()), ..outcome }
}
