//! The course of a goal, after what another release left.

use super::back::{abort, reap, rollback};
use super::full::{full, promote};
use super::share::{canary, steps};
use crate::journal::{AbortCause, Found, Phase};
use crate::model::{Goal, Traffic, TrafficShare};
use crate::plan::lane::{Lane, stop};
use crate::plan::revision::Wish;
use crate::plan::{carries, gate_over, gives_way, native, traffic};

/// Lanes with their phases, and the phase after the last one.
pub(in crate::plan) struct Course {
    pub(in crate::plan) lanes: Vec<(Phase, Lane)>,
    pub(in crate::plan) end: Phase,
}

/// The course of a goal that holds a lease.
pub(in crate::plan) fn course(wish: &Wish<'_>) -> Course {
    let mut lanes = left_behind(wish);
    if let Traffic::Native(native) = &wish.wanted.course.traffic {
        let (rest, end) = native::lanes(wish, native);
        lanes.extend(rest);
        return Course { lanes, end };
    }
    let aborted = Phase::Aborted(cause(wish));
    let (rest, end) = match &wish.wanted.goal {
        Goal::Canary => canary(wish),
        Goal::Full => (full(wish), Phase::Done),
        Goal::Promote => promote(wish),
        Goal::Release => (steps(wish), Phase::Done),
        Goal::Abort => (abort(wish), aborted),
        Goal::Reap if gate_over::promotes(wish) => (gate_over::promoted(wish), Phase::Done),
        Goal::Reap => (reap(wish), aborted),
        Goal::Rollback(to) => (rollback(wish, to), aborted),
        Goal::Scale | Goal::Service => (Vec::new(), Phase::Done),
    };
    lanes.extend(rest);
    Course { lanes, end }
}

/// What another release left that died, or that gives way: its deployments are stopped, its
/// canary gets no requests.
fn left_behind(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let is_left = match &wish.found {
        Found::Abandoned(_) => true,
        Found::Same(progress) => progress.phase == Phase::TakingOver,
        Found::Resting(_) => gives_way::is_stopped_first(wish.wanted, wish.observed, &wish.found),
        Found::Nothing
        | Found::JudgedBad(_)
        | Found::Occupied { .. }
        | Found::CouldNotTell { .. } => false,
    };
    // A rollback stops what is under way itself, and knows what it may go back to.
    if !is_left || matches!(wish.wanted.goal, Goal::Rollback(_)) {
        return Vec::new();
    }
    let full = wish.wanted.full.as_ref();
    let moving = full.map(|full| match wish.wanted.course.traffic {
        Traffic::Native(_) => (Phase::TakingOver, gives_way::stopped(wish, full)),
        Traffic::Twin | Traffic::Weighted(_) => (Phase::TakingOver, stop(wish, full)),
    });
    // While the full service is being replaced, the canary is the healthy side; a full service
    // that does not come back is repaired by the next full release, before it gets all.
    let repairs = wish.wanted.goal == Goal::Full && carries::lacks(wish).is_some();
    let weights = (!repairs).then(|| traffic::to(wish, TrafficShare::NONE));
    let weights = weights.map(|lane| (Phase::TakingOver, lane));
    let mut lanes: Vec<_> = moving.into_iter().chain(weights).collect();
    if let Some(canary) = &wish.wanted.canary {
        lanes.push((Phase::TakingOver, stop(wish, canary)));
    }
    lanes
}

/// Why the canary is taken back: a verdict binds whoever comes later.
pub(in crate::plan) fn cause(wish: &Wish<'_>) -> AbortCause {
    let is_bad = wish.history.judged_bad || matches!(wish.found, Found::JudgedBad(_));
    if is_bad { AbortCause::Verdict } else { AbortCause::Asked }
}

pub(in crate::plan) fn aborting(wish: &Wish<'_>) -> Phase {
    Phase::Aborting(cause(wish))
}
