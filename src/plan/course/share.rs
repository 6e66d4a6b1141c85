//! The canary, share by share.

use super::full::full;
use super::runs::is_straight;
use crate::journal::Phase;
use crate::model::{CountRule, Goal, ServiceWanted, Traffic, TrafficShare};
use crate::plan::lane::{Lane, at_least};
use crate::plan::next::to_content;
use crate::plan::revision::Wish;
use crate::plan::scaling::sets_count;
use crate::plan::{hold, traffic};

/// The canary with its first share.
pub(super) fn canary(wish: &Wish<'_>) -> (Vec<(Phase, Lane)>, Phase) {
    let Some(canary) = &wish.wanted.canary else { return (Vec::new(), Phase::Gate(1)) };
    let mut lanes = Vec::new();
    let phase = wish.progress().map(|progress| progress.phase);
    let begun = phase.and_then(Phase::step);
    if begun.is_none() {
        lanes.push((Phase::Prepared, none_before(wish)));
    }
    let here = phase.filter(|_| begun.is_some()).unwrap_or(Phase::Prepared);
    lanes.push((here, to_content(wish, &with_capacity(wish, canary, begun.unwrap_or(1)))));
    if begun.is_none_or(|step| step == 1) {
        lanes.extend(raise(wish, canary, 1));
    }
    (lanes, Phase::Gate(begun.unwrap_or(1)))
}

/// Canary, share by share, full.
pub(super) fn steps(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let phase = wish.progress().map(|progress| progress.phase);
    let past = phase.is_some_and(Phase::is_past_the_canary);
    let Some(canary) = wish.wanted.canary.as_ref().filter(|_| !past && !is_straight(wish)) else {
        return full(wish);
    };
    let begun = phase.filter(|phase| phase.step().is_some());
    let first = begun.and_then(Phase::step).unwrap_or(1);
    let mut lanes = Vec::new();
    if begun.is_none() {
        lanes.push((Phase::Prepared, none_before(wish)));
    }
    let here = begun.unwrap_or(Phase::Prepared);
    lanes.push((here, to_content(wish, &with_capacity(wish, canary, first))));
    for step in first..=last_step(wish) {
        let has_share = begun == Some(Phase::Step(step)) || begun == Some(Phase::Gate(step));
        if has_share {
            let share = wish.step_share(step).unwrap_or(TrafficShare::NONE);
            lanes.push((here, traffic::still(wish, share)));
        } else {
            lanes.extend(raise(wish, canary, step));
        }
        // A person who promotes has looked at the share that stands.
        let is_passed = wish.wanted.goal == Goal::Promote && begun == Some(Phase::Gate(step));
        if is_passed {
            lanes.push((Phase::Gate(step), hold::gate(wish, canary, step)));
        } else if !(waits_for_a_person(wish, step) && begun == Some(Phase::Gate(step))) {
            lanes.push((Phase::Step(step), hold::lane(wish, canary, step)));
        }
    }
    let last = last_step(wish);
    lanes.extend(hold::person(wish, canary, last).map(|lane| (Phase::Gate(last), lane)));
    lanes.extend(full(wish));
    lanes
}

fn waits_for_a_person(wish: &Wish<'_>, step: u32) -> bool {
    let has_gate = wish.wanted.goal == Goal::Release && wish.wanted.course.gate.is_some();
    has_gate && step == last_step(wish)
}

/// Without a rule there is one share: that of the tasks.
fn last_step(wish: &Wish<'_>) -> u32 {
    match wish.wanted.course.traffic {
        Traffic::Twin | Traffic::Native(_) => 1,
        Traffic::Weighted(_) => u32::try_from(wish.wanted.course.steps.len()).unwrap_or(u32::MAX),
    }
}

/// Capacity first, then the share.
fn raise(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> Vec<(Phase, Lane)> {
    let (Traffic::Weighted(_), Some(share)) = (&wish.wanted.course.traffic, wish.step_share(step))
    else {
        return Vec::new();
    };
    let needed = capacity(wish, canary, step);
    vec![
        (Phase::Raise(step), at_least(wish, canary, needed)),
        (Phase::Raise(step), traffic::to(wish, share)),
    ]
}

/// Tasks that the canary needs for a step: never less than it is declared with, unless
/// autoscaling sets its count, nor than it has while it gets requests by the rule.
fn capacity(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> u32 {
    let declared = match canary.count {
        _ if sets_count(wish.observed, &canary.name) => 0,
        CountRule::AtCreate(count) | CountRule::Always(count) => count,
        CountRule::EcsCli | CountRule::Keep => 0,
    };
    // A share that an earlier run gave and could not note needs its tasks too.
    let kept = wish.observed.state(&canary.name).filter(|_| traffic::is_shared(wish));
    let declared = declared.max(kept.map_or(0, |canary| canary.desired));
    let full = wish.wanted.full.as_ref().and_then(|full| wish.observed.state(&full.name));
    match (&wish.wanted.course.traffic, full, wish.step_share(step)) {
        (Traffic::Weighted(_), Some(full), Some(share)) => {
            declared.max(share.tasks_of(full.desired))
        }
        _ => declared,
    }
}

fn with_capacity(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> ServiceWanted {
    let count = match canary.count {
        CountRule::Always(_) => CountRule::Always(capacity(wish, canary, step)),
        other => other,
    };
    ServiceWanted { count, ..canary.clone() }
}

/// A canary that comes up gets no requests before it is there.
pub(super) fn none_before(wish: &Wish<'_>) -> Lane {
    traffic::to(wish, TrafficShare::NONE)
}
