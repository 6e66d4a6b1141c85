//! Which deployment a wait follows: by the answer of our own change, or, for a change of an
//! earlier run, by what is seen of it.

use super::history::{History, ServiceHistory};
use super::step::{Phase, Waiting};
use crate::model::{DeploymentArn, Goal, Observed, ObservedService, TaskDefArn, Timestamp, Wanted};
use crate::rollback;
use crate::watch::{Answers, Followed};
use std::collections::BTreeSet;
use std::time::Duration;

/// What a way back gets beyond the deadline: the job's own reserve is meant for it.
const BACK_LIMIT: Duration = Duration::from_secs(15 * 60);

/// What to follow while `waiting` for `revision`, with `deadline` for the whole release; nobody
/// answers pauses.
pub fn followed(
    waiting: &Waiting,
    (revision, deployment): (&TaskDefArn, Option<&DeploymentArn>),
    (history, observed): (&History, &Observed),
    deadline: Timestamp,
) -> Followed {
    let nothing = ServiceHistory::default();
    let known = history.of(&waiting.service).unwrap_or(&nothing);
    let seen = observed.services.get(&waiting.service);
    let attempt = match waiting.phase {
        Phase::Forward => &known.forward,
        Phase::Back => &known.back,
    };
    let sent = attempt.sent.as_ref();
    let before = sent.and_then(|sent| sent.before.as_ref());
    let created_here = sent.is_some_and(|sent| sent.before.is_none());
    let events = match (sent, before) {
        (Some(_), Some(before)) => before.events.clone(),
        (Some(_), None) => BTreeSet::new(),
        (None, _) => events_before(deployment, seen),
    };
    Followed {
        service: waiting.service.clone(),
        revision: revision.clone(),
        deployment: deployment.cloned(),
        answered: sent.and_then(|sent| sent.current.clone()),
        primary: sent.and_then(|sent| sent.primary.clone()),
        sent_at: sent.map(|sent| sent.at),
        known_deployments: before.map(|before| before.deployments.clone()).unwrap_or_default(),
        primary_before: before.and_then(|before| before.primary.clone()),
        entries_before: before.map(|before| before.entries.clone()).unwrap_or_default(),
        known_events: events.into_iter().chain(known.told.iter().cloned()).collect(),
        previous: ran_before(revision, known, seen).filter(|_| !created_here),
        answers: Answers::Nobody,
        bake: None,
        deadline,
    }
}

/// Until when a wait of `phase` that begins at `now` may last.
pub fn until(phase: Phase, deadline: Timestamp, now: Timestamp) -> Timestamp {
    match phase {
        Phase::Forward => deadline,
        Phase::Back => deadline.max(now.after(BACK_LIMIT)),
    }
}

/// What takes the canary of `wanted` back from `now` on.
pub fn way_back(wanted: &Wanted, now: Timestamp) -> Wanted {
    let deadline = until(Phase::Back, wanted.deadline, now);
    Wanted { goal: Goal::Abort, deadline, ..wanted.clone() }
}

/// Events that were there before `deployment` of an earlier run.
fn events_before(
    deployment: Option<&DeploymentArn>,
    seen: Option<&ObservedService>,
) -> BTreeSet<String> {
    let mut listed = seen.and_then(|seen| seen.deployments.known()).into_iter().flatten();
    let created = listed.find(|one| Some(&one.arn) == deployment).map(|one| one.created_at);
    let state = seen.and_then(|seen| seen.state.as_ref());
    let events = state.into_iter().flat_map(|state| &state.events);
    let older = events.filter(|event| created.is_none_or(|created| event.at < created));
    older.map(|event| event.id.clone()).collect()
}

/// What ran before `revision`, as far as it is known.
pub fn ran_before(
    revision: &TaskDefArn,
    known: &ServiceHistory,
    seen: Option<&ObservedService>,
) -> Option<TaskDefArn> {
    let basis = known.basis.as_ref().map(|basis| basis.task_definition.clone());
    let good = || {
        let good = rollback::good_releases(seen?);
        good.into_iter().rev().find(|good| good != revision)
    };
    basis.filter(|basis| basis != revision).or_else(good)
}
