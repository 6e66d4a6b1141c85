//! The lease around the steps, and how far the release is: taken before the first change,
//! noted before each phase, given back at the end. Who finds another release under way waits,
//! refuses or takes back what it left.

use super::course::{Course, is_way_back};
use super::revision::Wish;
use super::{
    JournalEntry, Noted, Plan, Step, Waiting, WaitingOn, hold, judged_before, scaling, unwinds,
};
use crate::journal::{
    self, Found, GateEnd, Holder, Lease, Phase, Progress, Reading, Record, ReleaseKey,
};
use crate::model::{
    Goal, Observed, Outcome, OutcomeKind, QueueRule, Refusal, ServiceState, Timestamp, Traffic,
    TrafficShare, Wanted,
};
use crate::watch::EndKind;

/// True for goals that hold a lease. A count, and a service by ecs-cli's rules, do not.
pub(super) fn holds_a_lease(goal: &Goal) -> bool {
    match goal {
        Goal::Canary
        | Goal::Full
        | Goal::Promote
        | Goal::Abort
        | Goal::Release
        | Goal::Reap
        | Goal::Rollback(_) => true,
        Goal::Scale | Goal::Service => false,
    }
}

/// The service whose tags keep lease and progress: the full one, or the canary while there is
/// no full one.
pub fn keeper<'a>(wanted: &Wanted, observed: &'a Observed) -> Option<&'a ServiceState> {
    let services = wanted.full.iter().chain(&wanted.canary);
    let mut states = services.filter_map(|service| observed.state(&service.name));
    states.find(|state| state.is_active())
}

/// What AWS remembers of the release: the keeper's tags, or the canary's from the time before
/// there was a full service.
pub(super) fn seen(wanted: &Wanted, observed: &Observed) -> Reading {
    let services = wanted.full.iter().chain(&wanted.canary);
    let states = services.filter_map(|service| observed.state(&service.name));
    let mut readings = states.map(|state| journal::read(&state.tags));
    readings.find(|reading| *reading != Reading::Nothing).unwrap_or(Reading::Nothing)
}

/// What this run finds. What it noted itself counts, whether or not it is seen yet.
pub(super) fn found(wanted: &Wanted, observed: &Observed, noted: Option<&Record>) -> Found {
    let us = ReleaseKey::of(&wanted.identity);
    match noted {
        Some(record) => journal::found(&Reading::Known(record.clone()), &us, observed.at),
        None => journal::found(&seen(wanted, observed), &us, observed.at),
    }
}

/// The job that took the lease away from us: one that is alive and was not there before.
pub fn lost_to(
    wanted: &Wanted,
    state: &ServiceState,
    before: &Lease,
    now: Timestamp,
) -> Option<Holder> {
    let Reading::Known(record) = journal::read(&state.tags) else { return None };
    let holder = record.lease.holder()?;
    let is_other = holder.release != ReleaseKey::of(&wanted.identity);
    (is_other && record.lease.is_alive(now) && record.lease != *before).then(|| holder.clone())
}

/// The plan, with what the journal asks for in front.
pub(super) fn guarded(wish: &Wish<'_>, course: &Course, plan: Plan, phase: Phase) -> Plan {
    if let Some(outcome) = taken_away(wish) {
        return Plan { steps: vec![Step::Finish(Box::new(outcome))] };
    }
    let ends = matches!(plan.first(), Some(Step::Finish(_)));
    if !ends && let Some(refused) = refused(wish) {
        return refused;
    }
    let Some(keeper) = keeper(wish.wanted, wish.observed) else { return plan };
    let entry =
        if ends { given_back(wish, course, &plan) } else { taken(wish, phase, &keeper.arn) };
    let journal = entry.map(|record| journal(keeper, record));
    let Plan { steps } = plan;
    // The lease first and last: whoever holds it puts scaling in order.
    let steps = if ends {
        resumed(wish, &steps).into_iter().chain(journal).chain(steps).collect()
    } else {
        journal.into_iter().chain(scaling::suspends(wish)).chain(steps).collect()
    };
    Plan { steps }
}

