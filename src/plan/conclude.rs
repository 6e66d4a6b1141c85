//! How a plan ends: the outcome with what a person needs.

use super::gate_over;
use super::lane::failed_revision;
use super::next::services;
use super::revision::{Wish, release_container};
use super::{Before, ServiceHistory, scaling};
use crate::journal::Found;
use crate::model::{
    Goal, LiveTaskDefinition, Outcome, OutcomeKind, ReleaseIdentity, ReleaseOnService,
    ServiceWanted, TaskDefArn,
};
use crate::watch::{End, EndKind};
use serde_json::Value;

/// Everything is as it was wanted.
pub(super) fn good(wish: &Wish<'_>, service: &ServiceWanted) -> Outcome {
    let resumed = scaling::resumed(&wish.history.scale_in);
    let changed = wish.history.changed_something();
    let kind =
        if changed || !resumed.is_empty() { OutcomeKind::Succeeded } else { OutcomeKind::NoChange };
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let outcome = about(wish, service, history, Outcome::new(kind));
    if wish.wanted.goal == Goal::Reap && kind == OutcomeKind::NoChange && resumed.is_empty() {
        return Outcome { revision: None, image: None, commit: None, ..outcome }
            .because(nothing_left(wish));
    }
    let reason = match (&outcome.revision, kind) {
        _ if !changed && !resumed.is_empty() => {
            format!("scale-in of {} is on again", resumed.join(" and "))
        }
        (Some(runs), OutcomeKind::NoChange) => format!("{} runs {runs} already", service.name),
        (Some(runs), _) => format!("{} runs {runs}", service.name),
        // A change of counts looks at no revision.
        (None, _) => counts(wish),
    };
    outcome.because(reason)
}

/// Why there is nothing to take back.
fn nothing_left(wish: &Wish<'_>) -> String {
    match &wish.found {
        Found::Occupied { holder, until } => {
            format!("{holder} is under way until {until} at least: left alone")
        }
        _ => "no release was left behind".to_owned(),
    }
}

/// `release runs 3 tasks, canary-release runs 1 task`.
fn counts(wish: &Wish<'_>) -> String {
    let services = services(wish).map(|service| {
        let name = &service.name;
        match wish.observed.state(name).map(|state| (state.running, state.desired)) {
            Some((1, 1)) => format!("{name} runs 1 task"),
            Some((running, desired)) if running == desired => {
                format!("{name} runs {running} tasks")
            }
            Some((running, desired)) => format!("{name} runs {running} of {desired} tasks"),
            None => format!("{name} does not exist"),
        }
    });
    services.collect::<Vec<_>>().join(", ")
}

/// A service did not get where it should.
pub(super) fn failed(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    history: &ServiceHistory,
    end: &End,
) -> Outcome {
    let taken_back = history.back.ended.as_ref();
    let kind = match (&end.kind, taken_back.map(|back| &back.kind)) {
        (EndKind::FailedNotRolledBack, Some(EndKind::Successful)) => OutcomeKind::FailedRolledBack,
        (kind, _) => outcome_kind(kind),
    };
    let mut reason = match &end.cause {
        // What keeps it from its end is no failure yet.
        Some(cause) if end.kind == EndKind::TimedOut => format!("{cause}; {}", end.reason),
        Some(cause) => cause.clone(),
        None => end.reason.clone(),
    };
    if let Some(back) = taken_back {
        let to = history.back.sent.as_ref().map_or("it", |sent| sent.revision.short());
        reason = match back.kind {
            EndKind::Successful => format!("{reason}; this job took it back to {to}"),
            _ => format!("{reason}; and the way back to {to} failed: {}", back.reason),
        };
    }
    let outcome = about(wish, service, history, Outcome::new(kind));
    let outcome = Outcome {
        deployment: end.deployment.clone().or(outcome.deployment),
        first: end.first.clone(),
        users: end.users.clone(),
        end_unknown: end.kind == EndKind::CouldNotTell,
        ..outcome
    };
    match hint(wish, service, history, &end.kind, kind) {
        Some(hint) => outcome.because(reason).hinting(hint),
        None => outcome.because(reason),
    }
}

/// The outcome's word for the end of a wait.
fn outcome_kind(kind: &EndKind) -> OutcomeKind {
    match kind {
        EndKind::Successful => OutcomeKind::Succeeded,
        EndKind::FailedRolledBack | EndKind::Stopped { rolled_back: true } => {
            OutcomeKind::FailedRolledBack
        }
        EndKind::FailedNotRolledBack
        | EndKind::RollbackFailed
        | EndKind::Stopped { rolled_back: false } => OutcomeKind::FailedNotRolledBack,
        EndKind::Superseded { .. } => OutcomeKind::Superseded,
        // What we could not find may still go on: that is all that can be said.
        EndKind::TimedOut | EndKind::CouldNotTell | EndKind::Resumed => OutcomeKind::TimedOut,
        EndKind::Paused(_) => OutcomeKind::Paused,
        EndKind::Denied => OutcomeKind::Denied,
        EndKind::Cancelled => OutcomeKind::Cancelled,
        EndKind::JudgedBad | EndKind::Unwell => OutcomeKind::CanaryFailed,
        EndKind::Undecided => OutcomeKind::CanaryUndecided,
    }
}

