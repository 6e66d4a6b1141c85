//! The canary of another release that waits for a person while nobody holds the services: a
//! newer release takes its place.

use super::lane::{Lane, stop};
use super::revision::Wish;
use super::standing::newest;
use super::{ServiceHistory, conclude, journaling};
use crate::journal::{Found, Phase, Progress};
use crate::model::{
    Goal, LiveTaskDefinition, Observed, ObservedService, Outcome, OutcomeKind, ReleaseIdentity,
    ServiceDeployment, ServiceDeploymentStatus as Status, ServiceName, ServiceWanted, TaskDefArn,
    Traffic, TrafficShare, Wanted,
};

/// A canary that gives way.
pub(super) struct Waiting<'a> {
    progress: &'a Progress,
    theirs: ReleaseIdentity,
    share: Option<TrafficShare>,
}

/// The canary that gives way to `wanted`; `None` when there is none, or when it cannot be told
/// that what runs is what was noted.
pub(super) fn waiting<'a>(
    wanted: &Wanted,
    observed: &Observed,
    found: &'a Found,
) -> Option<Waiting<'a>> {
    let Found::Resting(progress) = found else { return None };
    if !brings(&wanted.goal) {
        return None;
    }
    let (theirs, share) = match &wanted.course.traffic {
        Traffic::Native(_) => {
            let (moving, revision) = moving(wanted, observed)?;
            (revision, moving.lifecycle.as_ref().and_then(|lifecycle| lifecycle.share))
        }
        Traffic::Twin => (running(wanted, observed)?, None),
        Traffic::Weighted(weighted) => {
            let rule = observed.rule.as_ref().and_then(|rule| rule.known()?.as_ref());
            let weights = rule.map(|rule| rule.weights(&weighted.full, &weighted.canary));
            (running(wanted, observed)?, weights.and_then(|weights| weights.share()))
        }
    };
    let is_native = matches!(wanted.course.traffic, Traffic::Native(_));
    let waits = match progress.phase {
        Phase::Raise(_) | Phase::Step(_) | Phase::Gate(_) | Phase::Frozen => true,
        // Its deployment is under way although nobody holds it.
        Phase::Prepared => is_native,
        Phase::TakingOver
        | Phase::Promoting
        | Phase::Cleanup
        | Phase::Done
        | Phase::Aborting(_)
        | Phase::Aborted(_) => false,
    };
    let theirs = ReleaseIdentity::from_tags(&theirs.tags);
    // The same commit in another pipeline goes on from where it is.
    let is_other = theirs.commit.is_some() && theirs.commit != wanted.identity.commit;
    (waits && is_other && progress.release.is_of_commit(&theirs)).then_some(Waiting {
        progress,
        theirs,
        share,
    })
}

/// True when the deployment of the waiting canary is stopped before anything else: it is in
/// nobody's hands.
pub(super) fn is_stopped_first(wanted: &Wanted, observed: &Observed, found: &Found) -> bool {
    match wanted.course.traffic {
        Traffic::Native(_) => waiting(wanted, observed, found).is_some(),
        // Its share goes back with the first change of ours, and its tasks are replaced.
        Traffic::Twin | Traffic::Weighted(_) => false,
    }
}

/// The canary that waits at the first look of a release that takes its place, in words.
pub fn giving_way(wanted: &Wanted, observed: &Observed) -> Option<String> {
    let found = journaling::found(wanted, observed, None);
    let Waiting { progress, theirs, share } = waiting(wanted, observed, &found)?;
    let commit = theirs.commit.as_ref().map_or("unknown", |commit| commit.short());
    let which = match progress.release.pipeline() {
        Some(pipeline) => format!("commit {commit}, pipeline {pipeline}"),
        None => format!("commit {commit}"),
    };
    let who = match &theirs.reference {
        Some(reference) => format!("{reference} ({which})"),
        None => format!("the canary of {which}"),
    };
    let with = match share {
        Some(share) if share != TrafficShare::NONE => format!(" with {share} % of the requests"),
        Some(_) | None => String::new(),
    };
    let then = match wanted.course.traffic {
        Traffic::Native(_) => "it gives way to this release and is stopped first",
        Traffic::Weighted(_) => "it gives way to this release, its share goes back first",
        Traffic::Twin => "it gives way to this release",
    };
    Some(format!("{who} waits{with} since {}, and nobody holds it: {then}", progress.since))
}

/// ECS's own deployment that stands in the way is stopped, and the old version has all requests
/// again.
pub(super) fn stopped(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let seen = wish.observed.services.get(&service.name);
    let Some(newest) = seen.and_then(newest) else { return stop(wish, service) };
    let outcome = if history.stop_refused && !newest.is_over() {
        let end = end_by_itself(newest);
        Outcome::new(OutcomeKind::Denied)
            .because(format!(
                "{}: another deployment is under way, and this job may not stop it \
                 (ecs:StopServiceDeployment){end}",
                service.name
            ))
            .hinting("docs/iam.md has the permissions of the job's role")
    } else if history.stopped.contains(&newest.arn) && newest.status == Status::RollbackFailed {
        let words = newest.status_reason.as_deref().unwrap_or("ECS gives no reason");
        Outcome::new(OutcomeKind::FailedNotRolledBack)
            .because(format!(
                "the deployment that was under way could not be taken back: {}",
                words.trim_end_matches('.')
            ))
            .hinting(format!("a person is needed: look at {}", service.name))
    } else {
        return stop(wish, service);
    };
    Lane::Failed(Box::new(conclude::about(wish, service, history, outcome)))
}

fn end_by_itself(newest: &ServiceDeployment) -> String {
    let pause = newest
        .lifecycle
        .as_ref()
        .and_then(|lifecycle| Some(lifecycle.pause(&newest.arn, lifecycle.open_pauses().next()?)));
    pause.map(|pause| format!("; {}", pause.at_its_end())).unwrap_or_default()
}

fn brings(goal: &Goal) -> bool {
    match goal {
        Goal::Canary | Goal::Release | Goal::Full => true,
        Goal::Promote
        | Goal::Abort
        | Goal::Reap
        | Goal::Rollback(_)
        | Goal::Scale
        | Goal::Service => false,
    }
}

/// The deployment that is under way on the one service, and the revision that it brings.
fn moving<'a>(
    wanted: &Wanted,
    observed: &'a Observed,
) -> Option<(&'a ServiceDeployment, &'a LiveTaskDefinition)> {
    let seen = observed.services.get(&wanted.full.as_ref()?.name)?;
    let moving = newest(seen)?;
    let moves = matches!(moving.status, Status::Pending | Status::InProgress);
    let revision = revision(seen, moving.target_task_definition.as_ref()?)?;
    moves.then_some((moving, revision))
}

fn revision<'a>(seen: &'a ObservedService, arn: &TaskDefArn) -> Option<&'a LiveTaskDefinition> {
    seen.read_revisions().find(|revision| revision.arn == *arn)
}

/// What the canary service runs.
fn running<'a>(wanted: &Wanted, observed: &'a Observed) -> Option<&'a LiveTaskDefinition> {
    let name: &ServiceName = &wanted.canary.as_ref()?.name;
    observed.services.get(name)?.task_definition.as_ref()
}