/// What is resumed before the end; who takes the canary back next does it later.
fn resumed(wish: &Wish<'_>, end: &[Step]) -> Vec<Step> {
    let unwound = |step: &Step| match step {
        Step::Finish(outcome) => unwinds(wish.wanted, outcome),
        _ => false,
    };
    if end.iter().any(unwound) {
        return Vec::new();
    }
    let due = scaling::resumes(wish.wanted, wish.observed, wish.history);
    due.into_iter().map(|step| Step::ScaleIn(Box::new(step))).collect()
}

fn journal(keeper: &ServiceState, record: Record) -> Step {
    Step::Journal(Box::new(JournalEntry {
        service: keeper.name.clone(),
        arn: keeper.arn.clone(),
        record,
        before: match journal::read(&keeper.tags) {
            Reading::Known(record) => record.lease,
            Reading::Nothing | Reading::Unreadable { .. } => Lease::Free,
        },
    }))
}

/// True when nobody else releases there: we hold the services, or nobody does.
pub(super) fn free_for(wanted: &Wanted, observed: &Observed, noted: Option<&Noted>) -> bool {
    if let Some(noted) = noted {
        let keeper = keeper(wanted, observed);
        let lost = |keeper| lost_to(wanted, keeper, &noted.before, observed.at);
        return keeper.and_then(lost).is_none();
    }
    match seen(wanted, observed) {
        Reading::Nothing => true,
        Reading::Known(record) => {
            !record.lease.is_alive(observed.at)
                || record.lease.holder() == Some(&Holder::of(&wanted.identity))
        }
        Reading::Unreadable { .. } => false,
    }
}

fn taken_away(wish: &Wish<'_>) -> Option<Outcome> {
    let noted = wish.history.noted.as_ref().filter(|noted| noted.record.lease != Lease::Free)?;
    let keeper = keeper(wish.wanted, wish.observed)?;
    let holder = lost_to(wish.wanted, keeper, &noted.before, wish.observed.at)?;
    let reason = format!("{holder} took {} over while this release was under way", keeper.name);
    let outcome = Outcome::new(OutcomeKind::Superseded).because(reason);
    Some(outcome.hinting("nothing is to be repaired here: look at that job"))
}

/// The end, or the wait, because of another release.
fn refused(wish: &Wish<'_>) -> Option<Plan> {
    let name = &keeper(wish.wanted, wish.observed)?.name;
    let forces = matches!(wish.wanted.goal, Goal::Rollback(_));
    let outcome = match &wish.found {
        Found::Occupied { .. } if forces => return None,
        Found::Occupied { holder, until } => match wish.wanted.course.queue {
            QueueRule::Wait => {
                let on = WaitingOn::Lease { holder: holder.clone(), until: *until };
                let waiting = Waiting { service: name.clone(), phase: super::Phase::Forward, on };
                return Some(Plan { steps: vec![Step::Wait(waiting)] });
            }
            QueueRule::Refuse => Outcome::refused(Refusal::OtherRelease)
                .because(format!(
                    "{name}: another release is under way: {holder} holds it until {until}"
                ))
                .hinting("wait for its end, or add --wait, which waits for it"),
        },
        Found::CouldNotTell { key, text } if !forces => Outcome::refused(Refusal::OtherRelease)
            .because(format!(
                "{name}: could not tell whether a release is under way: tag {key} is \"{text}\""
            ))
            .hinting("a newer ecs-canary wrote it: use that one, or remove the tag"),
        Found::JudgedBad(progress) if releases(&wish.wanted.goal) && !wish.again() => {
            judged_now(wish)
                .unwrap_or_else(|| judged_before::outcome(wish, name.as_str(), progress))
        }
        // The service's tags tell of another release by now; those of the revision remain.
        Found::Nothing | Found::Resting(_)
            if releases(&wish.wanted.goal)
                && !wish.again()
                && wish.history.noted.is_none()
                && !is_way_back(wish) =>
        {
            judged_before::by_revision(wish, name.as_str())?
        }
        Found::CouldNotTell { .. }
        | Found::JudgedBad(_)
        | Found::Nothing
        | Found::Same(_)
        | Found::Resting(_)
        | Found::Abandoned(_) => return None,
    };
    let outcome = Outcome { service: Some(name.clone()), ..outcome };
    Some(Plan { steps: vec![Step::Finish(Box::new(outcome))] })
}

