//! The next steps towards a goal.

use super::lane::{Aim, Lane, release, remove, scale};
use super::revision::{HeldImage, Wish, held_image, release_container};
use super::{
    History, Plan, ReuseReason, ServiceHistory, Step, back, conclude, course, gives_way, hold,
    journaling,
};
use crate::journal::{self, Found};
use crate::model::{
    AfterFull, CountRule, GateAction, Goal, ImageRule, Observed, Outcome, OutcomeKind, Refusal,
    ReleaseIdentity, RollbackTo, ServiceWanted, Timestamp, Traffic, Wanted, tag_keys,
};
use crate::rollback::{self, NoTarget};

/// Steps from what is seen up to the next wait or the end.
///
/// What is seen may be stale, so nothing is concluded from a change of our own that is not
/// seen yet: `history` knows what was sent. `now` is the clock of `wanted.deadline`.
pub fn next(wanted: &Wanted, observed: &Observed, history: &History, now: Timestamp) -> Plan {
    if let Some(outcome) = &history.outcome {
        return finish(outcome.clone());
    }
    let held = match wanted.goal {
        Goal::Promote => canary_image(wanted, observed).or_else(|| held_image(wanted, observed)),
        // These go to what was there before, whatever this commit is.
        Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale => None,
        Goal::Canary | Goal::Full | Goal::Release | Goal::Service => held_image(wanted, observed),
    };
    let noted = history.noted.as_ref().map(|noted| &noted.record);
    let found = journaling::found(wanted, observed, noted);
    let wish = Wish { wanted, observed, history, held, found };
    let plan = towards(&wish);
    if now >= wanted.deadline && !ends(&plan) && !is_taking_back(history) {
        return finish(too_late(&wish, &plan));
    }
    plan
}

/// True when the first thing to do is to take back what another release left, because it died or
/// waits for a person: a deployment that is under way is then in nobody's hands.
pub fn takes_over(wanted: &Wanted, observed: &Observed) -> bool {
    if !journaling::holds_a_lease(&wanted.goal) {
        return false;
    }
    let found = journaling::found(wanted, observed, None);
    match &found {
        Found::Abandoned(_) => true,
        Found::Same(progress) => progress.phase == journal::Phase::TakingOver,
        Found::Resting(_) => gives_way::is_stopped_first(wanted, observed, &found),
        Found::Nothing
        | Found::JudgedBad(_)
        | Found::Occupied { .. }
        | Found::CouldNotTell { .. } => false,
    }
}

/// A gate whose time is over, in words, for the job that does what was noted for it.
pub fn gate_is_over(wanted: &Wanted, observed: &Observed) -> Option<String> {
    if wanted.goal != Goal::Reap {
        return None;
    }
    let (Found::Resting(progress) | Found::Same(progress)) =
        journaling::found(wanted, observed, None)
    else {
        return None;
    };
    let gate = progress.gate.filter(|gate| gate.is_over(observed.at))?;
    let then = match gate.then {
        GateAction::Rollback => "it is taken back",
        GateAction::Promote => "it is promoted",
        GateAction::Hold => "it keeps its share",
    };
    let release = progress.release.words();
    Some(format!("nobody answered {release} until {}: {then}", gate.until))
}

/// True when this very release is under way already: another run of it began.
pub fn is_begun(wanted: &Wanted, observed: &Observed) -> bool {
    match journaling::found(wanted, observed, None) {
        Found::Same(progress) => !progress.phase.is_at_rest() || progress.phase.step().is_some(),
        Found::Nothing
        | Found::JudgedBad(_)
        | Found::Resting(_)
        | Found::Occupied { .. }
        | Found::Abandoned(_)
        | Found::CouldNotTell { .. } => false,
    }
}

