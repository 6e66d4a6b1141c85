//! Autoscaling beside the release: what it may do to a count, the calls that suspend and resume
//! its scale-in, and what must hold of both.

use crate::act::{self, Answer, Call};
use crate::cloud::{Cloud, Motion, Right, Side};
use crate::look::{self, View, name, side};
use crate::moves::{CALLS, Move, faulty, killed};
use crate::properties::Broken;
use crate::state::{Mode, State};
use crate::world::{Setting, World};
use ecs_canary::journal::{ScalingNote, ScalingNoted};
use ecs_canary::model::{
    Goal, Knowledge, Observed, OutcomeKind, ScalableTarget, ScaleIn, ServiceName, Wanted,
};
use ecs_canary::plan::{self, History, ScaleInSent, ScaleInStep, ScalingAnswer, ScalingCall, Step};
use serde_json::Value;
use std::collections::BTreeMap;

const SIDES: [Side; 2] = [Side::Full, Side::Canary];
/// When the lease of whoever died is over.
const LATER: i64 = 400;

/// Both services become scalable targets.
pub(crate) fn registered(cloud: &mut Cloud, setting: Setting) {
    for side in SIDES {
        let is_theirs = side == Side::Canary && !setting.weighted;
        let scale_in = if is_theirs { ScaleIn::Suspended } else { ScaleIn::On };
        cloud.of_mut(side).into_iter().for_each(|service| service.scale_in = Some(scale_in));
    }
}

/// What a look shows of autoscaling.
pub(crate) fn targets(view: &View<'_>) -> BTreeMap<ServiceName, Knowledge<Option<ScalableTarget>>> {
    let of = |side: Side| view.deployments.of(side)?.scale_in.map(|scale_in| (side, scale_in));
    let shown = SIDES.into_iter().filter_map(of).map(|(side, scale_in)| {
        let target = ScalableTarget { least: 1, most: 9, scale_in };
        let known = match view.is_blind {
            true => Knowledge::CouldNotTell("denied".to_owned()),
            false => Knowledge::Known(Some(target)),
        };
        (name(side), known)
    });
    shown.collect()
}

/// Autoscaling adds a task, or takes one away where it may: not while ECS deploys.
pub(crate) fn acts(state: &State) -> Vec<Move> {
    const WORDS: [(&str, &str); 2] = [
        ("autoscaling adds a task", "autoscaling takes a task"),
        ("autoscaling adds a task to the canary", "autoscaling takes a task from the canary"),
    ];
    let mut found = Vec::new();
    for (side, (adds, takes)) in SIDES.into_iter().zip(WORDS).filter(|_| state.scales) {
        let Some(service) = state.cloud.of(side) else { continue };
        let Some(scale_in) = service.scale_in.filter(|_| service.desired > 0) else { continue };
        let to = |desired: u8| {
            let mut next = state.clone();
            next.scales = false;
            next.change(|cloud, _| {
                cloud.of_mut(side).into_iter().for_each(|service| service.desired = desired);
            });
            Ok(next)
        };
        found.push((adds, to(service.desired + 1)));
        let may = scale_in == ScaleIn::On && service.motion == Motion::Still;
        if may && service.desired > 1 {
            found.push((takes, to(service.desired - 1)));
        }
    }
    found
}

/// A run that cannot look at autoscaling at all.
pub(crate) fn blind(state: &State) -> Option<State> {
    let has_some = SIDES.into_iter().any(|side| scale_in(&state.cloud, side).is_some());
    let is_first = !state.process.checked && state.process.unwinding.is_none();
    (has_some && is_first && !state.process.is_blind).then(|| {
        let mut next = faulty(state);
        next.process.is_blind = true;
        next
    })
}

/// The next call of a change of scale-in, with each thing that may become of it.
pub(crate) fn calls(state: &State, step: &ScaleInStep, nth: usize) -> Vec<Move> {
    let mut found = vec![("goes on", Ok(called(state.clone(), step, nth, Call::Answered)))];
    if state.faults > 0 {
        for (call, word) in CALLS {
            found.push((word, Ok(called(faulty(state), step, nth, call))));
        }
    }
    found
}

/// A call without an answer is one that had none at each of its tries.
fn called(mut state: State, step: &ScaleInStep, nth: usize, fate: Call) -> State {
    let calls = state.process.history.scaling_calls(step);
    state.process.mode = Mode::Look;
    let Some(call) = calls.get(nth) else { return state };
    let right = match call {
        ScalingCall::Note => Right::Tag,
        ScalingCall::Set => Right::Scaling,
    };
    let answer = act::made(&mut state, fate, right, |state| {
        state.change(|cloud, _| carried_out(cloud, step, *call));
        Ok(())
    });
    let answer = match answer {
        Answer::Ok(()) => ScalingAnswer::Done,
        Answer::Refused => ScalingAnswer::Refused,
        Answer::Lost | Answer::Throttled => ScalingAnswer::Unanswered,
        Answer::Denied => ScalingAnswer::Cannot,
        Answer::Dead => return killed(state),
    };
    // Without the right to tag the lease ends by itself.
    state.ghost.tags_failed |= *call == ScalingCall::Note && answer == ScalingAnswer::Cannot;
    if state.process.history.scaling_answered(step, *call, answer) {
        state.process.mode = Mode::Scales(Box::new(step.clone()), nth + 1);
    }
    state
}

