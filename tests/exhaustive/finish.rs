//! The end of a run as `apply` makes it: the way back of a release by steps, the canary's share
//! and the lease given back.

use crate::cloud::{Right, Side};
use crate::look;
use crate::properties::{self, Broken};
use crate::scaling;
use crate::state::{Mode, Process, State};
use crate::world::World;
use ecs_canary::model::{OnCancel, Outcome, OutcomeKind, Wanted};
use ecs_canary::plan::{self, Ending, Noted, Unfinished};

pub(crate) fn end(mut state: State, outcome: Outcome, world: &World) -> Result<State, Broken> {
    if outcome.outcome == OutcomeKind::Internal {
        let reason = outcome.reason.unwrap_or_default();
        return Err(Broken::new(format!("ends as internal: {reason}")));
    }
    let wanted = state.wanted(world).into_owned();
    properties::planning_after_the_end(&state, &outcome, &wanted, world)?;
    let leaves_weights = state.process.leaves_weights;
    // Nobody cancels here, and there is one way back.
    let ending = Ending { wanted: &wanted, outcome: &outcome, leaves_weights, is_cancelled: false };
    if ending.resumes_scaling(state.process.history.noted.as_ref()) {
        scaling::put_in_order(&mut state, &wanted, world);
    }
    if outcome.outcome == OutcomeKind::Refused && state.process.history.noted.is_none() {
        state.process.history.noted = plan::left_by_a_dead_run(&wanted, &state.observed(world));
    }
    if awaits_full(&state, &outcome, &wanted, world) {
        let mut state = on_the_way_back(state, &outcome);
        state.process.history.only_the_share = true;
        return Ok(state);
    }
    if state.process.history.noted.is_some() && !plan::unwinds(&wanted, &outcome) {
        put_in_order(&mut state, &outcome, &wanted, world);
    }
    if ending.goes_back() && state.process.unwinding.is_none() {
        return Ok(on_the_way_back(state, &outcome));
    }
    let kind = match state.process.unwinding {
        None => outcome.outcome,
        Some((first, _)) if outcome.outcome.is_good() => first,
        Some(_) => OutcomeKind::FailedNotRolledBack,
    };
    properties::at_the_end(&state, kind, &outcome, world)?;
    state.process = Process { mode: Mode::Ended(kind), ..Process::new() };
    Ok(state)
}

fn on_the_way_back(mut state: State, outcome: &Outcome) -> State {
    let history = std::mem::take(&mut state.process.history).for_the_way_back();
    let is_blind = state.process.is_blind;
    let unwinding = Some((outcome.outcome, state.now));
    state.process = Process { history, is_blind, unwinding, ..Process::new() };
    state
}

/// Another run's change came in between while the full service is replaced: the share is given
/// back once it can take it.
fn awaits_full(state: &State, outcome: &Outcome, wanted: &Wanted, world: &World) -> bool {
    let stops = matches!(outcome.outcome, OutcomeKind::Refused | OutcomeKind::Superseded);
    let history = &state.process.history;
    stops
        && history.noted.is_some()
        && history.full_awaited.is_none()
        && !(state.process.leaves_weights || is_lease_lost(state, wanted, world))
        && state.cloud.weights.is_some_and(|(_, canary)| canary > 0)
        && properties::lacks(&state.cloud).is_some()
}

fn put_in_order(state: &mut State, outcome: &Outcome, wanted: &Wanted, world: &World) {
    let taken_away = state.process.leaves_weights || is_lease_lost(state, wanted, world);
    // Nobody cancels here.
    let stops = plan::takes_share(outcome.outcome, taken_away, OnCancel::Leave);
    let took = match stops.then(|| safe_weights(state)) {
        Some(Taken::NotYet) => return,
        None if state.process.history.full_awaited.is_some() => return,
        Some(Taken::Told) => true,
        Some(Taken::Nothing) | None => false,
    };
    let Some(noted) = state.process.history.noted.clone() else { return };
    let unfinished = if took { Unfinished::TakenBack } else { Unfinished::GoesOn };
    let Some(record) = plan::given_back(&noted, unfinished) else { return };
    if state.process.history.tagging_denied || is_lease_lost(state, wanted, world) {
        return;
    }
    if state.cloud.may(Right::Tag) {
        let keeper =
            if noted.arn == look::service_arn(Side::Full) { Side::Full } else { Side::Canary };
        let written = record.clone();
        state.change(|cloud, _| {
            if let Some(service) = cloud.of_mut(keeper) {
                service.record = Some(written);
            }
        });
        state.process.history.noted = Some(Noted { record, ..noted });
    }
}

fn is_lease_lost(state: &State, wanted: &Wanted, world: &World) -> bool {
    let noted = state.process.history.noted.as_ref();
    noted.is_some_and(|noted| plan::is_lease_lost(wanted, &state.observed(world), noted))
}

/// What became of the canary's share.
enum Taken {
    Nothing,
    Told,
    NotYet,
}

/// Takes the canary's share away where the full service can answer.
fn safe_weights(state: &mut State) -> Taken {
    let Some((_, canary)) = state.cloud.weights else { return Taken::Nothing };
    if state.process.leaves_weights {
        return Taken::Told;
    }
    if canary == 0 {
        return Taken::Nothing;
    }
    if properties::lacks(&state.cloud).is_some() {
        return Taken::NotYet;
    }
    let full = state.cloud.of(Side::Full);
    let answers = full.is_some_and(|full| full.healthy() > 0);
    if !answers || !state.cloud.may(Right::Weights) {
        state.ghost.weights_failed = true;
        return Taken::Told;
    }
    state.change(|cloud, _| cloud.weights = Some((100, 0)));
    Taken::Told
}
