//! Strategies other than ROLLING: what ECS refuses in their configuration.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use serde_json::Value;

/// Most hooks of a kind.
const MOST_HOOKS: usize = 10;
/// Stages at which a deployment may pause.
const PAUSES: [&str; 6] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
];
/// Stages at which a function may run besides.
const FUNCTIONS: [&str; 2] = ["TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"];

/// Refuses a strategy, its numbers and its hooks.
pub(super) fn check(configuration: &Value) -> Result<(), ApiError> {
    let strategy = body::text(configuration, "strategy").unwrap_or("ROLLING");
    let hooks = body::list(configuration, "lifecycleHooks");
    match strategy {
        "ROLLING" if hooks.is_empty() => return Ok(()),
        "ROLLING" => {
            return Err(ApiError::not_simulated("lifecycle hooks of the strategy ROLLING"));
        }
        "BLUE_GREEN" | "LINEAR" | "CANARY" => {}
        other => {
            return Err(ApiError::parameter(format!(
                "{other} is not a supported deployment strategy."
            )));
        }
    }
    let linear = &configuration["linearConfiguration"];
    let canary = &configuration["canaryConfiguration"];
    number(configuration, "bakeTimeInMinutes", 0.0..=1440.0)?;
    number(linear, "stepPercent", 3.0..=100.0)?;
    number(linear, "stepBakeTimeInMinutes", 0.0..=1440.0)?;
    number(canary, "canaryPercent", 0.1..=100.0)?;
    number(canary, "canaryBakeTimeInMinutes", 0.0..=1440.0)?;
    let is_pause = |hook: &&Value| body::text(hook, "targetType") == Some("PAUSE");
    let pauses = hooks.iter().filter(is_pause).count();
    if pauses > MOST_HOOKS || hooks.len() - pauses > MOST_HOOKS {
        return Err(ApiError::parameter(format!(
            "There can be at most {MOST_HOOKS} lifecycle hooks of a kind."
        )));
    }
    hooks.iter().try_for_each(hook)
}

fn number(
    group: &Value,
    member: &str,
    bounds: std::ops::RangeInclusive<f64>,
) -> Result<(), ApiError> {
    match group.get(member).map(|value| body::decimal(value).filter(|n| bounds.contains(n))) {
        Some(None) => Err(ApiError::parameter(format!(
            "{member} must be between {} and {}.",
            bounds.start(),
            bounds.end()
        ))),
        Some(Some(_)) | None => Ok(()),
    }
}

fn hook(hook: &Value) -> Result<(), ApiError> {
    let pauses = body::text(hook, "targetType") == Some("PAUSE");
    let stages = body::texts(hook, "lifecycleStages");
    let may = |stage: &String| {
        PAUSES.contains(&stage.as_str()) || (!pauses && FUNCTIONS.contains(&stage.as_str()))
    };
    if stages.is_empty() || !stages.iter().all(may) {
        return Err(ApiError::parameter(format!(
            "lifecycleStages {stages:?} are not valid for this lifecycle hook."
        )));
    }
    let named = |member: &str| body::text(hook, member).is_some();
    let is_whole = pauses || (named("hookTargetArn") && named("roleArn"));
    if !is_whole {
        return Err(ApiError::parameter("hookTargetArn and roleArn must be specified."));
    }
    let timeout = &hook["timeoutConfiguration"];
    number(timeout, "timeoutInMinutes", 1.0..=20_160.0)?;
    match body::text(timeout, "action") {
        None | Some("ROLLBACK" | "CONTINUE") => Ok(()),
        Some(other) => Err(ApiError::parameter(format!("{other} is not a valid action."))),
    }
}

/// Refuses load balancers that cannot shift traffic as the strategy needs it.
pub(super) fn check_balancers(world: &World, settings: &Value) -> Result<(), ApiError> {
    let configuration = &settings["deploymentConfiguration"];
    let strategy = body::text(configuration, "strategy").unwrap_or("ROLLING");
    let balancers = body::list(settings, "loadBalancers");
    if strategy == "ROLLING" {
        return Ok(());
    }
    if balancers.is_empty() && strategy != "BLUE_GREEN" {
        return Err(ApiError::not_simulated(&format!("{strategy} without a load balancer")));
    }
    for balancer in balancers {
        let advanced = &balancer["advancedConfiguration"];
        let named = |member: &str| {
            body::text(advanced, member).ok_or_else(|| {
                ApiError::parameter(format!(
                    "advancedConfiguration field {member} is required for {strategy} deployments \
                     with load balancers."
                ))
            })
        };
        let group = named("alternateTargetGroupArn")?;
        let rule = named("productionListenerRule")?;
        named("roleArn")?;
        if !world.target_groups.contains_key(group) {
            return Err(ApiError::parameter(format!("The target group {group} does not exist.")));
        }
        if !world.rules.contains_key(rule) {
            return Err(ApiError::parameter(format!("The listener rule {rule} does not exist.")));
        }
    }
    Ok(())
}
