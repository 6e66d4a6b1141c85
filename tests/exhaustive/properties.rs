//! What must hold in every state, whatever went wrong before it.

use crate::cloud::{Cloud, Motion, Side};
use crate::look::{self, last_number, time};
use crate::scaling;
use crate::state::State;
use crate::world::World;
use ecs_canary::journal::{Lease, ReleaseKey};
use ecs_canary::model::{Goal, Outcome, OutcomeKind, TargetHealth, Wanted};
use ecs_canary::plan::{self, Attempt, CanaryIs, History, RevisionRef, Shortfall, Step};
use serde_json::Value;

/// A property that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) String);

impl Broken {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// The version that a release brings, and that a rollback goes to.
pub(crate) const RELEASED: u8 = 2;

fn lead(world: &World) -> Side {
    match world.wanted.goal {
        Goal::Canary | Goal::Abort | Goal::Reap => Side::Canary,
        Goal::Full
        | Goal::Promote
        | Goal::Release
        | Goal::Rollback(_)
        | Goal::Scale
        | Goal::Service => Side::Full,
    }
}

/// The wanted release is deployed, and ECS calls it done.
pub(crate) fn serves(cloud: &Cloud, world: &World) -> bool {
    let side = lead(world);
    let Some(service) = cloud.of(side) else { return false };
    let version = cloud.version(side, service.revision);
    service.motion == Motion::Still && version == RELEASED
}

/// Right before a call that changes something.
pub(crate) fn before_change(state: &State, step: &Step) -> Result<(), Broken> {
    if !step.moves_tasks() {
        return Ok(());
    }
    let open = |attempt: &Attempt| attempt.sent.is_some() && attempt.ended.is_none();
    let known = &state.process.history.services;
    if known.values().any(|known| open(&known.forward) || open(&known.back)) {
        return Err(Broken::new(format!("a second change in flight: {step}")));
    }
    let to = match step {
        Step::CreateService { service, revision, .. } => Some((service, revision)),
        Step::UpdateService { service, revision: Some(revision), .. } => Some((service, revision)),
        _ => None,
    };
    if let Some((service, RevisionRef::Known(arn))) = to {
        let known = state.cloud.revision(look::side(service), last_number(arn.as_str()));
        if known.is_none_or(|known| !known.active) {
            return Err(Broken::new(format!("goes to a deregistered revision: {step}")));
        }
    }
    scaling::keeps_what_it_raised(state, step)?;
    under_traffic(state, step)
}

/// A canary that gets requests by the rule keeps its tasks.
fn under_traffic(state: &State, step: &Step) -> Result<(), Broken> {
    let gets = state.cloud.weights.is_some_and(|(_, canary)| canary > 0);
    let Some(canary) = state.cloud.of(Side::Canary).filter(|_| gets) else { return Ok(()) };
    let takes = match step {
        Step::DeleteService { .. } => true,
        Step::UpdateService { service, request, .. } if look::side(service) == Side::Canary => {
            let count = request.body().get("desiredCount").and_then(Value::as_u64);
            count.is_some_and(|count| count < u64::from(canary.desired))
        }
        _ => false,
    };
    if takes { Err(Broken::new(format!("takes tasks under traffic: {step}"))) } else { Ok(()) }
}

/// Planning after the end yields the end.
pub(crate) fn planning_after_the_end(
    state: &State,
    outcome: &Outcome,
    wanted: &Wanted,
    world: &World,
) -> Result<(), Broken> {
    let mut history = state.process.history.clone();
    history.outcome = Some(outcome.clone());
    let plan = plan::next(wanted, &state.observed(world), &history, time(state.now));
    match plan.outcome() {
        Some(again) if again == outcome && plan.steps.len() == 1 => Ok(()),
        _ => Err(Broken::new("planning after the end yields something else")),
    }
}

/// The end of a run.
pub(crate) fn at_the_end(
    state: &State,
    kind: OutcomeKind,
    outcome: &Outcome,
    world: &World,
) -> Result<(), Broken> {
    if matches!(kind, OutcomeKind::Succeeded | OutcomeKind::NoChange) {
        success_is_true(state, outcome, world)?;
        stays(state, world)?;
    }
    weights_are_back(state, kind, world)?;
    scaling::is_as_before(state, kind, world)?;
    lease_is_free(state, kind, world)
}

fn success_is_true(state: &State, outcome: &Outcome, world: &World) -> Result<(), Broken> {
    if matches!(world.wanted.goal, Goal::Rollback(_)) && state.ghost.colleague {
        // From a colleague's release it goes to the one before it.
        return Ok(());
    }
    if state.ghost.served {
        return Ok(());
    }
    let said = outcome.reason.clone().unwrap_or_default();
    Err(Broken::new(format!("success ({said}), and the release was never served")))
}

/// Run again, nothing is left to do.
fn stays(state: &State, world: &World) -> Result<(), Broken> {
    // Who cannot see autoscaling takes its count for a colleague's.
    if state.ghost.colleague || state.cloud.bad.is_some() || state.process.is_blind {
        return Ok(());
    }
    let observed = state.observed(world);
    let mut history = History::default();
    history.look(&observed);
    let plan = plan::next(&world.wanted, &observed, &history, time(state.now));
    match plan.steps.iter().find(|step| step.moves_tasks()) {
        None => Ok(()),
        Some(step) => Err(Broken::new(format!("after success there is still to do: {step}"))),
    }
}

/// What the full service lacks to take the canary's share.
pub(crate) fn lacks(cloud: &Cloud) -> Option<Shortfall> {
    let full = cloud.of(Side::Full)?;
    let healthy = TargetHealth {
        target: "i-1:80".to_owned(),
        state: "healthy".to_owned(),
        reason: None,
        description: None,
    };
    let targets = vec![healthy; usize::from(full.healthy())];
    let canary = cloud.of(Side::Canary).map(|canary| look::state(canary, Side::Canary));
    let canary = CanaryIs::by_tasks(canary.as_ref());
    plan::shortfall(&look::state(full, Side::Full), Some(&targets), canary)
}

/// A canary that is well loses its share only to a full service that answers with all its tasks,
/// as far as that is being replaced.
pub(crate) fn share_goes_to_the_healthy(state: &State, step: &Step) -> Result<(), Broken> {
    let Step::SetWeights(weights) = step else { return Ok(()) };
    let had = state.cloud.weights.map_or(0, |(_, canary)| canary);
    let (Some(full), Some(canary)) = (state.cloud.of(Side::Full), state.cloud.of(Side::Canary))
    else {
        return Ok(());
    };
    let is_well = canary.motion == Motion::Still && canary.running == canary.desired;
    let takes = weights.to.canary.is_some_and(|to| to < had);
    if takes && is_well && full.motion != Motion::Still && full.healthy() < full.desired {
        return Err(Broken::new(format!("takes the share of the healthy side: {step}")));
    }
    Ok(())
}

fn weights_are_back(state: &State, kind: OutcomeKind, world: &World) -> Result<(), Broken> {
    let keeps = world.wanted.goal == Goal::Canary && kind.is_good();
    let gets = state.cloud.weights.is_some_and(|(_, canary)| canary > 0);
    // Whoever comes when the lease ended by itself takes it.
    let keeps = keeps || lacks(&state.cloud).is_some();
    if gets && !keeps && !state.ghost.weights_failed {
        return Err(Broken::new(format!("ends as {kind:?} and the canary keeps its share")));
    }
    Ok(())
}

fn lease_is_free(state: &State, kind: OutcomeKind, world: &World) -> Result<(), Broken> {
    let gets = state.cloud.weights.is_some_and(|(_, canary)| canary > 0);
    if gets && lacks(&state.cloud).is_some() {
        return Ok(());
    }
    // What a dead run of this release took ends by itself, when the run after it takes nothing.
    if state.process.history.noted.is_none() {
        return Ok(());
    }
    let us = ReleaseKey::of(&world.wanted.identity);
    let holds = state.cloud.services.iter().flatten().any(|service| {
        let record = service.record.as_ref();
        let holder = record.and_then(|record| match &record.lease {
            Lease::Free => None,
            Lease::Held { holder, .. } => Some(&holder.release),
        });
        holder == Some(&us)
    });
    if holds && !state.ghost.tags_failed {
        return Err(Broken::new(format!("ends as {kind:?} and keeps the lease")));
    }
    Ok(())
}
