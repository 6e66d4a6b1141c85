//! What a run that ends in the middle of its steps leaves in order: whose lease it is, what is
//! written in its place, and whether the canary's share is to be taken away.

use super::history::Noted;
use super::journaling::{keeper, lost_to};
use super::next::unwinds;
use crate::journal::{self, AbortCause, Lease, Phase, Progress, Reading, Record, ReleaseKey};
use crate::model::{Goal, Observed, OnCancel, Outcome, OutcomeKind, Traffic, TrafficShare, Wanted};

/// What becomes of a release whose run ended in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// The same command goes on from here.
    GoesOn,
    /// The canary has no share any more: the same command starts anew.
    TakenBack,
}

/// How a run ends, for what it still has to put in order.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// What was wanted.
    pub wanted: &'a Wanted,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// The rule's weights are somebody else's by now.
    pub leaves_weights: bool,
    /// Somebody asked to stop.
    pub is_cancelled: bool,
}

impl Ending<'_> {
    /// True when the canary is taken back next, by the same run.
    pub fn goes_back(&self) -> bool {
        unwinds(self.wanted, self.outcome) && !self.leaves_weights && !self.is_cancelled
    }

    /// True when what is suspended is resumed here: not before a way back, which does it after
    /// that, and not where another job of this release goes on with it.
    pub fn resumes_scaling(&self, noted: Option<&Noted>) -> bool {
        let stepped_aside = self.leaves_weights && noted.is_none();
        !self.goes_back() && !stepped_aside
    }
}

/// True when a run that ends so takes the canary's share away; `is_taken_away` = it is another
/// release's by now, `on_cancel` = what a cancel asks for in this phase.
pub fn takes_share(end: OutcomeKind, is_taken_away: bool, on_cancel: OnCancel) -> bool {
    match end {
        OutcomeKind::Cancelled => on_cancel == OnCancel::Stop,
        // Keys that expired or a network that is gone: one more try does no harm.
        OutcomeKind::Denied | OutcomeKind::Unreachable | OutcomeKind::Internal => true,
        // A colleague's change: only the canary's share is ours to take away. And a way back that
        // did not come to its end: a release that fails so has one, and is not asked.
        OutcomeKind::Refused
        | OutcomeKind::Superseded
        | OutcomeKind::FailedRolledBack
        | OutcomeKind::FailedNotRolledBack
        | OutcomeKind::TimedOut => !is_taken_away,
        OutcomeKind::Succeeded
        | OutcomeKind::NoChange
        | OutcomeKind::Paused
        | OutcomeKind::CanaryFailed
        | OutcomeKind::CanaryUndecided
        | OutcomeKind::Frozen
        | OutcomeKind::Invalid => false,
    }
}

/// True when a run that was asked to stop in `phase` takes its canary back: before the full
/// service was begun to be moved a cancel leaves nothing behind that is tried out.
/// `on_cancel` = what a cancel asks for in this phase.
pub fn takes_canary_back(wanted: &Wanted, phase: Phase, on_cancel: OnCancel) -> bool {
    let is_tried_out = matches!(wanted.goal, Goal::Canary | Goal::Promote | Goal::Release);
    // ECS's own canary goes back at its next pause.
    let is_ours = !matches!(wanted.course.traffic, Traffic::Native(_));
    let is_up = phase == Phase::Prepared || phase.step().is_some();
    is_tried_out && is_ours && is_up && on_cancel == OnCancel::Stop
}

/// True when another release holds the lease now.
pub fn is_lease_lost(wanted: &Wanted, observed: &Observed, noted: &Noted) -> bool {
    let lost = || lost_to(wanted, keeper(wanted, observed)?, &noted.before, observed.at);
    lost().is_some()
}

/// What a run of this very release noted that was killed while its canary had a share: a run
/// that may not go on from there has to take the share away.
pub fn left_by_a_dead_run(wanted: &Wanted, observed: &Observed) -> Option<Noted> {
    let Traffic::Weighted(traffic) = &wanted.course.traffic else { return None };
    let rule = observed.rule.as_ref()?.known()?.as_ref()?;
    let gets = rule.weights(&traffic.full, &traffic.canary).canary.is_some_and(|one| one > 0);
    let keeper = keeper(wanted, observed).filter(|_| gets)?;
    let Reading::Known(record) = journal::read(&keeper.tags) else { return None };
    let is_ours = record.lease.holder()?.release == ReleaseKey::of(&wanted.identity);
    let before = record.lease.clone();
    is_ours.then(|| Noted { arn: keeper.arn.clone(), record, before })
}

/// What is written when the lease is given back; `None` = it is free already.
pub fn given_back(noted: &Noted, unfinished: Unfinished) -> Option<Record> {
    if noted.record.lease == Lease::Free {
        return None;
    }
    let progress = noted.record.progress.clone().map(|progress| match unfinished {
        Unfinished::GoesOn => progress,
        Unfinished::TakenBack => Progress {
            phase: Phase::Aborted(AbortCause::Asked),
            shares: progress.shares.map(|_| (TrafficShare::NONE, TrafficShare::NONE)),
            ..progress
        },
    });
    Some(Record { lease: Lease::Free, progress })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_that_did_not_come_to_its_end_leaves_no_share() {
        for end in [OutcomeKind::FailedNotRolledBack, OutcomeKind::TimedOut] {
            assert!(takes_share(end, false, OnCancel::Leave), "{end:?}");
            assert!(!takes_share(end, true, OnCancel::Leave), "{end:?}: it is another release's");
        }
        assert!(!takes_share(OutcomeKind::Paused, false, OnCancel::Leave));
    }
}
