//! What may happen next in a state. The first move is the one without a new fault.

use crate::act::{self, Call, Done};
use crate::cloud::{Change, Right, Side};
use crate::finish;
use crate::look::{self, listed, time};
use crate::properties::{self, Broken};
use crate::scaling;
use crate::state::{AnyWatch, LOST, Mode, Process, RETRY, State, Watching};
use crate::world::{THEIRS, World};
use ecs_canary::check;
use ecs_canary::model::{Observed, Outcome, OutcomeKind, Severity, Timestamp};
use ecs_canary::plan::{self, Plan, Precheck, Renewal, RevisionRef, Step, Waiting, WaitingOn};
use ecs_canary::watch::{
    AskDeployments, CountWatch, End, EndKind, Glimpse, Held, HoldWatch, Look, Next, SettleWatch,
    Watch,
};
use std::collections::BTreeSet;

/// How long `apply` looks at a conflict.
const CONFLICT_FOR: i64 = 20;
/// A dead process is started again after so long: at once, or after everything came to rest.
const DEAD_FOR: [(&str, i64, u32); 2] = [("run again", 5, 1), ("run again later", 60, 8)];

/// A move, in words, and where it leads; or the property that it breaks.
pub(crate) type Move = (&'static str, Result<State, Broken>);

/// How old the answers of one look are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Fresh,
    /// Everything is as it was before the last change.
    Stale,
    /// Only the services are.
    StaleServices,
    /// Only the service deployments are.
    StaleDeployments,
}

const AGES: [(Age, &str); 3] = [
    (Age::Stale, "stale look"),
    (Age::StaleServices, "stale services"),
    (Age::StaleDeployments, "stale deployments"),
];

pub(crate) const CALLS: [(Call, &str); 5] = [
    (Call::Lost { applied: true }, "answer lost, change made"),
    (Call::Lost { applied: false }, "answer lost, change not made"),
    (Call::Throttled, "throttled"),
    (Call::Denied, "denied"),
    (Call::Killed, "killed after the change"),
];

pub(crate) fn moves(state: &State, world: &World) -> Vec<Move> {
    let mut found = match &state.process.mode {
        Mode::Look => looks(state, world),
        Mode::Watch(watching) => watches(state, watching, world),
        Mode::Scales(step, nth) => scaling::calls(state, step, *nth),
        Mode::Dead => restarts(state, world),
        Mode::Ended(kind) => retried(state, *kind, world),
    };
    if !matches!(state.process.mode, Mode::Ended(_)) {
        found.extend(by_others(state));
    }
    found.into_iter().map(|(word, next)| (word, kept(next, world))).collect()
}

fn kept(next: Result<State, Broken>, world: &World) -> Result<State, Broken> {
    let next = next?;
    scaling::is_found_again(&next, world)?;
    Ok(next)
}

/// A colleague deploys; tasks of the new release begin to fail; the process is killed.
fn by_others(state: &State) -> Vec<Move> {
    let mut found = Vec::new();
    if state.colleague {
        let mut next = state.clone();
        next.colleague = false;
        next.ghost.colleague = true;
        next.change(|cloud, now| {
            let revision = Some(cloud.register(Side::Full, THEIRS, None));
            cloud.update(Side::Full, &Change { revision, ..Change::default() }, now)
        })
        .unwrap_or(());
        found.push(("a colleague deploys", Ok(next)));
    }
    found.extend(scaling::acts(state));
    if state.faults == 0 {
        return found;
    }
    if state.cloud.bad.is_none() {
        let mut next = faulty(state);
        next.cloud.bad = Some(properties::RELEASED);
        found.push(("tasks of the new release fail from now on", Ok(next)));
    }
    if !matches!(state.process.mode, Mode::Dead) {
        found.push(("killed", Ok(killed(faulty(state)))));
    }
    found
}

pub(crate) fn faulty(state: &State) -> State {
    let mut next = state.clone();
    next.faults -= 1;
    next
}

pub(crate) fn killed(mut state: State) -> State {
    state.process = Process { mode: Mode::Dead, ..Process::new() };
    state
}

fn restarts(state: &State, world: &World) -> Vec<Move> {
    let moves = DEAD_FOR.map(|(word, seconds, ticks)| {
        let mut next = state.clone();
        for _ in 0..ticks {
            next.pass(seconds / i64::from(ticks), world);
        }
        next.process = Process::new();
        (word, Ok(next))
    });
    moves.into_iter().collect()
}

/// After a bad end somebody runs the job again, once.
fn retried(state: &State, kind: OutcomeKind, world: &World) -> Vec<Move> {
    if !state.again {
        return Vec::new();
    }
    let mut next = state.clone();
    next.again = false;
    next.process = Process::new();
    let mut found = Vec::new();
    if scaling::is_left_suspended(state, world) {
        let mut allowed = next.clone();
        allowed.cloud.denied = None;
        found.push(("the job is run again with its rights", Ok(allowed)));
    }
    if !kind.is_good() {
        found.push(("the job is run again", Ok(next)));
    }
    found
}