/// True when a release that ended so has its canary taken back by the same run: nobody else
/// would take its share of the requests away.
pub fn unwinds(wanted: &Wanted, outcome: &Outcome) -> bool {
    if let Traffic::Native(_) = wanted.course.traffic {
        // What ECS took back is back; what it still moves it takes back at its next pause.
        let is_bad = outcome.outcome == OutcomeKind::CanaryFailed;
        let is_undecided = outcome.outcome == OutcomeKind::CanaryUndecided
            && outcome.exit_code == hold::UNDECIDED_TAKEN_BACK;
        return (is_bad || is_undecided) && wanted.goal != Goal::Abort;
    }
    let in_steps = match wanted.goal {
        Goal::Release => true,
        Goal::Canary | Goal::Promote | Goal::Full => {
            matches!(wanted.course.traffic, Traffic::Weighted(_))
        }
        Goal::Abort | Goal::Reap | Goal::Rollback(_) | Goal::Scale | Goal::Service => false,
    };
    let is_judged = wanted.course.judging.is_some();
    (in_steps || (is_judged && outcome.outcome == OutcomeKind::CanaryFailed))
        && match outcome.outcome {
            OutcomeKind::FailedRolledBack
            | OutcomeKind::FailedNotRolledBack
            | OutcomeKind::CanaryFailed => true,
            OutcomeKind::CanaryUndecided => outcome.exit_code == hold::UNDECIDED_TAKEN_BACK,
            // With a rule its weights go back in any case; without one the job may go on.
            OutcomeKind::TimedOut => matches!(wanted.course.traffic, Traffic::Weighted(_)),
            OutcomeKind::Succeeded
            | OutcomeKind::NoChange
            | OutcomeKind::Paused
            | OutcomeKind::Superseded
            | OutcomeKind::Cancelled
            | OutcomeKind::Frozen
            | OutcomeKind::Refused
            | OutcomeKind::Invalid
            | OutcomeKind::Denied
            | OutcomeKind::Unreachable
            | OutcomeKind::Internal => false,
        }
}

/// The image that the canary runs: what is promoted is what was tried out, byte by byte.
fn canary_image(wanted: &Wanted, observed: &Observed) -> Option<HeldImage> {
    let canary = wanted.canary.as_ref()?;
    // `--image` says what is meant.
    if wanted.full.as_ref()?.image_rule != ImageRule::HeldFirst {
        return None;
    }
    let running = observed.services.get(&canary.name)?.task_definition.as_ref()?;
    // A canary of another release was not tried out for this one: an older one goes back.
    let theirs = ReleaseIdentity::from_tags(&running.tags).commit;
    let ours = &wanted.identity.commit;
    if ours.is_some() && theirs.is_some() && theirs != *ours {
        return None;
    }
    let image = running.image(&release_container(canary)?)?.to_owned();
    let written = running.tags.get(tag_keys::IMAGE).cloned();
    Some(HeldImage { image, written, revision: running.arn.clone() })
}

fn towards(wish: &Wish<'_>) -> Plan {
    if journaling::holds_a_lease(&wish.wanted.goal) {
        let course = course::course(wish);
        let (plan, phase) = follow(wish, &course.lanes, course.end);
        return journaling::guarded(wish, &course, plan, phase);
    }
    let lanes: Vec<Lane> = match &wish.wanted.goal {
        Goal::Scale => services(wish).map(|one| to_count(wish, one)).collect(),
        _ => services(wish).map(|one| to_content(wish, one)).collect(),
    };
    let end = journal::Phase::Done;
    let lanes: Vec<_> = lanes.into_iter().map(|lane| (end, lane)).collect();
    follow(wish, &lanes, end).0
}

/// The steps of the lanes, up to the first one that changes a service, waits or fails, and the
/// phase that they belong to.
fn follow(
    wish: &Wish<'_>,
    lanes: &[(journal::Phase, Lane)],
    end: journal::Phase,
) -> (Plan, journal::Phase) {
    let mut all: Vec<Step> = Vec::new();
    let mut here = None;
    for (phase, lane) in lanes {
        match lane {
            Lane::Done => {}
            Lane::Steps(steps) => {
                here = here.or(Some(*phase));
                all.extend(steps.iter().cloned());
                // One change at a time: what comes after it is planned on what it led to.
                let waits = matches!(all.last(), Some(Step::Wait(_)));
                if waits || all.iter().any(Step::moves_tasks) {
                    return (Plan { steps: all }, here.unwrap_or(end));
                }
            }
            Lane::Failed(outcome) | Lane::Paused(outcome) => {
                all.push(Step::Finish(outcome.clone()));
                return (Plan { steps: all }, here.unwrap_or(*phase));
            }
        }
    }
    let outcome = match conclude::lead(wish) {
        Some(service) => conclude::good(wish, service),
        None => Outcome::new(OutcomeKind::Internal).because("a release names no service at all"),
    };
    all.push(Step::Finish(Box::new(outcome)));
    (Plan { steps: all }, here.unwrap_or(end))
}

pub(super) fn services<'a>(wish: &Wish<'a>) -> impl Iterator<Item = &'a ServiceWanted> {
    wish.wanted.full.iter().chain(&wish.wanted.canary)
}

pub(super) fn to_content(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    match &service.task {
        Some(task) => release(wish, service, Aim::Content(task.clone())),
        None if service.force && wish.observed.state(&service.name).is_some() => {
            release(wish, service, Aim::Running)
        }
        None => {
            let reason = format!("no task definition was given for {}", service.name);
            Lane::Failed(Box::new(Outcome::new(OutcomeKind::Internal).because(reason)))
        }
    }
}

