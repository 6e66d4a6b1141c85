//! Traffic between two revisions by the weights of listener rules. Owns which target group a
//! revision has: the two of a service swap at each deployment.

use crate::cloud::brain::body;
use crate::cloud::brain::state::{Service, World, load_balancers};
use serde_json::{Value, json};

/// Target groups of the service's load balancers, for the revision that is to come: the one
/// of the two that does not have the traffic.
pub(super) fn groups_to_come(service: &Service) -> Vec<String> {
    if !super::native::is_native(service) {
        return Vec::new();
    }
    let completed = service.last_completed.as_ref();
    let live = completed.map(|one| one.live_groups.clone()).unwrap_or_default();
    load_balancers(&service.settings)
        .filter_map(|balancer| {
            let main = body::text(balancer, "targetGroupArn")?;
            let other = body::text(&balancer["advancedConfiguration"], "alternateTargetGroupArn")?;
            // A service that was rolled before has its tasks in the main group.
            let main_is_live =
                live.iter().any(|arn| arn == main) || (live.is_empty() && completed.is_some());
            Some(if main_is_live { other } else { main }.to_owned())
        })
        .collect()
}

/// The rules of production traffic forward to both target groups.
pub(super) fn check(world: &World, service: &Service) -> Result<(), String> {
    for balancer in load_balancers(&service.settings) {
        let advanced = &balancer["advancedConfiguration"];
        let Some(rule) = body::text(advanced, "productionListenerRule") else { continue };
        let rule = world.rules.get(rule);
        let both = [balancer.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")];
        let forwards = both
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .all(|arn| rule.is_some_and(|rule| rule.forwards_to(arn)));
        if !forwards {
            return Err("Both targetGroup and alternateTargetGroup must be associated with the \
                 productionListenerRule or testListenerRule."
                .to_owned());
        }
    }
    Ok(())
}

/// Gives the target revision so many per cent of the production traffic.
pub(super) fn production(world: &mut World, service: &mut Service, percent: f64) {
    set_rules(world, service, ("productionListenerRule", percent));
    if let Some(lifecycle) =
        service.service_deployments.last_mut().and_then(|current| current.lifecycle.as_mut())
    {
        lifecycle.weight = percent;
    }
}

/// Gives the target revision all of the test traffic.
pub(super) fn test(world: &mut World, service: &mut Service) {
    set_rules(world, service, ("testListenerRule", 100.0));
    let tests = load_balancers(&service.settings)
        .any(|balancer| balancer["advancedConfiguration"]["testListenerRule"].is_string());
    if let Some(lifecycle) =
        service.service_deployments.last_mut().and_then(|current| current.lifecycle.as_mut())
        && tests
    {
        lifecycle.test_weight = 100.0;
    }
}

fn set_rules(world: &mut World, service: &Service, (member, percent): (&str, f64)) {
    let target = service
        .current()
        .and_then(|current| {
            service.deployments.iter().find(|one| one.revision_arn == current.target_revision)
        })
        .map(|deployment| deployment.live_groups.clone())
        .unwrap_or_default();
    for balancer in load_balancers(&service.settings) {
        let advanced = &balancer["advancedConfiguration"];
        let Some(rule) = body::text(advanced, member).and_then(|arn| world.rules.get_mut(arn))
        else {
            continue;
        };
        let own = [balancer.get("targetGroupArn"), advanced.get("alternateTargetGroupArn")];
        for action in rule.actions.as_array_mut().into_iter().flatten() {
            let groups = action["ForwardConfig"]["TargetGroups"].as_array_mut();
            for group in groups.into_iter().flatten() {
                if !own.iter().flatten().any(|arn| **arn == group["TargetGroupArn"]) {
                    continue;
                }
                let is_target = target.iter().any(|arn| *arn == group["TargetGroupArn"]);
                let share = if is_target { percent } else { 100.0 - percent };
                group["Weight"] = json!(weight(share, percent));
            }
        }
    }
}

/// Weights are whole: per cent, or tenths of one where that is needed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and between 0 and 999"
)]
fn weight(share: f64, percent: f64) -> u32 {
    let scale = if percent.fract() == 0.0 { 1.0 } else { 10.0 };
    (share * scale).round().clamp(0.0, 999.0) as u32
}