fn looks(state: &State, world: &World) -> Vec<Move> {
    let mut found = looked(state.clone(), Age::Fresh, "goes on", world);
    if state.faults == 0 {
        return found;
    }
    if state.past.is_some() {
        for (age, word) in AGES {
            // One more fault in the same look is one more fault: only the step itself is made.
            found.extend(looked(faulty(state), age, word, world).into_iter().take(1));
        }
    }
    found.extend(scaling::blind(state).into_iter().flat_map(|blind| {
        looked(blind, Age::Fresh, "autoscaling not read", world).into_iter().take(1)
    }));
    let mut missed = faulty(state);
    missed.pass(RETRY, world);
    found.push(("look not answered", Ok(missed)));
    if state.cloud.may(Right::ReadDeployments) {
        let mut denied = faulty(state);
        denied.cloud.denied = Some(Right::ReadDeployments);
        found.extend(looked(denied, Age::Fresh, "deployments denied", world).into_iter().take(1));
    }
    found
}

fn view_of(state: &State, age: Age, world: &World) -> Observed {
    let past = state.past.as_ref().map_or(&state.cloud, |(past, _)| past);
    let (services, deployments) = match age {
        Age::Fresh => (&state.cloud, &state.cloud),
        Age::Stale => (past, past),
        Age::StaleServices => (past, &state.cloud),
        Age::StaleDeployments => (&state.cloud, past),
    };
    look::observed(&state.view(services, deployments), world)
}

/// One look, the plan, and its first step with each thing that may become of its call.
fn looked(mut state: State, age: Age, word: &'static str, world: &World) -> Vec<Move> {
    let wanted = state.wanted(world).into_owned();
    let observed = view_of(&state, age, world);
    state.process.history.look(&observed);
    state.process.looked = true;
    let now = time(state.now);
    let plan = plan::next(&wanted, &observed, &state.process.history, now);
    let violations = check::plan(&plan, &wanted, &observed, &state.process.history);
    if let Some(violation) = violations.first() {
        return vec![(word, Err(Broken::new(format!("check::plan: {violation}"))))];
    }
    if !state.process.checked {
        if let Some(outcome) = preflight(&wanted, &observed, &plan) {
            return vec![(word, finish::end(state, outcome, world))];
        }
        state.process.checked = true;
    }
    let Some(step) = plan.first().cloned() else {
        return vec![(word, Err(Broken::new("a plan without a step")))];
    };
    match &step {
        Step::Finish(outcome) => vec![(word, finish::end(state, (**outcome).clone(), world))],
        Step::Wait(waiting) => vec![(word, begin(state, waiting, &observed, world))],
        Step::ScaleIn(step) => {
            state.process.mode = Mode::Scales(step.clone(), 0);
            vec![(word, Ok(state))]
        }
        _ => stepped(state, &step, (&observed, word), world),
    }
}

fn preflight(
    wanted: &ecs_canary::model::Wanted,
    observed: &Observed,
    plan: &Plan,
) -> Option<Outcome> {
    let checked = check::before(wanted, observed, plan);
    let error = checked.iter().find(|one| one.finding.severity == Severity::Error)?;
    Some(Outcome::refused(error.by).because(error.finding.message.clone()))
}

