//! The next steps towards a goal.

use super::lane::{Aim, Lane, release, remove, scale};
use super::revision::{Wish, held_image};
use super::{History, Plan, ReuseReason, ServiceHistory, Step, back, conclude};
use crate::model::{
    AfterFull, CountRule, Goal, Observed, Outcome, OutcomeKind, Refusal, RollbackTo, ServiceWanted,
    Timestamp, Wanted,
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
    let held = held_image(wanted, observed);
    let wish = Wish { wanted, observed, history, held };
    let plan = towards(&wish);
    if now >= wanted.deadline && !ends(&plan) && !is_taking_back(history) {
        return finish(too_late(&wish, &plan));
    }
    plan
}

fn towards(wish: &Wish<'_>) -> Plan {
    let lanes = match &wish.wanted.goal {
        Goal::Canary => wish.wanted.canary.iter().map(|one| to_content(wish, one)).collect(),
        Goal::Service => services(wish).map(|one| to_content(wish, one)).collect(),
        Goal::Scale => services(wish).map(|one| to_count(wish, one)).collect(),
        Goal::Full => full(wish),
        Goal::Rollback(to) => match going_back(wish, to) {
            Ok(lanes) => lanes,
            Err(plan) => return *plan,
        },
    };
    follow(wish, lanes)
}

/// The steps of the lanes, up to the first one that changes a service, waits or fails.
fn follow(wish: &Wish<'_>, lanes: Vec<Lane>) -> Plan {
    let mut all = Vec::new();
    for lane in lanes {
        match lane {
            Lane::Done => {}
            Lane::Steps(steps) => {
                all.extend(steps);
                // One change at a time: what comes after it is planned on what it led to.
                let waits = matches!(all.last(), Some(Step::Wait(_)));
                if waits || all.iter().any(Step::moves_tasks) {
                    return Plan { steps: all };
                }
            }
            Lane::Failed(outcome) => {
                all.push(Step::Finish(outcome));
                return Plan { steps: all };
            }
        }
    }
    let outcome = match conclude::lead(wish) {
        Some(service) => conclude::good(wish, service),
        None => Outcome::new(OutcomeKind::Internal).because("a release names no service at all"),
    };
    all.push(Step::Finish(Box::new(outcome)));
    Plan { steps: all }
}

fn services<'a>(wish: &Wish<'a>) -> impl Iterator<Item = &'a ServiceWanted> {
    wish.wanted.full.iter().chain(&wish.wanted.canary)
}

fn to_content(wish: &Wish<'_>, service: &ServiceWanted) -> Lane {
    match &service.task {
        Some(task) => release(wish, service, Aim::Content(task.clone())),
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

/// The full service, and then the canary as declared, when it exists.
fn full(wish: &Wish<'_>) -> Vec<Lane> {
    let Some(service) = &wish.wanted.full else { return Vec::new() };
    let mut lanes = vec![to_content(wish, service)];
    if let Some(canary) = present_canary(wish) {
        lanes.push(match wish.wanted.after_full {
            AfterFull::Keep => to_content(wish, canary),
            AfterFull::Zero => scale(wish, canary, 0),
            AfterFull::Remove => remove(wish, canary),
        });
    }
    lanes
}

/// The canary service when a full release or a rollback has to do with it.
fn present_canary<'a>(wish: &Wish<'a>) -> Option<&'a ServiceWanted> {
    let canary = wish.wanted.canary.as_ref()?;
    let touched = wish.history.of(&canary.name).is_some_and(ServiceHistory::was_touched);
    let active = wish.observed.state(&canary.name).is_some_and(|state| state.is_active());
    (touched || active).then_some(canary)
}

/// The service back to an earlier release, and then the canary as declared.
fn going_back(wish: &Wish<'_>, to: &RollbackTo) -> Result<Vec<Lane>, Box<Plan>> {
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
            target.map_err(|why| Box::new(finish(no_target(service, &why))))?.revision
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

fn ends(plan: &Plan) -> bool {
    matches!(plan.first(), Some(Step::Finish(_)))
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
