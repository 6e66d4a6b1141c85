//! The end of a run as `apply` makes it: the way back of a release by steps, the canary's share
//! and the lease given back.

use crate::cloud::Right;
use crate::look;
use crate::properties::{self, Broken};
use crate::state::{Mode, Process, State};
use crate::world::World;
use ecs_canary::model::{OnCancel, Outcome, OutcomeKind, Wanted};
use ecs_canary::plan::{self, Noted, Unfinished};

pub(crate) fn end(mut state: State, outcome: Outcome, world: &World) -> Result<State, Broken> {
    if outcome.outcome == OutcomeKind::Internal {
        let reason = outcome.reason.unwrap_or_default();
        return Err(Broken::new(format!("ends as internal: {reason}")));
    }
    let wanted = state.wanted(world).into_owned();
    properties::planning_after_the_end(&state, &outcome, &wanted, world)?;
    if outcome.outcome == OutcomeKind::Refused && state.process.history.noted.is_none() {
        state.process.history.noted = plan::left_by_a_dead_run(&wanted, &state.observed(world));
    }
    let unwinds = plan::unwinds(&wanted, &outcome);
    if state.process.history.noted.is_some() && !unwinds {
        put_in_order(&mut state, &outcome, &wanted, world);
    }
    if unwinds && !state.process.leaves_weights && state.process.unwinding.is_none() {
        let mut back = Process { unwinding: Some(outcome.outcome), ..Process::new() };
        back.history.noted = state.process.history.noted.take();
        state.process = back;
        return Ok(state);
    }
    let kind = match state.process.unwinding {
        None => outcome.outcome,
        Some(first) if outcome.outcome.is_good() => first,
        Some(_) => OutcomeKind::FailedNotRolledBack,
    };
    properties::at_the_end(&state, kind, &outcome, world)?;
    state.process = Process { mode: Mode::Ended(kind), ..Process::new() };
    Ok(state)
}

fn put_in_order(state: &mut State, outcome: &Outcome, wanted: &Wanted, world: &World) {
    let taken_away = state.process.leaves_weights || is_lease_lost(state, wanted, world);
    // Nobody cancels here.
    let stops = plan::takes_share(outcome.outcome, taken_away, OnCancel::Leave);
    let took = stops && safe_weights(state);
    let Some(noted) = state.process.history.noted.clone() else { return };
    let unfinished = if took { Unfinished::TakenBack } else { Unfinished::GoesOn };
    let Some(record) = plan::given_back(&noted, unfinished) else { return };
    if state.process.history.tagging_denied || is_lease_lost(state, wanted, world) {
        return;
    }
    if state.cloud.may(Right::Tag) {
        let keeper = if noted.arn == look::service_arn(crate::cloud::Side::Full) {
            crate::cloud::Side::Full
        } else {
            crate::cloud::Side::Canary
        };
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

/// Takes the canary's share away where the full service can answer; true when something was
/// said about it.
fn safe_weights(state: &mut State) -> bool {
    let Some((_, canary)) = state.cloud.weights else { return false };
    if state.process.leaves_weights {
        return true;
    }
    if canary == 0 {
        return false;
    }
    let full = state.cloud.of(crate::cloud::Side::Full);
    let answers = full.is_some_and(|full| full.running > 0);
    if !answers || !state.cloud.may(Right::Weights) {
        state.ghost.weights_failed = true;
        return true;
    }
    state.change(|cloud, _| cloud.weights = Some((100, 0)));
    true
}