/// The verdict against the canary, when this very run heard it.
fn judged_now(wish: &Wish<'_>) -> Option<Outcome> {
    let canary = wish.wanted.canary.as_ref().or(wish.wanted.full.as_ref())?;
    let mut ends = wish.history.holds.values().chain(&wish.history.gate);
    let against = ends.find(|end| end.kind == EndKind::JudgedBad)?;
    Some(hold::failed(wish, canary, against))
}

fn releases(goal: &Goal) -> bool {
    matches!(goal, Goal::Canary | Goal::Full | Goal::Promote | Goal::Release)
}

/// The record to write before going on in `phase`; `None` when it is written.
fn taken(wish: &Wish<'_>, phase: Phase, keeper: &str) -> Option<Record> {
    // Once there is a full service, its tags keep the record.
    let noted = wish.history.noted.as_ref().filter(|noted| noted.arn == keeper);
    let noted = noted.map(|noted| &noted.record);
    let is_noted = |record: &Record| {
        let phase_now = record.progress.as_ref().map(|progress| progress.phase);
        record.lease != Lease::Free && phase_now == Some(phase)
    };
    if noted.is_some_and(is_noted) {
        return None;
    }
    let known = wish.progress().filter(|progress| progress.phase == phase);
    let progress = match known {
        // Another run of this release noted it: its start counts.
        Some(progress) => progress.clone(),
        None => Progress {
            release: ReleaseKey::of(&wish.wanted.identity),
            phase,
            since: wish.observed.at,
            shares: shares(wish, phase),
            judged_since: judged_since(wish, phase),
            gate: gate_end(wish, (phase, wish.observed.at)),
        },
    };
    let lease = Lease::from(Holder::of(&wish.wanted.identity), wish.observed.at);
    Some(Record { lease, progress: Some(progress) })
}

/// The record of the end; `None` when nothing is held or it is written.
fn given_back(wish: &Wish<'_>, course: &Course, plan: &Plan) -> Option<Record> {
    let Reading::Known(record) = (match &wish.history.noted {
        Some(noted) => Reading::Known(noted.record.clone()),
        None => seen(wish.wanted, wish.observed),
    }) else {
        return None;
    };
    let us = ReleaseKey::of(&wish.wanted.identity);
    let holds = record.lease.holder().is_some_and(|holder| holder.release == us);
    let outcome = plan.outcome()?;
    // Only who changes something may end what another job of this release left open, and who
    // takes the canary back next keeps the lease for it.
    let has_share = wish.share().is_some_and(|share| share != TrafficShare::NONE);
    let loses_it = matches!(
        outcome.outcome,
        OutcomeKind::Refused
            | OutcomeKind::Superseded
            | OutcomeKind::Denied
            | OutcomeKind::Unreachable
            | OutcomeKind::Internal
    );
    if unwinds(wish.wanted, outcome)
        || !holds
        // The share first: whoever comes after a kill in between finds it by the lease.
        || (has_share && (loses_it || wish.history.full_awaited.is_some()))
        || (wish.history.noted.is_none() && !outcome.outcome.is_good())
    {
        return None;
    }
    let here = record.progress.as_ref().map_or(Phase::Prepared, |progress| progress.phase);
    let phase = match outcome.outcome {
        // ECS's own pause is the gate of a canary job; any other one is still shut.
        OutcomeKind::Paused if wish.wanted.goal == Goal::Canary => course.end,
        OutcomeKind::Paused => here,
        good if good.is_good() => course.end,
        OutcomeKind::Frozen => Phase::Frozen,
        // A person may promote what had no verdict.
        OutcomeKind::CanaryUndecided => here.step().map_or(here, Phase::Gate),
        _ => here,
    };
    let since = if phase == here { record.progress.as_ref().map(|one| one.since) } else { None };
    let since = since.unwrap_or(wish.observed.at);
    let progress = Progress {
        release: us,
        phase,
        since,
        shares: shares(wish, phase),
        judged_since: judged_since(wish, phase),
        gate: gate_end(wish, (phase, since)),
    };
    Some(Record { lease: Lease::Free, progress: Some(progress) })
}