fn to_count(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    match service.count {
        CountRule::Always(count) | CountRule::AtCreate(count) => scale(wish, service, count),
        CountRule::EcsCli | CountRule::Keep => Lane::Done,
    }
}

/// The canary service when a full release or a rollback has to do with it.
pub(super) fn present_canary<'a>(wish: &Wish<'a>) -> Option<&'a ServiceWanted> {
    let canary = wish.wanted.canary.as_ref()?;
    let touched = wish.history.of(&canary.name).is_some_and(ServiceHistory::was_touched);
    let active = wish.observed.state(&canary.name).is_some_and(|state| state.is_active());
    (touched || active).then_some(canary)
}

/// The service back to an earlier release, and then the canary as declared.
pub(super) fn going_back(wish: &Wish<'_>, to: &RollbackTo) -> Result<Vec<Lane>, Box<Outcome>> {
    let Some(service) = conclude::lead(wish) else { return Ok(Vec::new()) };
    let nothing = ServiceHistory::default();
    let history = wish.history.of(&service.name).unwrap_or(&nothing);
    let target = match &history.forward.revision {
        Some(chosen) => chosen.clone(),
        None => {
            let seen = wish.observed.services.get(&service.name);
            let job = wish.wanted.identity.job;
            let target =
                seen.ok_or(NoTarget::NoService).and_then(|one| rollback::target(one, to, job));
            target.map_err(|why| Box::new(no_target(service, &why)))?.revision
        }
    };
    let mut lanes = Vec::new();
    if *to == RollbackTo::LastGood {
        lanes.push(back::note_intent(wish, service, &target));
    }
    let aim = Aim::Revision(Box::new(target.clone()), ReuseReason::RollbackTarget);
    lanes.push(release(wish, service, aim));
    if let Some(canary) = present_canary(wish).filter(|canary| canary.name != service.name) {
        lanes.push(match wish.wanted.after_full {
            AfterFull::Keep => back::canary(wish, canary, &target),
            AfterFull::Zero => scale(wish, canary, 0),
            AfterFull::Remove => remove(wish, canary),
        });
    }
    if *to == RollbackTo::LastGood {
        lanes.push(back::close_intent(wish, service));
    }
    Ok(lanes)
}

fn no_target(service: &ServiceWanted, why: &NoTarget) -> Outcome {
    let hint = match why {
        NoTarget::NoService => "deploy it first".to_owned(),
        NoTarget::Nothing { .. } | NoTarget::Deregistered { .. } => {
            "deploy an earlier commit: run its deploy job again".to_owned()
        }
        NoTarget::CouldNotTell { .. }
        | NoTarget::NoSuchCommit { .. }
        | NoTarget::NoSuchRevision { .. }
        | NoTarget::NoSuchImage { .. }
        | NoTarget::Inactive { .. }
        | NoTarget::ShortCommit { .. } => {
            format!("name one with --to {}:N or --to COMMIT", service.name)
        }
    };
    let outcome = Outcome::refused(Refusal::Preflight)
        .because(format!("{} cannot go back: {why}", service.name))
        .hinting(hint);
    Outcome { service: Some(service.name.clone()), ..outcome }
}

fn finish(outcome: Outcome) -> Plan {
    Plan { steps: vec![Step::Finish(Box::new(outcome))] }
}

/// Nothing is left to do but to put scaling in order and to give the lease back.
fn ends(plan: &Plan) -> bool {
    let is_order = |step: &&Step| matches!(step, Step::Journal(_) | Step::ScaleIn(_));
    let mut steps = plan.steps.iter().filter(|step| !is_order(step));
    matches!(steps.next(), Some(Step::Finish(_)))
}

/// A way back that was begun is not cut by the deadline: it has a limit of its own.
fn is_taking_back(history: &History) -> bool {
    history.services.values().any(|service| service.back.was_tried())
}

fn too_late(wish: &Wish<'_>, plan: &Plan) -> Outcome {
    let outcome = Outcome::new(OutcomeKind::TimedOut);
    let next = plan.first().map(ToString::to_string).unwrap_or_default();
    let outcome = match conclude::lead(wish) {
        Some(service) => {
            let nothing = ServiceHistory::default();
            let history = wish.history.of(&service.name).unwrap_or(&nothing);
            conclude::about(wish, service, history, outcome)
        }
        None => outcome,
    };
    outcome
        .because(format!("the deadline passed before this was done: {next}"))
        .hinting("run the same job again: it goes on from here")
}
