//! `deploy`: of it ECS has the resources.

use super::{Container, limits};
use crate::compose::table::{DEPLOY, LIMITS, RESERVATIONS, RESOURCES};
use crate::config::yaml::Node;

/// `deploy`.
pub(in crate::compose) fn deploy(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let Some(map) = c.scope.sub(key, node, DEPLOY) else { return };
    let Some(resources) = map.get("resources") else { return };
    let Some(resources) = c.scope.sub("deploy.resources", resources, RESOURCES) else { return };
    if let Some(limits) = resources.get("limits")
        && let Some(limits) = c.scope.sub("deploy.resources.limits", limits, LIMITS)
    {
        if let Some(cpus) = limits.get("cpus") {
            limits::cpus(c, "deploy.resources.limits.cpus", cpus);
        }
        if let Some(memory) = limits.get("memory") {
            limits::memory(c, "deploy.resources.limits.memory", memory);
        }
    }
    if let Some(reserved) = resources.get("reservations")
        && let Some(reserved) = c.scope.sub("deploy.resources.reservations", reserved, RESERVATIONS)
    {
        // ECS's CPU units are what is reserved on the host, so a reservation wins.
        if let Some(cpus) = reserved.get("cpus") {
            limits::cpus(c, "deploy.resources.reservations.cpus", cpus);
        }
        if let Some(memory) = reserved.get("memory") {
            limits::memory(c, "deploy.resources.reservations.memory", memory);
        }
        if let Some(devices) = reserved.get("devices") {
            limits::devices(c, "deploy.resources.reservations.devices", devices);
        }
    }
}
