//! What autoscaling does by itself. Owns the rules: never beyond the bounds, never what is
//! suspended, no scale-in while a deployment is going on.

use super::targets::service_of;
use crate::cloud::brain::body;
use crate::cloud::brain::cloudwatch::requests_of;
use crate::cloud::brain::scheduler;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde_json::Value;
use std::time::Duration;

/// Policies are looked at so often, in milliseconds.
const EVERY: i64 = 60_000;
/// Fewer tasks must do for so long before there are fewer.
const LOW_FOR: Duration = Duration::from_secs(15 * 60);

/// When policies are looked at next; `None` while none of them acts.
pub(crate) fn next_act(world: &World) -> Option<SimTime> {
    if !world.switches.autoscaling_acts {
        return None;
    }
    let made = world.scaling_policies.iter().map(|policy| policy.created_at).min()?;
    let last = made.max(world.autoscaled_at).millis();
    Some(SimTime::from_millis((last.div_euclid(EVERY) + 1) * EVERY))
}

/// Looks at all policies that track requests per target.
pub(crate) fn act(world: &mut World, now: SimTime) {
    world.autoscaled_at = now;
    for at in 0..world.scaling_policies.len() {
        let policy = world.scaling_policies[at].clone();
        let Some(wanted) = wanted(world, &policy.resource, &policy.settings, now) else { continue };
        let desired = service_of(&policy.resource)
            .and_then(|key| world.services.get(&key))
            .map_or(0, |service| service.desired);
        if wanted >= desired {
            world.scaling_policies[at].low_since = None;
            scale(world, &policy.resource, wanted, now);
            continue;
        }
        let since = *world.scaling_policies[at].low_since.get_or_insert(now);
        if now.since(since) >= LOW_FOR {
            scale(world, &policy.resource, wanted, now);
        }
    }
}

/// The count at which each target has the wanted number of requests in a minute.
fn wanted(
    world: &World,
    resource: &str,
    settings: &serde_json::Map<String, Value>,
    now: SimTime,
) -> Option<u32> {
    let tracking = settings.get("TargetTrackingScalingPolicyConfiguration")?;
    let metric = &tracking["PredefinedMetricSpecification"];
    if body::text(metric, "PredefinedMetricType") != Some("ALBRequestCountPerTarget") {
        return None;
    }
    let each = body::decimal(&tracking["TargetValue"]).filter(|each| *each > 0.0)?;
    let service = world.services.get(&service_of(resource)?)?;
    let group = service.target_groups().into_iter().next()?;
    let requests = requests_of(world, &group, now)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and not negative"
    )]
    let count = (requests / each).ceil() as u32;
    Some(count)
}

/// Sets a service's count as autoscaling may; tells whether it did.
pub(crate) fn scale(world: &mut World, resource: &str, wanted: u32, now: SimTime) -> bool {
    let Some(target) = world.scalable_targets.get(resource).cloned() else { return false };
    let Some(key) = service_of(resource) else { return false };
    let Some(mut service) = world.services.remove(&key) else { return false };
    let wanted = wanted.clamp(target.least, target.most);
    let rolling = service.active_deployment_mut().is_some();
    let may = match wanted.cmp(&service.desired) {
        std::cmp::Ordering::Greater => !target.suspended.scale_out,
        std::cmp::Ordering::Less => !target.suspended.scale_in && !rolling,
        std::cmp::Ordering::Equal => false,
    };
    if may {
        service.desired = wanted;
        scheduler::look_soon(world, &mut service, now);
    }
    world.services.insert(key, service);
    may
}
