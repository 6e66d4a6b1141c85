//! Carries a planned step out as `apply` does, with whatever becomes of its call.

use crate::cloud::{Change, RefusedCall, Right};
use crate::look::{self, last_number, seconds, time};
use crate::state::{RETRY, State};
use crate::world;
use ecs_canary::model::{
    DeploymentArn, Observed, OutcomeKind, ServiceName, ServiceRequest, tag_keys,
};
use ecs_canary::plan::{JournalEntry, Phase, Sending, Step, UpdateReason, WeightsStep};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Answered,
    /// The answer is lost; the change was made, or not.
    Lost {
        applied: bool,
    },
    Throttled,
    /// Denied from now on.
    Denied,
    /// The process dies before the answer.
    Killed,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Look again, after so many seconds.
    Again(i64),
    Ends(OutcomeKind),
    Dead,
}

/// The right that a step needs; `None` = it calls nobody.
pub(crate) fn right(step: &Step) -> Option<Right> {
    match step {
        Step::Register { .. }
        | Step::CreateService { .. }
        | Step::UpdateService { .. }
        | Step::DeleteService { .. } => Some(Right::Change),
        // This cloud rolls: no deployment of it pauses.
        Step::StopDeployment { .. } | Step::Continue { .. } => Some(Right::Stop),
        Step::Remember { .. } | Step::Journal(_) => Some(Right::Tag),
        Step::SetWeights(_) => Some(Right::Weights),
        Step::ReuseRevision { .. } | Step::ScaleIn(_) | Step::Wait(_) | Step::Finish(_) => None,
    }
}

/// The answer of a call as the program gets it.
pub(crate) enum Answer<T> {
    Ok(T),
    Refused,
    Lost,
    Throttled,
    Denied,
    Dead,
}

pub(crate) fn made<T>(
    state: &mut State,
    call: Call,
    right: Right,
    act: impl FnOnce(&mut State) -> Result<T, RefusedCall>,
) -> Answer<T> {
    if call == Call::Denied {
        state.cloud.denied = Some(right);
    }
    if !state.cloud.may(right) {
        return Answer::Denied;
    }
    match call {
        Call::Answered => act(state).map_or(Answer::Refused, Answer::Ok),
        Call::Lost { applied: true } => match act(state) {
            Ok(_) | Err(RefusedCall) => Answer::Lost,
        },
        Call::Lost { applied: false } => Answer::Lost,
        Call::Throttled => Answer::Throttled,
        Call::Denied => Answer::Denied,
        Call::Killed => match act(state) {
            Ok(_) | Err(RefusedCall) => Answer::Dead,
        },
    }
}

/// An answer that is no good for a step, in the words of `apply`.
fn bad<T>(answer: &Answer<T>) -> Done {
    match answer {
        Answer::Ok(_) | Answer::Lost | Answer::Throttled => Done::Again(RETRY),
        Answer::Refused => Done::Ends(OutcomeKind::Refused),
        Answer::Denied => Done::Ends(OutcomeKind::Denied),
        Answer::Dead => Done::Dead,
    }
}

