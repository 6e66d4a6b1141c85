//! A share is held for a time, and the canary has to stay well.

use super::lane::Lane;
use super::revision::Wish;
use super::{Phase, ServiceHistory, Step, Waiting, WaitingOn, conclude};
use crate::journal;
use crate::model::{Outcome, OutcomeKind, ServiceState, ServiceWanted};
use crate::watch::{End, EndKind};

/// Holds the share of `step`. The time counts from when the share was read back, whichever run
/// noted it.
pub(super) fn lane(wish: &Wish<'_>, canary: &ServiceWanted, step: u32) -> Lane {
    if let Some(end) = wish.history.holds.get(&step) {
        return match end.kind {
            EndKind::Successful => Lane::Done,
            _ => Lane::Failed(Box::new(failed(wish, canary, end))),
        };
    }
    let hold = wish.wanted.course.hold;
    let noted = wish.progress().filter(|progress| progress.phase == journal::Phase::Step(step));
    let until = noted.map_or(wish.observed.at, |progress| progress.since).after(hold);
    let is_well = wish.observed.state(&canary.name).is_some_and(is_well);
    if hold.is_zero() || (wish.observed.at >= until && is_well) {
        return Lane::Done;
    }
    let share = wish.share().and(wish.step_share(step));
    let on = WaitingOn::Hold { step, share, until };
    let service = canary.name.clone();
    Lane::Steps(vec![Step::Wait(Waiting { service, phase: Phase::Forward, on })])
}

fn is_well(canary: &ServiceState) -> bool {
    canary.running >= canary.desired && canary.desired > 0
}

fn failed(wish: &Wish<'_>, canary: &ServiceWanted, end: &End) -> Outcome {
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&canary.name).unwrap_or(&nothing);
    let outcome = conclude::failed(wish, canary, history, end);
    match end.kind {
        EndKind::FailedNotRolledBack => Outcome {
            outcome: OutcomeKind::CanaryFailed,
            reason: Some(end.reason.clone()),
            hint: Some("repair it and push again; users had only the canary's share".to_owned()),
            ..outcome
        },
        _ => outcome,
    }
}
