//! Which lanes a goal has, in order, and the phase that each belongs to.

use super::lane::{Lane, at_least, remove, scale, stop, stop_own};
use super::next::{going_back, present_canary, to_content};
use super::revision::{Choice, Wish, choose};
use super::scaling::sets_count;
use super::{back, gate_over, hold, journaling, native, traffic};
use crate::journal::{AbortCause, Found, Phase};
use crate::model::{
    AfterFull, CountRule, GateAction, Goal, LiveTaskDefinition, Outcome, Refusal, ReleaseIdentity,
    RollbackTo, ServiceWanted, Traffic, TrafficShare,
};
use crate::rollback;

/// Lanes with their phases, and the phase after the last one.
pub(super) struct Course {
    pub(super) lanes: Vec<(Phase, Lane)>,
    pub(super) end: Phase,
}

/// Why the canary is taken back: a verdict binds whoever comes later.
pub(super) fn cause(wish: &Wish<'_>) -> AbortCause {
    let is_bad = wish.history.judged_bad || matches!(wish.found, Found::JudgedBad(_));
    if is_bad { AbortCause::Verdict } else { AbortCause::Asked }
}

pub(super) fn aborting(wish: &Wish<'_>) -> Phase {
    Phase::Aborting(cause(wish))
}

/// The course of a goal that holds a lease.
pub(super) fn course(wish: &Wish<'_>) -> Course {
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

/// What a dead release left: its deployments are stopped, its canary gets no requests.
fn left_behind(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let is_left = match &wish.found {
        Found::Abandoned(_) => true,
        Found::Same(progress) => progress.phase == Phase::TakingOver,
        Found::Nothing
        | Found::JudgedBad(_)
        | Found::Resting(_)
        | Found::Occupied { .. }
        | Found::CouldNotTell { .. } => false,
    };
    // A rollback stops what is under way itself, and knows what it may go back to.
    if !is_left || matches!(wish.wanted.goal, Goal::Rollback(_)) {
        return Vec::new();
    }
    let full = wish.wanted.full.as_ref();
    let moving = full.map(|full| (Phase::TakingOver, stop(wish, full)));
    let weights = (Phase::TakingOver, traffic::to(wish, TrafficShare::NONE));
    // While the full service is being replaced, the canary is the healthy side.
    let mut lanes: Vec<_> = moving.into_iter().chain([weights]).collect();
    if let Some(canary) = &wish.wanted.canary {
        lanes.push((Phase::TakingOver, stop(wish, canary)));
    }
    lanes
}

/// The canary with its first share.
fn canary(wish: &Wish<'_>) -> (Vec<(Phase, Lane)>, Phase) {
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
fn steps(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
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
/// autoscaling sets its count.
fn capacity(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> u32 {
    let declared = match canary.count {
        _ if sets_count(wish.observed, &canary.name) => 0,
        CountRule::AtCreate(count) | CountRule::Always(count) => count,
        CountRule::EcsCli | CountRule::Keep => 0,
    };
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
fn none_before(wish: &Wish<'_>) -> Lane {
    traffic::to(wish, TrafficShare::NONE)
}

/// The full service goes to what the canary runs.
fn promote(wish: &Wish<'_>) -> (Vec<(Phase, Lane)>, Phase) {
    if let Some(outcome) = no_canary_of_ours(wish) {
        return (vec![(Phase::Promoting, Lane::Failed(Box::new(outcome)))], Phase::Done);
    }
    let lanes = match wish.wanted.course.traffic {
        Traffic::Twin => looked_at(wish).into_iter().chain(full(wish)).collect(),
        Traffic::Native(_) => full(wish),
        Traffic::Weighted(_) => steps(wish),
    };
    (lanes, Phase::Done)
}

/// The verdict so far, before a canary is promoted whose share is that of its tasks.
fn looked_at(wish: &Wish<'_>) -> Option<(Phase, Lane)> {
    let step = wish.progress().and_then(|progress| progress.phase.step())?;
    let canary = wish.wanted.canary.as_ref()?;
    Some((Phase::Gate(step), hold::gate(wish, canary, step)))
}

fn no_canary_of_ours(wish: &Wish<'_>) -> Option<Outcome> {
    let past = wish.progress().is_some_and(|progress| progress.phase.is_past_the_canary());
    let touched = wish.history.changed_something();
    let canary = wish.wanted.canary.as_ref()?;
    if past || touched || runs_release(wish, wish.wanted.full.as_ref()?) {
        return None;
    }
    let running = running(wish, canary);
    let why = match running.map(|running| ReleaseIdentity::from_tags(&running.tags)) {
        None => format!("there is no canary {}", canary.name),
        Some(theirs) => {
            let ours = &wish.wanted.identity.commit;
            if ours.is_none() || theirs.commit == *ours {
                return None;
            }
            let theirs = theirs.commit.map_or("something unknown".to_owned(), |commit| {
                format!("commit {}", commit.short())
            });
            format!("{} runs {theirs}, not this release", canary.name)
        }
    };
    let outcome =
        Outcome::refused(Refusal::Preflight).because(format!("{why}: nothing to promote"));
    let outcome = outcome.hinting("run the canary job first, or `ecs-canary deploy full`");
    Some(Outcome { service: Some(canary.name.clone()), ..outcome })
}

/// The full service, and then traffic and canary as declared.
fn full(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let Some(service) = &wish.wanted.full else { return Vec::new() };
    let mut lanes = Vec::new();
    let canary = wish.wanted.canary.as_ref();
    let past = wish.progress().is_some_and(|progress| progress.phase.is_past_the_canary());
    if !past && canary.is_some_and(|canary| !runs_release(wish, canary)) {
        // Requests must not go on to the canary of some other release.
        lanes.push((Phase::Promoting, none_before(wish)));
    }
    lanes.push((Phase::Promoting, to_content(wish, service)));
    lanes.push((Phase::Cleanup, traffic::to(wish, TrafficShare::NONE)));
    if let Some(canary) = present_canary(wish) {
        lanes.extend(after_full(wish, canary, to_content(wish, canary)));
    }
    lanes
}

/// The canary after a full release; `kept` brings it to that release.
pub(super) fn after_full(
    wish: &Wish<'_>,
    canary: &ServiceWanted,
    kept: Lane,
) -> Vec<(Phase, Lane)> {
    let lanes = match wish.wanted.after_full {
        AfterFull::Keep => vec![kept, at_rest(wish, canary)],
        AfterFull::Zero => vec![scale(wish, canary, 0)],
        AfterFull::Remove => vec![remove(wish, canary)],
    };
    lanes.into_iter().map(|lane| (Phase::Cleanup, lane)).collect()
}

/// A canary that was brought to more tasks for its share goes back to its own number; where
/// autoscaling sets it, autoscaling does that.
fn at_rest(wish: &Wish<'_>, canary: &ServiceWanted) -> Lane {
    if sets_count(wish.observed, &canary.name) {
        return Lane::Done;
    }
    let (CountRule::Always(declared), Traffic::Weighted(_)) =
        (canary.count, &wish.wanted.course.traffic)
    else {
        return Lane::Done;
    };
    match wish.observed.state(&canary.name) {
        Some(_) => scale(wish, canary, declared),
        None => Lane::Done,
    }
}

/// The canary goes to what the full service runs, or away; before that it gets no requests.
fn abort(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
    let Some(canary) = present_canary(wish) else {
        // A service on its own has no lease: whose deployment it is tells its commit.
        let is_mine = matches!(wish.found, Found::Same(_)) || wish.wanted.canary.is_none();
        let mine = wish.wanted.full.as_ref().filter(|_| is_mine);
        let stopped = mine.map(|full| (aborting(wish), stop_own(wish, full)));
        let weights = (aborting(wish), traffic::to(wish, TrafficShare::NONE));
        return stopped.into_iter().chain([weights]).collect();
    };
    let touched = wish.history.changed_something();
    let theirs = running(wish, canary).map(|one| ReleaseIdentity::from_tags(&one.tags));
    let ours = &wish.wanted.identity.commit;
    let is_other = theirs
        .is_some_and(|theirs| ours.is_some() && theirs.commit.is_some() && theirs.commit != *ours);
    // What was being taken back runs the other release already.
    let is_noted = matches!(wish.found, Found::Same(_) | Found::JudgedBad(_))
        || journaling::was_taking_back(wish.wanted, wish.observed);
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
pub(super) fn canary_rests(wish: &Wish<'_>, canary: &ServiceWanted) -> Vec<(Phase, Lane)> {
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
fn reap(wish: &Wish<'_>) -> Vec<(Phase, Lane)> {
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

pub(super) fn rollback(wish: &Wish<'_>, to: &RollbackTo) -> Vec<(Phase, Lane)> {
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
    let place = if moving { all.len().min(2) } else { 0 };
    all.insert(place, (aborting(wish), weights));
    all
}

/// The full service goes there at once: it is there already, goes back to a release that it
/// had, or has to exist before a share of its requests can be given away.
pub(super) fn is_straight(wish: &Wish<'_>) -> bool {
    let Some(full) = &wish.wanted.full else { return false };
    let seen = wish.observed.services.get(&full.name);
    let twin = matches!(wish.wanted.course.traffic, Traffic::Twin);
    match seen.filter(|seen| seen.state.is_some()) {
        None => !twin,
        Some(seen) => {
            runs_release(wish, full)
                || runs_untagged(wish, full)
                || rollback::is_way_back(seen, &wish.wanted.identity)
        }
    }
}

/// True when the revision that the service wants carries this release.
pub(super) fn runs_release(wish: &Wish<'_>, service: &ServiceWanted) -> bool {
    let Some(running) = running(wish, service) else { return false };
    wish.wanted.identity.same_release(&ReleaseIdentity::from_tags(&running.tags))
}

/// Without the right to write tags the content tells that the release is there.
fn runs_untagged(wish: &Wish<'_>, service: &ServiceWanted) -> bool {
    let (Some(running), Some(task)) = (running(wish, service), &service.task) else { return false };
    let is_untagged = ReleaseIdentity::from_tags(&running.tags).commit.is_none();
    is_untagged && matches!(choose(wish, service, task, None), Choice::Running(_))
}

pub(super) fn running<'a>(
    wish: &Wish<'a>,
    service: &ServiceWanted,
) -> Option<&'a LiveTaskDefinition> {
    wish.observed.services.get(&service.name)?.task_definition.as_ref()
}