pub(crate) fn carry_out(state: &mut State, step: &Step, observed: &Observed, call: Call) -> Done {
    match step {
        Step::ReuseRevision { service, revision, .. } => {
            state.process.history.has_revision(service, (**revision).clone());
            Done::Again(0)
        }
        Step::Register { .. } => register(state, step, (observed, call)),
        Step::CreateService { service, request, revision } => {
            let Some(revision) = state.process.history.arn_of(service, revision) else {
                return Done::Again(0);
            };
            let number = last_number(revision.as_str());
            let change = Change { revision: Some(number), ..of(request) };
            let sending = Sending { service: service.clone(), revision, phase: Phase::Forward };
            send(state, (&sending, true), &change, (observed, call))
        }
        Step::UpdateService { service, request, revision, phase, why, .. } => {
            let history = &state.process.history;
            let to = revision.as_ref().and_then(|revision| history.arn_of(service, revision));
            let number = to.as_ref().map(|to| last_number(to.as_str()));
            let change = Change { revision: number, ..of(request) };
            match to.filter(|_| *why != UpdateReason::Settings) {
                Some(revision) => {
                    let sending = Sending { service: service.clone(), revision, phase: *phase };
                    send(state, (&sending, false), &change, (observed, call))
                }
                None => settings(state, (service, request), &change, (observed, call)),
            }
        }
        Step::DeleteService { service } => delete(state, service, call),
        Step::StopDeployment { service, deployment, .. } => {
            stop(state, (service, deployment), call)
        }
        Step::Remember { service, arn, tags } => remember(state, (service, arn), tags, call),
        Step::Journal(entry) => journal(state, entry, call),
        Step::SetWeights(weights) => set_weights(state, weights, (observed, call)),
        Step::Continue { .. } => unreachable!("no deployment of this cloud pauses"),
        Step::ScaleIn(_) => unreachable!("its calls are moves of their own"),
        Step::Wait(_) | Step::Finish(_) => Done::Again(0),
    }
}

fn register(state: &mut State, step: &Step, (observed, call): (&Observed, Call)) -> Done {
    let Step::Register { service, spec, tags, .. } = step else { return Done::Again(0) };
    let side = look::side(service);
    let version = world::version_of(spec);
    let by = tags.get(tag_keys::COMMIT).map(|commit| world::last_digit(commit));
    let by = by.filter(|_| !state.process.history.tagging_denied);
    let answer = made(state, call, Right::Change, |state| {
        Ok(state.change(|cloud, _| cloud.register(side, version, by)))
    });
    match answer {
        Answer::Ok(number) => {
            if let Some(revision) = state.cloud.revision(side, number).map(look::live) {
                state.process.history.has_revision(service, revision);
            }
            Done::Again(0)
        }
        Answer::Lost => lost(state, service, Phase::Forward, observed),
        other => bad(&other),
    }
}

fn stop(
    state: &mut State,
    (service, deployment): (&ServiceName, &DeploymentArn),
    call: Call,
) -> Done {
    let id = last_number(deployment.as_str());
    let answer = made(state, call, Right::Stop, |state| {
        state.change(|cloud, _| cloud.stop(look::side(service), id))
    });
    let known = state.process.history.of_mut(service);
    match answer {
        Answer::Denied => known.stop_refused = true,
        Answer::Ok(()) | Answer::Refused => {
            known.stopped.insert(deployment.clone());
        }
        other => return bad(&other),
    }
    Done::Again(0)
}

fn set_weights(
    state: &mut State,
    weights: &WeightsStep,
    (observed, call): (&Observed, Call),
) -> Done {
    let to = (weights.to.full.unwrap_or(0), weights.to.canary.unwrap_or(0));
    let expected = (weights.expected.full, weights.expected.canary);
    let answer = made(state, call, Right::Weights, |state| {
        let now = state.cloud.weights.map(|(full, canary)| (Some(full), Some(canary)));
        let is_expected = now == Some(expected);
        if is_expected {
            state.change(|cloud, _| cloud.weights = Some(to));
        }
        Ok(is_expected)
    });
    match answer {
        Answer::Ok(false) => return Done::Again(0),
        Answer::Ok(true) | Answer::Lost => {}
        other => {
            state.ghost.weights_failed |= matches!(other, Answer::Denied);
            return bad(&other);
        }
    }
    state.process.history.weights_were_sent(weights, observed);
    Done::Again(0)
}

/// A change that starts a deployment; the service is created, or updated.
fn send(
    state: &mut State,
    (sending, creates): (&Sending, bool),
    change: &Change,
    (observed, call): (&Observed, Call),
) -> Done {
    let side = look::side(&sending.service);
    let answer = made(state, call, Right::Change, |state| {
        state.change(|cloud, now| match (creates, change.revision) {
            (true, Some(revision)) => {
                cloud.create(side, (revision, change.count.unwrap_or(1)), now)
            }
            _ => cloud.update(side, change, now),
        })
    });
    match answer {
        Answer::Ok(()) => {
            let seen = state.cloud.of(side).map(|service| look::state(service, side));
            let Some(seen) = seen else { return Done::Ends(OutcomeKind::Internal) };
            let at = time(state.now);
            state.process.history.was_sent(sending, (&seen, at), observed);
            Done::Again(0)
        }
        Answer::Lost => lost(state, &sending.service, sending.phase, observed),
        // It is there already, made by an earlier run, and was not seen.
        Answer::Refused if creates => Done::Again(RETRY),
        other => bad(&other),
    }
}

