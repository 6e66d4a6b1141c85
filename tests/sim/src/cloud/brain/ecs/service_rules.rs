//! What ECS refuses in a service besides its deployment configuration. Owns the rules and
//! their words.

use super::lifecycle_hooks;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{TaskDefinition, World};
use serde_json::{Map, Value};

/// Refuses settings that do not fit the task definition or the account.
pub(super) fn check(
    world: &World,
    settings: &Map<String, Value>,
    definition: &TaskDefinition,
) -> Result<(), ApiError> {
    let settings = Value::Object(settings.clone());
    let balancers = body::list(&settings, "loadBalancers");
    for balancer in balancers {
        check_balancer(world, balancer, definition)?;
    }
    if balancers.is_empty()
        && body::number(&settings, "healthCheckGracePeriodSeconds").is_some_and(|span| span > 0)
    {
        return Err(ApiError::parameter(
            "Health check grace period is only valid for services configured to use load \
             balancers",
        ));
    }
    lifecycle_hooks::check_balancers(world, &settings)?;
    check_network(&settings, definition)?;
    check_choices(&settings)
}

fn check_balancer(
    world: &World,
    balancer: &Value,
    definition: &TaskDefinition,
) -> Result<(), ApiError> {
    let Some(group) = body::text(balancer, "targetGroupArn") else {
        let named = body::text(balancer, "loadBalancerName").unwrap_or_default();
        return Err(ApiError::parameter(format!("The load balancer {named} does not exist.")));
    };
    let Some(found) = world.target_groups.get(group) else {
        return Err(ApiError::parameter(
            "Unable to assume role and validate the specified targetGroupArn. Please verify \
             that the ECS service role being passed has the proper permissions.",
        ));
    };
    if !world.rules.values().any(|rule| rule.forwards_to(group)) {
        return Err(ApiError::parameter(format!(
            "The target group with targetGroupArn {group} does not have an associated load \
             balancer."
        )));
    }
    let name = body::text(balancer, "containerName").unwrap_or_default();
    let Some(container) = definition.container(name) else {
        return Err(ApiError::parameter(format!(
            "The container {name} does not exist in the task definition."
        )));
    };
    let port = body::number(balancer, "containerPort").unwrap_or(0);
    let mappings = body::list(container, "portMappings");
    if !mappings.iter().any(|mapping| body::number(mapping, "containerPort") == Some(port)) {
        return Err(ApiError::parameter(format!(
            "The container {name} did not have a container port {port} defined."
        )));
    }
    let fits = if definition.is_awsvpc() { "ip" } else { "instance" };
    if found.target_type() != fits {
        return Err(ApiError::parameter(format!(
            "The provided target group {group} has target type {}, which is incompatible with \
             the {} network mode specified in the task definition.",
            found.target_type(),
            definition.text("networkMode").unwrap_or("bridge"),
        )));
    }
    Ok(())
}

fn check_network(settings: &Value, definition: &TaskDefinition) -> Result<(), ApiError> {
    let network = &settings["networkConfiguration"];
    if definition.is_awsvpc() && network.is_null() {
        return Err(ApiError::parameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ));
    }
    if !definition.is_awsvpc() && !network.is_null() {
        return Err(ApiError::parameter(
            "Network Configuration is not valid for the given networkMode of this task \
             definition.",
        ));
    }
    if definition.is_awsvpc() && body::list(&network["awsvpcConfiguration"], "subnets").is_empty() {
        return Err(ApiError::parameter("subnets can not be empty."));
    }
    let fargate = body::text(settings, "launchType") == Some("FARGATE");
    let compatible = definition
        .fields
        .get("compatibilities")
        .and_then(Value::as_array)
        .is_some_and(|kinds| kinds.iter().any(|kind| kind == "FARGATE"));
    if fargate && !compatible {
        return Err(ApiError::parameter("Task definition does not support launch_type FARGATE."));
    }
    Ok(())
}

/// Members that take one of a few words.
fn check_choices(settings: &Value) -> Result<(), ApiError> {
    let choices: [(&str, &[&str]); 4] = [
        ("launchType", &["EC2", "FARGATE", "EXTERNAL"]),
        ("schedulingStrategy", &["REPLICA", "DAEMON"]),
        ("propagateTags", &["TASK_DEFINITION", "SERVICE", "NONE"]),
        ("availabilityZoneRebalancing", &["ENABLED", "DISABLED"]),
    ];
    for (member, words) in choices {
        let found = body::text(settings, member);
        if found.is_some_and(|found| !words.contains(&found)) {
            return Err(ApiError::parameter(format!(
                "{member} should be one of [{}]",
                words.join(", ")
            )));
        }
    }
    if body::text(settings, "schedulingStrategy") == Some("DAEMON") {
        return Err(ApiError::not_simulated("the scheduling strategy DAEMON"));
    }
    let controller = body::text(&settings["deploymentController"], "type").unwrap_or("ECS");
    if controller != "ECS" {
        return Err(ApiError::not_simulated(&format!("the deployment controller {controller}")));
    }
    if body::text(settings, "launchType").is_some()
        && !body::list(settings, "capacityProviderStrategy").is_empty()
    {
        return Err(ApiError::parameter(
            "Specifying both a launch type and capacity provider strategy is not supported. \
             Remove one and try again.",
        ));
    }
    Ok(())
}