fn stepped(
    mut state: State,
    step: &Step,
    (observed, word): (&Observed, &'static str),
    world: &World,
) -> Vec<Move> {
    match plan::precheck(step, observed) {
        Precheck::Done => {
            state.process.conflict_since = None;
            state.process.history.seen_as_done(step, observed);
            vec![(word, Ok(state))]
        }
        Precheck::Conflict { expected, found } => {
            let since = *state.process.conflict_since.get_or_insert(state.now);
            if state.now - since < CONFLICT_FOR {
                state.pass(RETRY, world);
                return vec![(word, Ok(state))];
            }
            state.process.leaves_weights |= matches!(step, Step::SetWeights(_));
            let outcome = Outcome::refused(ecs_canary::model::Refusal::OtherRelease)
                .because(format!("expected {expected}, found {found}"));
            vec![(word, finish::end(state, outcome, world))]
        }
        Precheck::Ready => {
            state.process.conflict_since = None;
            // What is decided by an old look may be wrong, and is found by the next one.
            if word == "goes on"
                && let Err(broken) = properties::share_goes_to_the_healthy(&state, step)
            {
                return vec![(word, Err(broken))];
            }
            let mut found =
                vec![(word, called(state.clone(), step, (observed, Call::Answered), world))];
            if act::right(step).is_some() && state.faults > 0 {
                for (call, word) in CALLS {
                    found.push((word, called(faulty(&state), step, (observed, call), world)));
                }
            }
            found
        }
    }
}

fn called(
    mut state: State,
    step: &Step,
    (observed, call): (&Observed, Call),
    world: &World,
) -> Result<State, Broken> {
    properties::before_change(&state, step)?;
    match act::carry_out(&mut state, step, observed, call) {
        Done::Again(0) => {
            state.note(world);
            Ok(state)
        }
        Done::Again(seconds) => {
            state.pass(seconds, world);
            Ok(state)
        }
        Done::Ends(kind) => finish::end(state, Outcome::new(kind), world),
        Done::Dead => {
            state.note(world);
            Ok(killed(state))
        }
    }
}

/// Begins to wait.
fn begin(
    mut state: State,
    waiting: &Waiting,
    observed: &Observed,
    world: &World,
) -> Result<State, Broken> {
    let now = time(state.now);
    let service = waiting.service.clone();
    let deadline = state.wanted(world).deadline;
    let events = BTreeSet::new();
    let watch = match &waiting.on {
        WaitingOn::LostAnswer { .. } | WaitingOn::Weights { .. } => {
            state.pass(LOST, world);
            return Ok(state);
        }
        WaitingOn::FullService(lacks) => {
            state.process.history.full_is_awaited(*lacks, observed.at);
            state.pass(RETRY, world);
            return Ok(state);
        }
        WaitingOn::Lease { .. } | WaitingOn::Verdict { .. } | WaitingOn::Gate { .. } => {
            return Err(Broken::new("waits for what nobody asked for"));
        }
        WaitingOn::Settled { deployment } => {
            AnyWatch::Settle(SettleWatch::new(service, deployment.clone(), events, deadline, now))
        }
        WaitingOn::Count { desired } => {
            let or_more = plan::may_be_more(&world.wanted, observed, &service);
            let watch = CountWatch::new(service, *desired, events, deadline, now);
            AnyWatch::Count(if or_more { watch.or_more() } else { watch })
        }
        WaitingOn::Hold { share, until, .. } => {
            let Some(seen) = observed.state(&service) else {
                return Err(Broken::new("holds a service that is not there"));
            };
            let revision = seen.task_definition.clone();
            let share = share.map(|share| share.to_string());
            let held = Held { service, revision, share, deployment: None, until: *until, deadline };
            AnyWatch::Hold(HoldWatch::new(held, events, now))
        }
        WaitingOn::OwnDeployment { revision: RevisionRef::Known(revision), deployment } => {
            let history = &mut state.process.history;
            history.joins(waiting, revision, observed);
            let deadline = plan::until(waiting.phase, deadline, now);
            let what = (revision, deployment.as_ref());
            let followed = plan::followed(waiting, what, (history, observed), deadline);
            AnyWatch::Own(Box::new(Watch::new(followed, now)))
        }
        WaitingOn::OwnDeployment { revision: RevisionRef::Registered, .. } => {
            return Err(Broken::new("waits for a revision that nobody registered"));
        }
    };
    let ask = watch.first();
    state.process.mode = Mode::Watch(Box::new(Watching { waiting: waiting.clone(), watch, ask }));
    Ok(state)
}

fn watches(state: &State, watching: &Watching, world: &World) -> Vec<Move> {
    let mut found = vec![("looks", watched(state.clone(), watching, Age::Fresh, world))];
    if state.faults == 0 {
        return found;
    }
    if state.past.is_some() {
        for (age, word) in AGES {
            found.push((word, watched(faulty(state), watching, age, world)));
        }
    }
    found.push(("look not answered", missed(faulty(state), watching, world)));
    let asks = watching.ask.deployments != AskDeployments::Nothing;
    if asks && state.cloud.may(Right::ReadDeployments) {
        let mut denied = faulty(state);
        denied.cloud.denied = Some(Right::ReadDeployments);
        found.push(("deployments denied", watched(denied, watching, Age::Fresh, world)));
    }
    found
}

fn missed(state: State, watching: &Watching, world: &World) -> Result<State, Broken> {
    let glimpse = Glimpse {
        at: time(state.now),
        service: Look::Missed("throttled".to_owned()),
        deployments: Look::NotAsked,
        listed: false,
        stopped: Look::NotAsked,
        metrics: Look::NotAsked,
        alarms: Look::NotAsked,
    };
    glimpsed(state, watching, &glimpse, world)
}

fn watched(
    mut state: State,
    watching: &Watching,
    age: Age,
    world: &World,
) -> Result<State, Broken> {
    if let Some(end) = renewed(&mut state, world) {
        return after_end(state, watching, end, world);
    }
    let side = look::side(&watching.waiting.service);
    let past = state.past.as_ref().map_or(&state.cloud, |(past, _)| past);
    let (services, of_deployments) = match age {
        Age::Fresh => (&state.cloud, &state.cloud),
        Age::Stale => (past, past),
        Age::StaleServices => (past, &state.cloud),
        Age::StaleDeployments => (&state.cloud, past),
    };
    let shown = services.of(side).map(|service| look::state(service, side));
    // A watch reads no tags: their times would tell states apart that are the same.
    let shown = shown.map(|mut shown| {
        shown.tags.clear();
        shown
    });
    let all = || {
        if state.cloud.may(Right::ReadDeployments) {
            Look::Seen(listed(of_deployments, side))
        } else {
            Look::Denied("denied".to_owned())
        }
    };
    let (deployments, is_list) = match &watching.ask.deployments {
        AskDeployments::Nothing => (Look::NotAsked, false),
        AskDeployments::List(after) => (newer(all(), *after), true),
        AskDeployments::One(arn) => (only(all(), arn), false),
    };
    let stopped = if watching.ask.stopped { Look::Seen(Vec::new()) } else { Look::NotAsked };
    let glimpse = Glimpse {
        at: time(state.now),
        service: Look::Seen(shown),
        deployments,
        listed: is_list,
        stopped,
        metrics: Look::NotAsked,
        alarms: Look::NotAsked,
    };
    glimpsed(state, watching, &glimpse, world)
}

type Listed = Look<Vec<ecs_canary::model::ServiceDeployment>>;

fn newer(all: Listed, after: Option<Timestamp>) -> Listed {
    match all {
        Look::Seen(mut all) => {
            all.retain(|one| after.is_none_or(|after| one.created_at >= after));
            Look::Seen(all)
        }
        other => other,
    }
}

fn only(all: Listed, arn: &ecs_canary::model::DeploymentArn) -> Listed {
    match all {
        Look::Seen(mut all) => {
            all.retain(|one| one.arn == *arn);
            Look::Seen(all)
        }
        other => other,
    }
}

/// Renews the lease a minute after it was written; `Some` = another release took it.
fn renewed(state: &mut State, world: &World) -> Option<End> {
    let noted = state.process.history.noted.clone()?;
    let at = time(state.now);
    if state.process.history.tagging_denied || !noted.record.lease.is_to_be_renewed(at) {
        return None;
    }
    let observed = state.observed(world);
    let wanted = state.wanted(world).into_owned();
    let keeper = plan::keeper(&wanted, &observed)?;
    match plan::renewal(&wanted, &noted, keeper, at) {
        Renewal::Held | Renewal::TakenUp(..) => None,
        Renewal::Lost(holder) => {
            state.process.leaves_weights = true;
            let kind = EndKind::Superseded { by: None, revision: None };
            Some(End::new(kind, format!("{holder} took it over")))
        }
        Renewal::Due(record) => {
            let side = look::side(&keeper.name);
            if state.cloud.may(Right::Tag) {
                state.change(|cloud, _| {
                    if let Some(service) = cloud.of_mut(side) {
                        service.record = Some(record.clone());
                    }
                });
                state.process.history.noted = Some(plan::Noted { record, ..noted });
            }
            None
        }
    }
}

fn glimpsed(
    mut state: State,
    watching: &Watching,
    glimpse: &Glimpse,
    world: &World,
) -> Result<State, Broken> {
    let mut watching = watching.clone();
    let answer = watching.watch.observe(glimpse, time(state.now));
    match answer.next {
        Next::Ended(end) => after_end(state, &watching, end, world),
        Next::Look { after, ask } => {
            watching.ask = ask;
            state.process.mode = Mode::Watch(Box::new(watching));
            if !after.is_zero() {
                let seconds = i64::try_from(after.as_secs()).unwrap_or(RETRY);
                state.pass(seconds.max(1), world);
            }
            Ok(state)
        }
    }
}

/// A wait ended.
fn after_end(
    mut state: State,
    watching: &Watching,
    end: End,
    world: &World,
) -> Result<State, Broken> {
    state.process.mode = Mode::Look;
    let service = &watching.waiting.service;
    match &watching.waiting.on {
        WaitingOn::Settled { .. } => match end.kind {
            EndKind::Successful => {
                let observed = state.observed(world);
                if let Some(seen) = observed.services.get(service) {
                    state.process.history.rebase(service, seen);
                }
            }
            EndKind::Denied => {
                return finish::end(state, Outcome::new(OutcomeKind::Denied), world);
            }
            _ => return finish::end(state, Outcome::new(OutcomeKind::TimedOut), world),
        },
        _ => state.process.history.wait_ended(&watching.waiting, end),
    }
    Ok(state)
}