fn settings(
    state: &mut State,
    (service, request): (&ServiceName, &ServiceRequest),
    change: &Change,
    (observed, call): (&Observed, Call),
) -> Done {
    let side = look::side(service);
    let answer = made(state, call, Right::Change, |state| {
        state.change(|cloud, now| cloud.update(side, change, now))
    });
    match answer {
        Answer::Ok(()) => {
            state.process.history.was_set(service, request, Some(observed));
            Done::Again(0)
        }
        other => bad(&other),
    }
}

fn delete(state: &mut State, service: &ServiceName, call: Call) -> Done {
    let side = look::side(service);
    let answer = made(state, call, Right::Change, |state| {
        state.change(|cloud, _| cloud.services[side as usize] = None);
        Ok(())
    });
    match answer {
        Answer::Ok(()) => {
            state.process.history.of_mut(service).deleted = true;
            Done::Again(0)
        }
        other => bad(&other),
    }
}

fn remember(
    state: &mut State,
    (service, arn): (&ServiceName, &String),
    tags: &std::collections::BTreeMap<String, String>,
    call: Call,
) -> Done {
    let side = look::side(service);
    let answer = made(state, call, Right::Tag, |state| {
        state.change(|cloud, _| {
            if let (Some(text), Some(service)) = (tags.get(tag_keys::ROLLBACK), cloud.of_mut(side))
            {
                service.intent = Some(text.clone());
            }
            let at = tags.get(tag_keys::SUCCEEDED).and_then(|at| at.parse().ok());
            let number = last_number(arn);
            let known = cloud.revisions.iter_mut();
            let mut known = known.filter(|one| one.side == side && one.number == number);
            if let (Some(at), Some(revision)) = (at, known.next()) {
                revision.succeeded = Some(seconds(at));
            }
        });
        Ok(())
    });
    match answer {
        Answer::Dead => return Done::Dead,
        Answer::Denied => state.process.history.tagging_denied = true,
        Answer::Ok(()) | Answer::Refused | Answer::Lost | Answer::Throttled => {}
    }
    state.ghost.tags_failed |= !matches!(answer, Answer::Ok(()));
    state.process.history.was_remembered(service, arn, tags);
    Done::Again(0)
}

fn journal(state: &mut State, entry: &JournalEntry, call: Call) -> Done {
    if !state.process.history.tagging_denied {
        let side = look::side(&entry.service);
        let answer = made(state, call, Right::Tag, |state| {
            state.change(|cloud, _| {
                if let Some(service) = cloud.of_mut(side) {
                    service.record = Some(entry.record.clone());
                }
            });
            Ok(())
        });
        match answer {
            Answer::Dead => return Done::Dead,
            Answer::Denied => state.process.history.tagging_denied = true,
            Answer::Ok(()) | Answer::Refused | Answer::Lost | Answer::Throttled => {}
        }
        state.ghost.tags_failed |= !matches!(answer, Answer::Ok(()));
    }
    state.process.history.was_noted(entry);
    Done::Again(0)
}

fn lost(state: &mut State, service: &ServiceName, phase: Phase, observed: &Observed) -> Done {
    state.process.history.was_lost(service, phase, ("ecs:change", observed.at));
    Done::Again(0)
}

fn of(request: &ServiceRequest) -> Change {
    let body = request.body();
    let count = body.get("desiredCount").and_then(serde_json::Value::as_u64);
    Change {
        revision: None,
        count: count.and_then(|count| u8::try_from(count).ok()),
        force: body.contains_key("forceNewDeployment"),
    }
}
