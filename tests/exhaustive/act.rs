//! Carries a planned step out as `apply` does, with whatever becomes of its call.

use crate::cloud::{Change, RefusedCall, Right, Side};
use crate::look::{self, last_number, seconds, time};
use crate::state::{RETRY, State};
use crate::world;
use ecs_canary::model::{
    DeploymentArn, Observed, OutcomeKind, ServiceName, ServiceRequest, ServiceState, TaskDefArn,
    tag_keys,
};
use ecs_canary::plan::{
    Attempt, Before, CountSent, JournalEntry, Lost, Noted, Phase, RevisionRef, Sent, Step,
    UpdateReason, WeightsSent, WeightsStep,
};

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
enum Answer<T> {
    Ok(T),
    Refused,
    Lost,
    Throttled,
    Denied,
    Dead,
}

fn made<T>(
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
            let known = state.process.history.of_mut(service);
            known.forward.revision = Some((**revision).clone());
            Done::Again(0)
        }
        Step::Register { .. } => register(state, step, (observed, call)),
        Step::CreateService { service, request, revision } => {
            let change = Change { revision: number(state, service, revision), ..of(request) };
            send(
                state,
                &Sending { service, phase: Phase::Forward, creates: true },
                &change,
                (observed, call),
            )
        }
        Step::UpdateService { service, request, revision, phase, why, .. } => {
            let to = revision.as_ref().and_then(|revision| number(state, service, revision));
            let change = Change { revision: to, ..of(request) };
            if to.is_some() && *why != UpdateReason::Settings {
                let sending = Sending { service, phase: *phase, creates: false };
                return send(state, &sending, &change, (observed, call));
            }
            settings(state, service, &change, (observed, call))
        }
        Step::DeleteService { service } => delete(state, service, call),
        Step::StopDeployment { service, deployment, .. } => {
            stop(state, (service, deployment), call)
        }
        Step::Remember { service, arn, tags } => remember(state, (service, arn), tags, call),
        Step::Journal(entry) => journal(state, entry, call),
        Step::SetWeights(weights) => set_weights(state, weights, (observed, call)),
        Step::Continue { .. } => unreachable!("no deployment of this cloud pauses"),
        Step::ScaleIn(_) => unreachable!("nothing scales in this cloud"),
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
            let revision = state.cloud.revision(side, number).map(look::live);
            let attempt = &mut state.process.history.of_mut(service).forward;
            attempt.lost = None;
            attempt.revision = revision;
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
    let sent = WeightsSent { to: weights.to, before: weights.expected, at: observed.at };
    state.process.history.weights = Some(sent);
    Done::Again(0)
}

/// A change that starts a deployment.
struct Sending<'a> {
    service: &'a ServiceName,
    phase: Phase,
    creates: bool,
}

fn send(
    state: &mut State,
    sending: &Sending<'_>,
    change: &Change,
    (observed, call): (&Observed, Call),
) -> Done {
    let Sending { service, phase, creates } = *sending;
    let side = look::side(service);
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
            let before = match phase {
                Phase::Forward => {
                    let known = state.process.history.of(service);
                    known.and_then(|known| known.basis.clone())
                }
                Phase::Back => observed.services.get(service).and_then(Before::of),
            };
            let sent = sent(&seen, before, change.revision, (side, state.now));
            let attempt = attempt(state, service, phase);
            attempt.lost = None;
            attempt.sent = Some(sent);
            Done::Again(0)
        }
        Answer::Lost => lost(state, service, phase, observed),
        // It is there already, made by an earlier run, and was not seen.
        Answer::Refused if creates => Done::Again(RETRY),
        other => bad(&other),
    }
}

fn sent(
    seen: &ServiceState,
    before: Option<Before>,
    to: Option<u8>,
    (side, now): (Side, i64),
) -> Sent {
    let old_primary = before.as_ref().and_then(|before| before.primary.as_ref());
    let primary = seen.primary().map(|primary| primary.id.clone());
    let primary = primary.filter(|id| Some(id) != old_primary);
    let was_there =
        |arn: &_| before.as_ref().is_some_and(|before| before.deployments.contains(arn));
    let current = seen.current_deployment.clone().filter(|arn| !was_there(arn));
    let revision = look::task_definition(side, to.unwrap_or(0));
    Sent { revision, at: time(now), primary, current, before }
}

fn settings(
    state: &mut State,
    service: &ServiceName,
    change: &Change,
    (observed, call): (&Observed, Call),
) -> Done {
    let side = look::side(service);
    let answer = made(state, call, Right::Change, |state| {
        state.change(|cloud, now| cloud.update(side, change, now))
    });
    match answer {
        Answer::Ok(()) => {
            let count = change.count.map(u32::from);
            let before = observed.state(service);
            let known = state.process.history.of_mut(service);
            if let Some(count) = count {
                known.count = Some(CountSent { count, ended: None });
            }
            known.settings =
                Some(count.filter(|count| before.is_none_or(|before| before.desired != *count)));
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
    let known = state.process.history.of_mut(service);
    for (key, value) in tags {
        known.remembered.insert((arn.clone(), key.clone()), value.clone());
    }
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
    let noted = &mut state.process.history.noted;
    let before = noted.take().filter(|noted| noted.arn == entry.arn);
    let before = before.map_or_else(|| entry.before.clone(), |noted| noted.before);
    *noted = Some(Noted { arn: entry.arn.clone(), record: entry.record.clone(), before });
    Done::Again(0)
}

/// A step whose effect is seen already, without an answer of ours.
pub(crate) fn seen_as_done(state: &mut State, step: &Step, observed: &Observed) {
    let (service, arn, phase): (_, &TaskDefArn, _) = match step {
        Step::StopDeployment { service, deployment, .. } => {
            state.process.history.of_mut(service).stopped.insert(deployment.clone());
            return;
        }
        Step::CreateService { service, revision: RevisionRef::Known(arn), .. } => {
            (service, arn, Phase::Forward)
        }
        Step::UpdateService { service, revision: Some(RevisionRef::Known(arn)), phase, .. } => {
            (service, arn, *phase)
        }
        _ => return,
    };
    let primary = observed.state(service).and_then(ServiceState::primary);
    let primary = primary.map(|primary| primary.id.clone());
    let before = state.process.history.of(service).and_then(|known| known.basis.clone());
    let revision = arn.clone();
    attempt(state, service, phase).sent =
        Some(Sent { revision, at: observed.at, primary, current: None, before });
}

fn lost(state: &mut State, service: &ServiceName, phase: Phase, observed: &Observed) -> Done {
    let lost = Lost { operation: "ecs:change".to_owned(), at: observed.at };
    attempt(state, service, phase).lost = Some(lost);
    Done::Again(0)
}

pub(crate) fn attempt<'a>(
    state: &'a mut State,
    service: &ServiceName,
    phase: Phase,
) -> &'a mut Attempt {
    let known = state.process.history.of_mut(service);
    match phase {
        Phase::Forward => &mut known.forward,
        Phase::Back => &mut known.back,
    }
}

fn number(state: &State, service: &ServiceName, revision: &RevisionRef) -> Option<u8> {
    match revision {
        RevisionRef::Known(arn) => Some(last_number(arn.as_str())),
        RevisionRef::Registered => {
            let known = state.process.history.of(service)?.forward.revision.as_ref()?;
            Some(last_number(known.arn.as_str()))
        }
    }
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
