//! The end of a look: a rollout that is done, a steady state, when to look again.

use super::decide::{Condition, Decision, Seen};
use super::look::stopping_tasks;
use super::{breaker, native, rollout};
use crate::cloud::brain::state::{RolloutState, Service, World};
use crate::cloud::brain::time::SimTime;

/// What the event of a steady state is known by when it is resolved.
pub(super) const STEADY: &str = "has reached a steady state.";

/// Completes a rollout that is done, tells a steady state, and plans the next look.
pub(super) fn settle(
    world: &mut World,
    service: &mut Service,
    seen: &[Seen],
    decision: &Decision,
    now: SimTime,
) {
    let idle = decision.start == 0 && decision.stop.is_empty() && decision.stop_broken.is_empty();
    let all_healthy = seen.len() == usize::try_from(service.desired).unwrap_or(usize::MAX)
        && seen
            .iter()
            .all(|task| task.age_of_deployment == 0 && task.condition == Condition::Healthy);
    let at_rest = idle && all_healthy && stopping_tasks(world, service) == 0;
    let rollout = service.primary().map(|primary| primary.rollout);
    if at_rest
        && rollout == Some(RolloutState::InProgress)
        && native::may_complete(service)
        && baked(world, service, now)
    {
        rollout::complete(world, service, now);
    }
    let completed =
        service.primary().is_some_and(|primary| primary.rollout == RolloutState::Completed);
    if at_rest && completed {
        let text = format!("(service {}) {STEADY}", service.key.name);
        let repeat = world.pace.event_repeat;
        service.events.say_once(&mut world.ids, now, text, repeat);
        plan(service, now + repeat);
    } else {
        tell_back_off(world, service, now);
        plan_next(world, service, now);
    }
}

/// The bake time of a rollout with alarms is over; it begins when all else is done.
fn baked(world: &World, service: &mut Service, now: SimTime) -> bool {
    let bake = world.pace.alarm_bake;
    let Some(primary) = service.primary_mut() else { return false };
    if !primary.watches_alarms {
        return true;
    }
    *primary.bakes_until.get_or_insert(now + bake) <= now
}

fn tell_back_off(world: &mut World, service: &mut Service, now: SimTime) {
    let repeat = world.pace.event_repeat;
    if service.primary().is_some_and(|primary| primary.back_off.level >= 3) {
        let text = format!(
            "(service {}) {} For more information, see the Troubleshooting section.",
            service.key.name,
            breaker::BACK_OFF
        );
        service.events.say_once(&mut world.ids, now, text, repeat);
    }
}

/// Nothing happens by itself while nothing changes, except the end of a back-off, of a bake
/// or a retried placement.
fn plan_next(world: &World, service: &mut Service, now: SimTime) {
    let Some(primary) = service.primary() else { return };
    let next = [primary.back_off.until, primary.bakes_until]
        .into_iter()
        .flatten()
        .filter(|&at| at > now)
        .min();
    let watches = primary.watches_alarms && primary.rollout == RolloutState::InProgress;
    if let Some(next) = next {
        plan(service, next);
    }
    if let Some(next) = native::next_look(world, service, now) {
        plan(service, next);
    }
    if watches {
        plan(service, now + world.pace.tick);
    }
}

fn plan(service: &mut Service, at: SimTime) {
    service.next_look = Some(service.next_look.map_or(at, |planned| planned.min(at)));
}
