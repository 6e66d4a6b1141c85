//! A share is held for a time, or until there is a verdict, and the canary has to stay well.

use super::lane::Lane;
use super::revision::Wish;
use super::{Phase, ServiceHistory, Step, Waiting, WaitingOn, conclude};
use crate::journal;
use crate::model::{
    GateAction, Goal, Judging, OnFail, OnUndecided, Outcome, OutcomeKind, ServiceState,
    ServiceWanted, Timestamp,
};
use crate::watch::{Asked, End, EndKind};

/// The exit code of a canary without a verdict that was taken back.
pub(super) const UNDECIDED_TAKEN_BACK: i32 = 23;

/// Holds the share of `step`. The time counts from when the share was read back, whichever run
/// noted it.
pub(super) fn lane(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> Lane {
    if let Some(end) = wish.history.holds.get(&step) {
        return ended(wish, canary, end);
    }
    let hold = wish.wanted.course.hold;
    let share_since = noted_since(wish, journal::Phase::Step(step));
    let until = share_since.after(hold);
    let share = wish.share().and(wish.step_share(step));
    if wish.wanted.course.judging.is_some() {
        let since = wish.judged_since().unwrap_or(share_since);
        let asked = Asked::ToGoOn;
        let on = WaitingOn::Verdict { step, share, since, share_since, until, asked };
        return waits(canary, on);
    }
    let is_well = wish.observed.state(&canary.name).is_some_and(is_well);
    if hold.is_zero() || (wish.observed.at >= until && is_well) {
        return Lane::Done;
    }
    waits(canary, WaitingOn::Hold { step, share, until })
}

/// A look at the verdict so far, before the share that a person looked at is left.
pub(super) fn gate(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> Lane {
    if wish.wanted.course.judging.is_none() {
        return Lane::Done;
    }
    if let Some(end) = wish.history.holds.get(&step) {
        return ended(wish, canary, end);
    }
    let share_since = noted_since(wish, journal::Phase::Gate(step));
    let since = wish.judged_since().unwrap_or(share_since);
    let share = wish.share().and(wish.step_share(step));
    let (until, asked) = (share_since, Asked::ByAPerson);
    waits(canary, WaitingOn::Verdict { step, share, since, share_since, until, asked })
}

/// Waits for a person at the last share; `None` when nobody is to be waited for.
pub(super) fn person(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> Option<Lane> {
    let gate = wish.wanted.course.gate.filter(|_| wish.wanted.goal == Goal::Release)?;
    if let Some(end) = &wish.history.gate {
        return Some(match (&end.kind, gate.then) {
            (EndKind::Successful, GateAction::Promote) => Lane::Done,
            (EndKind::Successful | EndKind::TimedOut, then) => unanswered(wish, canary, then),
            _ => Lane::Failed(Box::new(failed(wish, canary, end))),
        });
    }
    let gate_since = noted_since(wish, journal::Phase::Gate(step));
    let since = wish.judged_since().unwrap_or(gate_since);
    let share = wish.share().and(wish.step_share(step));
    let until = gate_since.after(gate.timeout);
    Some(waits(canary, WaitingOn::Gate { step, share, since, gate_since, until }))
}

/// Nobody came.
fn unanswered(wish: &Wish<'_>, canary: &ServiceWanted, then: GateAction) -> Lane {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&canary.name).unwrap_or(&nothing);
    let about = |kind| conclude::about(wish, canary, history, Outcome::new(kind));
    let outcome = match then {
        GateAction::Rollback => {
            let outcome = about(OutcomeKind::CanaryUndecided).because("nobody promoted it in time");
            Outcome { exit_code: UNDECIDED_TAKEN_BACK, ..outcome }
                .hinting("release again, and run `ecs-canary promote` while it waits")
        }
        GateAction::Hold | GateAction::Promote => about(OutcomeKind::Paused)
            .because("nobody promoted it in time; the canary keeps its share")
            .hinting("run `ecs-canary promote`, or `ecs-canary abort`"),
    };
    Lane::Failed(Box::new(outcome))
}

/// Since when this release was noted to be in `phase`; now when it was not.
fn noted_since(wish: &Wish<'_>, phase: journal::Phase) -> Timestamp {
    let noted = wish.progress().filter(|progress| progress.phase == phase);
    noted.map_or(wish.observed.at, |progress| progress.since)
}

fn waits(canary: &ServiceWanted, on: WaitingOn) -> Lane {
    let service = canary.name.clone();
    Lane::Steps(vec![Step::Wait(Waiting { service, phase: Phase::Forward, on })])
}

fn is_well(canary: &ServiceState) -> bool {
    canary.running >= canary.desired && canary.desired > 0
}

pub(super) fn goes_on(wish: &Wish<'_>, end: &End) -> bool {
    match (&end.kind, &wish.wanted.course.judging) {
        (EndKind::Successful, _) => true,
        (EndKind::Undecided, Some(judging)) => judging.undecided == OnUndecided::Promote,
        _ => false,
    }
}

fn ended(wish: &Wish<'_>, canary: &ServiceWanted, end: &End) -> Lane {
    if goes_on(wish, end) { Lane::Done } else { Lane::Failed(Box::new(failed(wish, canary, end))) }
}

pub(super) fn failed(wish: &Wish<'_>, canary: &ServiceWanted, end: &End) -> Outcome {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&canary.name).unwrap_or(&nothing);
    let outcome = conclude::failed(wish, canary, history, end);
    let because = |outcome: Outcome, kind, hint: &str| Outcome {
        outcome: kind,
        reason: Some(match &end.cause {
            Some(cause) => format!("{cause}; {}", end.reason),
            None => end.reason.clone(),
        }),
        hint: Some(hint.to_owned()),
        ..outcome
    };
    match (&end.kind, wish.wanted.course.judging.as_deref()) {
        (EndKind::Unwell, _) => {
            let hint = "repair it and push again; nothing is left over in AWS";
            because(outcome, OutcomeKind::CanaryFailed, hint)
        }
        (EndKind::JudgedBad, Some(Judging { fail: OnFail::Freeze, .. })) => {
            let hint = "everything was left as it is: look at it, then run `ecs-canary abort`";
            because(outcome, OutcomeKind::Frozen, hint)
        }
        (EndKind::JudgedBad, _) => {
            let hint = "repair it and push again; nothing is left over in AWS";
            because(outcome, OutcomeKind::CanaryFailed, hint)
        }
        (EndKind::Undecided, Some(Judging { undecided: OnUndecided::Rollback, .. })) => {
            let hint = if end.reason.contains("no number from CloudWatch") {
                "release again when CloudWatch answers, or look why it does not"
            } else {
                "release again when there is enough traffic for a verdict"
            };
            let outcome = because(outcome, OutcomeKind::CanaryUndecided, hint);
            Outcome { exit_code: UNDECIDED_TAKEN_BACK, ..outcome }
        }
        (EndKind::Undecided, _) => {
            let hint =
                "the canary keeps its share: run `ecs-canary promote`, or `ecs-canary abort`";
            because(outcome, OutcomeKind::CanaryUndecided, hint)
        }
        _ => outcome,
    }
}
