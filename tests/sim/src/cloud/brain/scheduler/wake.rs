//! When the scheduler looks at a service again. Owns the grid of looks; a service at which
//! nothing happens is not looked at.

use crate::cloud::brain::state::{Service, ServiceKey, World};
use crate::cloud::brain::time::SimTime;
use std::time::Duration;

/// Looks soon after a call changed the service.
pub(crate) fn look_soon(world: &World, service: &mut Service, now: SimTime) {
    let soon = now + world.pace.reaction;
    service.next_look = Some(service.next_look.map_or(soon, |planned| planned.min(soon)));
}

/// Looks at the service at the next point of its grid, because something happened to it.
pub(super) fn wake(world: &mut World, key: &ServiceKey, now: SimTime) {
    let tick = world.pace.tick;
    if let Some(service) = world.services.get_mut(key) {
        let next = next_on_grid(service, tick, now);
        service.next_look = Some(service.next_look.map_or(next, |planned| planned.min(next)));
    }
}

/// Wakes the service of a task.
pub(super) fn wake_service_of(world: &mut World, task: &str, now: SimTime) {
    if let Some(key) = service_of(world, task) {
        wake(world, &key, now);
    }
}

/// The service of a task.
pub(super) fn service_of(world: &World, task: &str) -> Option<ServiceKey> {
    let task = world.tasks.get(task)?;
    Some(ServiceKey { cluster: task.cluster.clone(), name: task.service.clone()? })
}

/// The scheduler looks at all services at its own rhythm; each service has a phase of its own.
fn next_on_grid(service: &Service, tick: Duration, now: SimTime) -> SimTime {
    let tick = i64::try_from(tick.as_millis()).unwrap_or(i64::MAX).max(1);
    let since = now.millis() - service.grid_origin.millis();
    let steps = since.div_euclid(tick) + 1;
    SimTime::from_millis(service.grid_origin.millis() + steps * tick)
}