/// When a gate that is entered `since` is over. With ECS's own strategies its pause ends by itself.
fn gate_end(wish: &Wish<'_>, (phase, since): (Phase, Timestamp)) -> Option<GateEnd> {
    let gate = wish.wanted.course.gate.filter(|_| matches!(phase, Phase::Gate(_)))?;
    Some(GateEnd { until: since.after(gate.timeout), then: gate.then })
}

/// Since when the judge counts the canary's requests: since it has its first share.
fn judged_since(wish: &Wish<'_>, phase: Phase) -> Option<Timestamp> {
    wish.wanted.course.judging.as_ref()?;
    wish.judged_since().or(match phase {
        Phase::Step(_) | Phase::Gate(_) => Some(wish.observed.at),
        Phase::TakingOver
        | Phase::Prepared
        | Phase::Raise(_)
        | Phase::Promoting
        | Phase::Cleanup
        | Phase::Done
        | Phase::Aborting(_)
        | Phase::Aborted(_)
        | Phase::Frozen => None,
    })
}

/// The share that the canary has in `phase`, and the one that it has now.
fn shares(wish: &Wish<'_>, phase: Phase) -> Option<(TrafficShare, TrafficShare)> {
    let now = wish.share()?;
    let to = match phase {
        Phase::Raise(step) | Phase::Step(step) | Phase::Gate(step) => {
            wish.step_share(step).unwrap_or(now)
        }
        Phase::Promoting | Phase::Frozen => now,
        Phase::TakingOver
        | Phase::Prepared
        | Phase::Cleanup
        | Phase::Done
        | Phase::Aborting(_)
        | Phase::Aborted(_) => TrafficShare::NONE,
    };
    Some((to, now))
}

impl Wish<'_> {
    /// How far this release was noted to be.
    pub(super) fn progress(&self) -> Option<&Progress> {
        match &self.found {
            Found::Same(progress) | Found::JudgedBad(progress) => Some(progress),
            Found::Nothing
            | Found::Resting(_)
            | Found::Occupied { .. }
            | Found::Abandoned(_)
            | Found::CouldNotTell { .. } => None,
        }
    }

    /// Since when the judge counts this release's requests, as it was noted.
    pub(super) fn judged_since(&self) -> Option<Timestamp> {
        let progress = self.progress().filter(|progress| progress.phase.step().is_some());
        progress.and_then(|progress| progress.judged_since)
    }

    /// A verdict does not bind: a person said so.
    pub(super) fn again(&self) -> bool {
        self.wanted.course.again == crate::model::AgainRule::Allow
    }

    /// The share of a step, counted from 1.
    pub(super) fn step_share(&self, step: u32) -> Option<TrafficShare> {
        let index = usize::try_from(step).ok()?.checked_sub(1)?;
        self.wanted.course.steps.get(index).copied()
    }

    /// The canary's share as the rule gives it now; `None` without a rule.
    pub(super) fn share(&self) -> Option<TrafficShare> {
        let Traffic::Weighted(weighted) = &self.wanted.course.traffic else { return None };
        let rule = self.observed.rule.as_ref()?.known()?.as_ref()?;
        let weights = rule.weights(&weighted.full, &weighted.canary);
        Some(weights.share().unwrap_or(match weights.canary {
            None | Some(0) => TrafficShare::NONE,
            Some(_) => TrafficShare::from_tenths(1000),
        }))
    }
}