fn carried_out(cloud: &mut Cloud, step: &ScaleInStep, call: ScalingCall) {
    let Some(service) = cloud.of_mut(side(&step.service)) else { return };
    match call {
        ScalingCall::Set => service.scale_in = service.scale_in.map(|_| step.to),
        ScalingCall::Note => {
            service.scaling_note = match ScalingNote::read(&step.note) {
                ScalingNoted::Open(note) => Some(note),
                ScalingNoted::Nothing | ScalingNoted::Unreadable(_) => None,
            };
        }
    }
}

/// Resumes what is suspended at an end that no plan made.
pub(crate) fn put_in_order(state: &mut State, wanted: &Wanted, world: &World) {
    let due = plan::resumes(wanted, &state.observed(world), &state.process.history);
    for step in due {
        let mode = std::mem::replace(&mut state.process.mode, Mode::Look);
        for nth in 0..state.process.history.scaling_calls(&step).len() {
            *state = called(state.clone(), &step, nth, Call::Answered);
            if matches!(state.process.mode, Mode::Look) {
                break;
            }
        }
        state.process.mode = mode;
    }
}

fn scale_in(cloud: &Cloud, side: Side) -> Option<ScaleIn> {
    cloud.of(side)?.scale_in
}

/// Services whose scale-in is suspended and was not before.
fn suspended(state: &State, world: &World) -> Vec<Side> {
    let was_on = |side: &Side| scale_in(&world.cloud, *side) == Some(ScaleIn::On);
    let is_off = |side: &Side| scale_in(&state.cloud, *side) == Some(ScaleIn::Suspended);
    SIDES.into_iter().filter(was_on).filter(is_off).collect()
}

/// True when a run ended and left scale-in suspended.
pub(crate) fn is_left_suspended(state: &State, world: &World) -> bool {
    !suspended(state, world).is_empty()
}

/// The scheduled cleanup, when every lease is over.
fn resumed_later(state: &State, world: &World) -> Vec<ServiceName> {
    let wanted = Wanted { goal: Goal::Reap, ..world.wanted.clone() };
    let view =
        View { is_blind: false, now: state.now + LATER, ..state.view(&state.cloud, &state.cloud) };
    let observed: Observed = look::observed(&view, world);
    let due = plan::resumes(&wanted, &observed, &History::default());
    due.into_iter().map(|step| step.service).collect()
}

/// In every state: what is suspended is found by whoever comes after a kill.
pub(crate) fn is_found_again(state: &State, world: &World) -> Result<(), Broken> {
    let suspended = suspended(state, world);
    let is_noted =
        |side: &Side| state.cloud.of(*side).is_some_and(|service| service.scaling_note.is_some());
    if let Some(side) = suspended.iter().find(|side| !is_noted(side)) {
        return Err(Broken::new(format!("scale-in of {side:?} is suspended without a note")));
    }
    let is_over = matches!(state.process.mode, Mode::Dead | Mode::Ended(_));
    if suspended.is_empty() || !is_over {
        return Ok(());
    }
    let later = resumed_later(state, world);
    match suspended.into_iter().map(name).find(|name| !later.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Broken::new(format!("nobody would resume scale-in of {name}"))),
    }
}

/// At the end scale-in is as it was before, and no note is open, or it was said that it is not.
pub(crate) fn is_as_before(state: &State, kind: OutcomeKind, world: &World) -> Result<(), Broken> {
    for side in SIDES {
        let (before, now) = (scale_in(&world.cloud, side), scale_in(&state.cloud, side));
        let is_said = state.process.history.scale_in.get(&name(side)) == Some(&ScaleInSent::Left);
        let is_left = is_said && before == Some(ScaleIn::On);
        if before != now && !is_left {
            return Err(Broken::new(format!("ends as {kind:?} with scale-in {now:?} of {side:?}")));
        }
        let is_open = state.cloud.of(side).is_some_and(|service| service.scaling_note.is_some());
        if is_open && !is_left {
            return Err(Broken::new(format!("ends as {kind:?} with an open note of {side:?}")));
        }
    }
    Ok(())
}

/// Right before a change: autoscaling may have good reasons for its count.
pub(crate) fn keeps_what_it_raised(state: &State, step: &Step) -> Result<(), Broken> {
    let Step::UpdateService { service, request, .. } = step else { return Ok(()) };
    let count = request.body().get("desiredCount").and_then(Value::as_u64);
    let seen = state.cloud.of(side(service)).filter(|seen| seen.scale_in.is_some());
    let lowers = count.zip(seen).is_some_and(|(count, seen)| count < u64::from(seen.desired));
    // Declared counts are written where it cannot be told, and that is said.
    if lowers && !state.process.is_blind {
        return Err(Broken::new(format!("takes tasks from an autoscaled service: {step}")));
    }
    Ok(())
}
