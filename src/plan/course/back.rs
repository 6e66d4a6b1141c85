//! Everything that is taken back.

use super::full::at_rest;
use super::runs::running;
use super::whole::aborting;
use crate::journal::{Found, Phase};
use crate::model::{
    AfterFull, GateAction, ReleaseIdentity, RollbackTo, ServiceWanted, TrafficShare,
};
use crate::plan::lane::{Lane, remove, scale, stop, stop_own};
use crate::plan::next::{going_back, present_canary};
use crate::plan::revision::Wish;
use crate::plan::{back, carries, gate_over, judged_before, traffic};

/// The canary goes to what the full service runs, or away; before that it gets no requests.
pub(super) fn abort(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let Some(canary) = present_canary(wish) else {
        // A service on its own has no lease: whose deployment it is tells its commit.
        let is_mine = matches!(wish.found, Found::Same(_)) || wish.wanted.canary.is_none();
        let mine = wish.wanted.full.as_ref().filter(|_| is_mine);
        let stopped = mine.map(|full| (aborting(wish), stop_own(wish, full)));
        let weights = (aborting(wish), traffic::to(wish, TrafficShare::NONE));
        return stopped.into_iter().chain([weights]).collect();
    };
    if wish.history.only_the_share {
        return vec![(aborting(wish), traffic::to(wish, TrafficShare::NONE))];
    }
    let touched = wish.history.changed_something();
    let theirs = running(wish, canary).map(|one| ReleaseIdentity::from_tags(&one.tags));
    let ours = &wish.wanted.identity.commit;
    let is_other = theirs
        .is_some_and(|theirs| ours.is_some() && theirs.commit.is_some() && theirs.commit != *ours);
    // What was being taken back runs the other release already.
    let is_noted = matches!(wish.found, Found::Same(_) | Found::JudgedBad(_))
        || judged_before::is_being_taken_back(wish.wanted, wish.observed);
    if is_other && !touched && !is_noted {
        return Vec::new();
    }
    let mut lanes = Vec::new();
    if let Some(full) = &wish.wanted.full {
        lanes.push((aborting(wish), stop_own(wish, full)));
    }
    lanes.push((aborting(wish), traffic::to(wish, TrafficShare::NONE)));
    lanes.extend(canary_rests(wish, canary));
    lanes
}

/// The canary as it shall be while nothing is tried out.
pub(in crate::plan) fn canary_rests(wish: &Wish<'_>, canary: &ServiceWanted) -> Vec<(Phase, Lane)> {
    let full = wish.wanted.full.as_ref().and_then(|full| running(wish, full));
    match (wish.wanted.after_full, full) {
        (AfterFull::Keep, Some(full)) => {
            vec![
                (aborting(wish), back::canary(wish, canary, full)),
                (aborting(wish), at_rest(wish, canary)),
            ]
        }
        // Without a full service there is nothing that it could serve instead.
        (AfterFull::Keep, None) | (AfterFull::Zero, _) => {
            vec![(aborting(wish), scale(wish, canary, 0))]
        }
        (AfterFull::Remove, _) => vec![(aborting(wish), remove(wish, canary))],
    }
}

/// Only what a dead release left; the canary rests after it.
pub(super) fn reap(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let begun = gate_over::is_taking_back(wish)
        || matches!(&wish.found, Found::Same(one) if one.phase == Phase::TakingOver);
    let over = gate_over::gate_over(wish).map(|(_, then)| then);
    match (&wish.found, present_canary(wish)) {
        (Found::Abandoned(_), Some(canary)) => canary_rests(wish, canary),
        (_, Some(canary)) if begun || over == Some(GateAction::Rollback) => {
            gate_over::taken_back(wish, canary)
        }
        _ => Vec::new(),
    }
}

pub(in crate::plan) fn rollback(wish: &Wish<'_>, to: &RollbackTo) -> Vec<(Phase, Lane)> {
    let lanes = match going_back(wish, to) {
        Ok(lanes) => lanes,
        Err(outcome) => return vec![(aborting(wish), Lane::Failed(outcome))],
    };
    let weights = traffic::to(wish, TrafficShare::NONE);
    let moving = wish.wanted.full.as_ref().is_some_and(|full| {
        !matches!(stop(wish, full), Lane::Done)
            || wish.history.of(&full.name).is_some_and(|known| !known.stopped.is_empty())
    });
    let mut all: Vec<(Phase, Lane)> =
        lanes.into_iter().map(|lane| (aborting(wish), lane)).collect();
    // While the full service is being replaced, the canary may be the healthy side.
    let moving = moving || carries::is_full_replaced(wish);
    let place = if moving { all.len().min(2) } else { 0 };
    all.insert(place, (aborting(wish), weights));
    all
}
