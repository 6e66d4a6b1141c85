//! Listeners. A listener's default actions are its default rule.

use super::{actions, errors};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Listener, Rule, Tags, World};
use serde_json::{Value, json};

/// CreateListener.
pub(super) fn create(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let balancer = body::text(request, "LoadBalancerArn").unwrap_or_default().to_owned();
    if !world.load_balancers.contains_key(&balancer) {
        return Err(errors::not_found("load balancer"));
    }
    let port = body::number(request, "Port")
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(|| errors::invalid("A port must be specified"))?;
    let taken = |listener: &Listener| listener.load_balancer == balancer && listener.port == port;
    if world.listeners.values().any(taken) {
        return Err(ApiError::client(
            "DuplicateListener",
            "A listener already exists on this port for this load balancer",
        ));
    }
    let actions = actions::complete(world, body::list(request, "DefaultActions"), &Value::Null)?;
    let place = balancer.split_once("loadbalancer/").map_or("", |(_, place)| place).to_owned();
    let number = world.ids.hex(16);
    let arn = world.ids.arn("elasticloadbalancing", &format!("listener/{place}/{number}"));
    let rule = world.ids.hex(16);
    let rule_arn =
        world.ids.arn("elasticloadbalancing", &format!("listener-rule/{place}/{number}/{rule}"));
    let listener = Listener {
        arn: arn.clone(),
        load_balancer: balancer,
        port,
        protocol: body::text(request, "Protocol").unwrap_or("HTTP").to_owned(),
        tags: Tags::from_list(&request["Tags"]),
    };
    let default = Rule {
        arn: rule_arn.clone(),
        listener: arn.clone(),
        priority: None,
        conditions: json!([]),
        actions,
        tags: Tags::default(),
    };
    world.rules.insert(rule_arn, default);
    let answer = json!({"Listeners": [render(world, &listener)]});
    world.listeners.insert(arn, listener);
    Ok(answer)
}

/// DescribeListeners.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let balancer = body::text(request, "LoadBalancerArn");
    let arns = body::texts(request, "ListenerArns");
    if balancer.is_some_and(|arn| !world.load_balancers.contains_key(arn)) {
        return Err(errors::not_found("load balancer"));
    }
    if balancer.is_none() && arns.is_empty() {
        return Err(errors::invalid(
            "You must specify either listener ARNs or a load balancer ARN",
        ));
    }
    let shown: Vec<Value> = world
        .listeners
        .values()
        .filter(|listener| {
            (arns.is_empty() || arns.contains(&listener.arn))
                && balancer.is_none_or(|wanted| listener.load_balancer == wanted)
        })
        .map(|listener| render(world, listener))
        .collect();
    if shown.len() < arns.len() {
        return Err(errors::not_found("listener"));
    }
    Ok(json!({"Listeners": shown}))
}

/// ModifyListener.
pub(super) fn modify(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "ListenerArn").unwrap_or_default();
    let mut listener =
        world.listeners.get(arn).cloned().ok_or_else(|| errors::not_found("listener"))?;
    if let Some(port) = body::number(request, "Port").and_then(|port| u16::try_from(port).ok()) {
        listener.port = port;
    }
    let wanted = body::list(request, "DefaultActions");
    if !wanted.is_empty() {
        let actions = actions::complete(world, wanted, &default_actions(world, arn))?;
        let is_default = |rule: &&mut Rule| rule.listener == arn && rule.priority.is_none();
        if let Some(rule) = world.rules.values_mut().find(is_default) {
            rule.actions = actions;
        }
    }
    let answer = json!({"Listeners": [render(world, &listener)]});
    world.listeners.insert(arn.to_owned(), listener);
    Ok(answer)
}

fn render(world: &World, listener: &Listener) -> Value {
    json!({
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.load_balancer,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "DefaultActions": default_actions(world, &listener.arn),
    })
}

/// The actions of a listener's default rule.
fn default_actions(world: &World, listener: &str) -> Value {
    world
        .rules
        .values()
        .find(|rule| rule.listener == listener && rule.priority.is_none())
        .map_or(json!([]), |rule| rule.actions.clone())
}
