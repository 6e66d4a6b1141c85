//! Our own deployment ended: it is noted, or taken back.

use super::kind::Lane;
use super::wait::{known, lost_answer, own};
use crate::model::{Goal, ObservedService, ServiceWanted, TaskDefArn, Traffic, tag_keys};
use crate::plan::revision::Wish;
use crate::plan::{Expected, Phase, ServiceHistory, Step, UpdateReason, conclude, request};
use crate::rollback;
use crate::watch::{End, EndKind};
use std::collections::BTreeMap;

/// The wait for our own deployment ended.
pub(super) fn after_end(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    history: &ServiceHistory,
    end: &End,
) -> Lane {
    match end.kind {
        EndKind::Successful => noted(wish, service, history),
        EndKind::FailedNotRolledBack => take_back(wish, service, history, end),
        EndKind::FailedRolledBack
        | EndKind::RollbackFailed
        | EndKind::Stopped { .. }
        | EndKind::Superseded { .. }
        | EndKind::TimedOut
        | EndKind::CouldNotTell
        | EndKind::Denied
        | EndKind::Paused(_)
        | EndKind::Resumed
        | EndKind::Cancelled
        // Only the hold of a share ends so.
        | EndKind::Unwell
        | EndKind::JudgedBad
        | EndKind::Undecided => {
            Lane::Failed(Box::new(conclude::failed(wish, service, history, end)))
        }
    }
}

/// ECS did not go back by itself: we do.
fn take_back(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    history: &ServiceHistory,
    end: &End,
) -> Lane {
    let failed = || Lane::Failed(Box::new(conclude::failed(wish, service, history, end)));
    // A rollback that fails leaves the choice to a person: going further back is a guess.
    let is_rollback = matches!(wish.wanted.goal, Goal::Rollback(_));
    // ECS's own strategies go back by themselves, or a person has to look why they did not.
    let is_native = matches!(wish.wanted.course.traffic, Traffic::Native(_));
    if history.back.ended.is_some() || is_rollback || is_native {
        return failed();
    }
    if let Some(sent) = &history.back.sent {
        return Lane::Steps(vec![own(service, Phase::Back, known(&sent.revision), None)]);
    }
    let seen = wish.observed.services.get(&service.name);
    let Some((seen, state)) = seen.and_then(|seen| Some((seen, seen.state.as_ref()?))) else {
        return failed();
    };
    let Some(previous) = previous(seen, history) else { return failed() };
    if let Some(wait) = lost_answer(wish, service, &history.back) {
        return Lane::Steps(vec![wait]);
    }
    let primary = state.primary().map(|primary| primary.id.clone());
    let update = Step::UpdateService {
        service: service.name.clone(),
        request: request::back(&wish.wanted.cluster, service),
        revision: Some(known(&previous)),
        expected: Expected { primary, task_definition: state.task_definition.clone() },
        phase: Phase::Back,
        why: UpdateReason::Deploy,
    };
    Lane::Steps(vec![update, own(service, Phase::Back, known(&previous), None)])
}

/// The release that ran before the failed one. A release that was good before and fails when
/// it is deployed once more has nothing better to go back to.
fn previous(seen: &ObservedService, history: &ServiceHistory) -> Option<TaskDefArn> {
    let failed = failed_revision(history)?;
    let good = rollback::good_releases(seen);
    if good.contains(failed) {
        return None;
    }
    let revisions = seen.revisions.known().map_or(&[][..], Vec::as_slice);
    let is_gone = |arn: &TaskDefArn| revisions.iter().any(|one| one.arn == *arn && !one.active);
    let first = history.first.as_ref().map(|first| &first.task_definition);
    let ran = first.filter(|first| good.contains(first) || good.is_empty());
    let mut candidates = ran.into_iter().chain(good.iter().rev());
    candidates.find(|previous| *previous != failed && !is_gone(previous)).cloned()
}

pub(in crate::plan) fn failed_revision(history: &ServiceHistory) -> Option<&TaskDefArn> {
    let sent = history.forward.sent.as_ref().map(|sent| &sent.revision);
    sent.or_else(|| history.forward.revision.as_ref().map(|revision| &revision.arn))
}

/// The service is where it shall be; a later run may have to know that it was good.
pub(super) fn noted(wish: &Wish<'_>, service: &ServiceWanted, history: &ServiceHistory) -> Lane {
    match success_tag(wish, service, history) {
        Some(step) => Lane::Steps(vec![step]),
        None => Lane::Done,
    }
}

fn success_tag(wish: &Wish<'_>, service: &ServiceWanted, history: &ServiceHistory) -> Option<Step> {
    let seen = wish.observed.services.get(&service.name)?;
    let chosen = history.forward.revision.as_ref();
    let running = seen.task_definition.as_ref();
    let revision = chosen.or(running)?;
    let arn = revision.arn.as_str().to_owned();
    let written = (arn.clone(), tag_keys::SUCCEEDED.to_owned());
    if wish.history.tagging_denied || history.remembered.contains_key(&written) {
        return None;
    }
    let deployed = history.forward.ended.is_some();
    let carries = |key: &str| revision.tags.contains_key(key);
    // Killed between the end of the deployment and this note: it is still ours to write.
    let unnoted = carries(tag_keys::COMMIT) && !carries(tag_keys::SUCCEEDED);
    if !deployed && !unnoted {
        return None;
    }
    let at = wish.observed.at.to_string();
    let tags = BTreeMap::from([(tag_keys::SUCCEEDED.to_owned(), at)]);
    Some(Step::Remember { service: service.name.clone(), arn, tags })
}
