//! Deployments of strategy BLUE_GREEN, LINEAR and CANARY: stage by stage, with hooks, traffic
//! steps and bake times. Owns when a stage is over; going back is `rollback`'s.

use super::decide::{Condition, Decision, Seen};
use super::rollback::{self, Cause};
use super::{hooks, shift};
use crate::cloud::brain::body;
use crate::cloud::brain::state::{
    HookStatus, Lifecycle, LifecycleStage as Stage, RolloutState, Service, ServiceDeployment, World,
};
use crate::cloud::brain::time::SimTime;
use std::time::Duration;

/// A stage may take so long.
const STAGE_LIMIT: Duration = Duration::from_secs(24 * 3600);

/// The service's strategy is not ROLLING.
pub(super) fn is_native(service: &Service) -> bool {
    !matches!(service.configuration("strategy").as_str(), None | Some("ROLLING"))
}

/// The stages of the deployment that is going on, while they move.
pub(super) fn moving(service: &Service) -> Option<&Lifecycle> {
    let rolls = service.primary().is_some_and(|one| one.rollout == RolloutState::InProgress);
    let current = service.current().filter(|current| rolls && !current.status.is_terminal())?;
    current.lifecycle.as_ref().filter(|lifecycle| !lifecycle.is_over)
}

fn moving_mut(service: &mut Service) -> Option<&mut Lifecycle> {
    moving(service)?;
    service.service_deployments.last_mut()?.lifecycle.as_mut()
}

/// Tasks to start and stop: the new ones all at once, the old ones only in CLEAN_UP.
pub(super) fn decide(service: &Service, lifecycle: &Lifecycle, seen: &[Seen]) -> Decision {
    let (new, old): (Vec<&Seen>, Vec<&Seen>) =
        seen.iter().partition(|task| task.age_of_deployment == 0);
    let ids = |tasks: Vec<&&Seen>| tasks.into_iter().map(|task| task.id.clone()).collect();
    let broken = |task: &&&Seen| task.condition == Condition::Broken;
    let live = u32::try_from(new.len()).unwrap_or(u32::MAX);
    let scales = lifecycle.stage >= Stage::ScaleUp;
    let cleans = lifecycle.stage == Stage::CleanUp;
    Decision {
        start: if scales { service.desired.saturating_sub(live) } else { 0 },
        stop_broken: ids(new.iter().filter(broken).collect()),
        stop: if cleans { ids(old.iter().collect()) } else { Vec::new() },
        stuck: false,
    }
}

/// Moves the stages on as far as they can go now: one stage at each look.
pub(super) fn advance(world: &mut World, service: &mut Service, seen: &[Seen], now: SimTime) {
    let Some(lifecycle) = moving(service).cloned() else { return };
    if let Err(problem) = shift::check(world, service) {
        return rollback::fail(world, service, &Cause::Setup(problem), true, now);
    }
    // A pause and a bake have ends of their own.
    let waits_by_plan = lifecycle.bakes_until.is_some()
        || lifecycle.hooks_now().any(|run| run.status == HookStatus::AwaitingAction);
    if now.since(lifecycle.since) >= STAGE_LIMIT && !waits_by_plan {
        return rollback::fail(world, service, &Cause::StageLimit, true, now);
    }
    match hooks::run(world, service, now) {
        hooks::Verdict::Wait => return,
        hooks::Verdict::Failed => return rollback::fail(world, service, &Cause::Hook, true, now),
        hooks::Verdict::TimedOut => {
            return rollback::fail(world, service, &Cause::HookTimeout, true, now);
        }
        hooks::Verdict::Passed => {}
    }
    if !work_of_stage(world, service, seen, now) {
        return;
    }
    let first = is_first(service);
    if let Some(lifecycle) = moving_mut(service) {
        let full = lifecycle.weight >= 100.0;
        let next = match lifecycle.stage {
            // Another step of the traffic.
            Stage::ProductionTrafficShift if !full => Stage::PreProductionTrafficShift,
            // Nothing is there to test against or to keep.
            Stage::ScaleUp if first => Stage::ProductionTrafficShift,
            stage => stage.next(),
        };
        if lifecycle.stage != Stage::CleanUp {
            lifecycle.enter(next, now);
        }
    }
    if let Some(current) = service.active_deployment_mut() {
        current.updated_at = now;
    }
}

/// There is no revision that had the traffic before.
pub(super) fn is_first(service: &Service) -> bool {
    service.current().is_none_or(|current| current.source_revisions.is_empty())
}