fn hint(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    history: &ServiceHistory,
    end: &EndKind,
    kind: OutcomeKind,
) -> Option<String> {
    let name = &service.name;
    let cluster = &wish.wanted.cluster;
    let text = match (end, kind) {
        (EndKind::CouldNotTell, _) => {
            format!("look at service {name} in cluster {cluster} before anything is run again")
        }
        (_, OutcomeKind::FailedRolledBack) => {
            "repair it and push again; nothing is left over in AWS".to_owned()
        }
        (_, OutcomeKind::FailedNotRolledBack) if history.first.is_none() => format!(
            "it was the first deployment of {name}, so there is nothing to go back to: repair it \
             and run the job again, or scale {name} to 0"
        ),
        (_, OutcomeKind::FailedNotRolledBack) => format!(
            "a person is needed: look at {name} in cluster {cluster}, then run `ecs-canary \
             rollback` or deploy a repaired release"
        ),
        (_, OutcomeKind::Superseded) => {
            "somebody else deployed: theirs runs now, nothing is to be repaired here".to_owned()
        }
        (_, OutcomeKind::TimedOut) if history.forward.ended.as_ref().is_some_and(has_cause) => {
            "repair it and push, or go back with `ecs-canary rollback`; the same job run again \
             goes on waiting"
                .to_owned()
        }
        (_, OutcomeKind::TimedOut) => "run the same job again: it goes on where this one stopped \
                                       waiting"
            .to_owned(),
        (_, OutcomeKind::Denied) => "docs/iam.md has the permissions of the job's role".to_owned(),
        _ => return None,
    };
    Some(text)
}

fn has_cause(end: &End) -> bool {
    end.cause.is_some()
}

/// Fills in service, revision, image, what ran before and whose release it is.
pub(super) fn about(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    history: &ServiceHistory,
    outcome: Outcome,
) -> Outcome {
    let seen = wish.observed.services.get(&service.name);
    let running = seen.and_then(|seen| seen.task_definition.as_ref());
    let wanted = history.forward.revision.as_ref().or(running);
    let arn = failed_revision(history).or(wanted.map(|wanted| &wanted.arn));
    let ended = history.forward.ended.as_ref();
    let commit = wish.wanted.identity.commit.clone();
    let tagged = wanted.and_then(|wanted| ReleaseIdentity::from_tags(&wanted.tags).commit);
    // What is brought back is not this job's commit.
    let is_back = matches!(wish.wanted.goal, Goal::Rollback(_) | Goal::Abort | Goal::Reap);
    // Another number of tasks of the same revision has no other one before it.
    let first = history.first.as_ref().filter(|_| wish.wanted.goal != Goal::Scale);
    // What was stopped to make room is no release that ran before this one.
    let first = if is_back { first } else { first.and(history.basis.as_ref()) };
    let commit = if is_back { tagged } else { commit.or(tagged) };
    Outcome {
        service: Some(service.name.clone()),
        deployment: ended.and_then(|end| end.deployment.clone()).or(outcome.deployment.clone()),
        revision: arn.map(|arn| arn.short().to_owned()),
        image: wanted.and_then(|wanted| release_image(service, wanted)),
        previous: first.and_then(|first| before(service, first, arn)),
        commit: commit.map(|commit| commit.as_str().to_owned()),
        verdict: wish.history.evidence().cloned().map(Box::new).or(outcome.verdict.clone()),
        ..outcome
    }
}

fn before(
    service: &ServiceWanted,
    first: &Before,
    now: Option<&TaskDefArn>,
) -> Option<ReleaseOnService> {
    if Some(&first.task_definition) == now {
        return None;
    }
    let image = first.revision.as_ref().and_then(|revision| release_image(service, revision));
    Some(ReleaseOnService::new(&first.task_definition, image.as_deref()))
}

/// The image that carries the release: of the named container, else of the first one.
pub fn release_image(service: &ServiceWanted, revision: &LiveTaskDefinition) -> Option<String> {
    let named = release_container(service);
    let image = named
        .as_deref()
        .and_then(|name| revision.image(name))
        .or_else(|| revision.containers().next()?.get("image").and_then(Value::as_str))?;
    Some(image.to_owned())
}

/// The service that a release is about.
pub(super) fn lead<'a>(wish: &Wish<'a>) -> Option<&'a ServiceWanted> {
    match wish.wanted.goal {
        Goal::Reap if gate_over::promotes(wish) => wish.wanted.full.as_ref(),
        Goal::Canary | Goal::Abort | Goal::Reap => {
            // ECS's own strategies have one service for both.
            wish.wanted.canary.as_ref().or(wish.wanted.full.as_ref())
        }
        Goal::Full | Goal::Promote | Goal::Release => wish.wanted.full.as_ref(),
        Goal::Rollback(_) | Goal::Scale | Goal::Service => {
            wish.wanted.full.as_ref().or(wish.wanted.canary.as_ref())
        }
    }
}