/// Does what the stage is for; true when it is done.
fn work_of_stage(world: &mut World, service: &mut Service, seen: &[Seen], now: SimTime) -> bool {
    let Some(stage) = moving(service).map(|lifecycle| lifecycle.stage) else { return false };
    match stage {
        Stage::ScaleUp => {
            let healthy = seen
                .iter()
                .filter(|task| task.age_of_deployment == 0 && task.condition == Condition::Healthy);
            u32::try_from(healthy.count()).unwrap_or(0) >= service.desired
        }
        Stage::TestTrafficShift => {
            shift::test(world, service);
            true
        }
        Stage::ProductionTrafficShift => step_of_traffic(world, service, now),
        Stage::BakeTime => {
            let minutes = service.configuration("bakeTimeInMinutes").as_u64().unwrap_or(0);
            baked(service, minutes, now)
        }
        Stage::ReconcileService
        | Stage::PreScaleUp
        | Stage::PostScaleUp
        | Stage::PostTestTrafficShift
        | Stage::PreProductionTrafficShift
        | Stage::PostProductionTrafficShift
        | Stage::CleanUp => true,
    }
}

/// One step of the production traffic, and the time after it.
fn step_of_traffic(world: &mut World, service: &mut Service, now: SimTime) -> bool {
    let Some((weight, bakes)) = moving(service).map(|one| (one.weight, one.bakes_until)) else {
        return false;
    };
    if bakes.is_none() {
        let next = next_weight(service, weight);
        shift::production(world, service, next);
    }
    let weight = moving(service).map_or(0.0, |lifecycle| lifecycle.weight);
    if weight >= 100.0 {
        return true;
    }
    let minutes = match service.configuration("strategy").as_str() {
        Some("CANARY") => minutes(service, "canaryConfiguration", "canaryBakeTimeInMinutes"),
        _ => minutes(service, "linearConfiguration", "stepBakeTimeInMinutes"),
    };
    baked(service, minutes, now)
}

/// Per cent of the traffic after the next step.
fn next_weight(service: &Service, weight: f64) -> f64 {
    if is_first(service) {
        return 100.0;
    }
    let percent = |group: &str, member: &str, default: f64| {
        body::decimal(&service.configuration(group)[member]).unwrap_or(default)
    };
    match service.configuration("strategy").as_str() {
        Some("CANARY") if weight <= 0.0 => percent("canaryConfiguration", "canaryPercent", 5.0),
        Some("LINEAR") => {
            let next = weight + percent("linearConfiguration", "stepPercent", 10.0);
            if next > 99.99 { 100.0 } else { next }
        }
        _ => 100.0,
    }
}

/// Minutes of a bake time, with ECS's defaults.
fn minutes(service: &Service, group: &str, member: &str) -> u64 {
    let default = if group == "canaryConfiguration" { 10 } else { 6 };
    body::number(service.configuration(group), member).unwrap_or(default)
}

fn baked(service: &mut Service, minutes: u64, now: SimTime) -> bool {
    let Some(lifecycle) = moving_mut(service) else { return false };
    *lifecycle.bakes_until.get_or_insert(now + Duration::from_secs(60 * minutes)) <= now
}

/// When the stages are to be looked at again.
pub(super) fn next_look(world: &World, service: &Service, now: SimTime) -> Option<SimTime> {
    let lifecycle = moving(service)?;
    let waits = lifecycle.hooks_now().filter_map(hooks::due);
    let soon = now + world.pace.tick;
    let waits_for_hook = lifecycle.hooks_now().any(|run| hooks::due(run).is_some());
    match lifecycle.bakes_until.filter(|&until| until > now) {
        Some(until) => Some(until),
        None if waits_for_hook => waits.min(),
        // Tasks that start and stop wake the scheduler.
        None if matches!(lifecycle.stage, Stage::ScaleUp | Stage::CleanUp) => {
            Some(lifecycle.since + STAGE_LIMIT)
        }
        None => Some(soon),
    }
}

/// The last stage is reached, or there are no stages.
pub(super) fn may_complete(service: &Service) -> bool {
    moving(service).is_none_or(|lifecycle| lifecycle.stage == Stage::CleanUp)
}

/// The stages do not move any more, and the traffic goes back to the revision before.
pub(super) fn leave(world: &mut World, service: &mut Service) {
    if moving(service).is_none() && !has_stages(service) {
        return;
    }
    if !is_first(service) {
        shift::production(world, service, 0.0);
    }
    if let Some(lifecycle) =
        service.service_deployments.last_mut().and_then(|current| current.lifecycle.as_mut())
    {
        lifecycle.is_over = true;
        lifecycle.test_weight = 0.0;
        for run in &mut lifecycle.hooks {
            hooks::give_up(run);
        }
    }
}

fn has_stages(service: &Service) -> bool {
    service.current().is_some_and(|current: &ServiceDeployment| {
        current.lifecycle.as_ref().is_some_and(|lifecycle| !lifecycle.is_over)
    })
}
