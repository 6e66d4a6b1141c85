//! Causes in the events of a service, and in what its targets answer.

use super::{HealthAsked, after_colon};
use crate::model::ServiceEvent;

pub(super) fn telling(event: &ServiceEvent, asked: Option<&HealthAsked>) -> Option<String> {
    let text = &event.message;
    if let Some((_, reason)) = text.split_once("due to (reason ") {
        return Some(health(reason.trim_end_matches('.').trim_end_matches(')'), asked));
    }
    if text.contains("failed container health checks") {
        return Some("the container fails its own health check".to_owned());
    }
    if text.contains("unable to assume the role") {
        let role = text.split('\'').nth(1).map(|role| format!(" {role}")).unwrap_or_default();
        return Some(format!(
            "ECS may not use the role{role}: it does not exist, or does not trust ecs-tasks"
        ));
    }
    if let Some((_, rest)) = text.split_once("unable to place a task") {
        return Some(no_room(rest));
    }
    if text.contains("unable to stop or start tasks during a deployment") {
        return Some(
            "minimum and maximum healthy per cent leave no room to start or stop a task".to_owned(),
        );
    }
    if text.contains("alarm detected") {
        return Some("a CloudWatch alarm went off".to_owned());
    }
    None
}

/// Why no instance takes a task. `rest` is what follows `unable to place a task`.
fn no_room(rest: &str) -> String {
    let known = [
        ("No Container Instances were found", "the cluster has no instances"),
        ("insufficient memory", "no instance has enough memory free"),
        ("insufficient CPU", "no instance has enough CPU units free"),
        ("already using a port", "each instance has its fixed host port in use already"),
        ("Capacity is unavailable", "AWS has no capacity right now"),
    ];
    match known.iter().find(|(sign, _)| rest.contains(sign)) {
        Some((_, meaning)) => format!("no room for a task: {meaning}"),
        None => {
            let why = rest.split_once("Reason: ").map_or(rest, |(_, reason)| reason);
            format!("no room for a task{}", after_colon(why.trim_start_matches([' ', '.'])))
        }
    }
}

/// What a load balancer's health check found, in plain words.
pub(super) fn health(reason: &str, asked: Option<&HealthAsked>) -> String {
    let name = asked.map(|asked| format!("container {}", asked.container));
    let name = name.as_deref().unwrap_or("the container");
    let path = asked.and_then(|asked| asked.check.path.as_deref());
    let on = path.map(|path| format!(" on {path}"));
    if let Some(codes) = codes(reason) {
        let on = on.unwrap_or_else(|| " to the load balancer's health check".to_owned());
        return format!("{name} answers {codes}{on}");
    }
    let port = asked.map(|asked| format!(" on port {}", asked.port)).unwrap_or_default();
    if reason.contains("timed out") {
        let on = on.unwrap_or_default();
        return format!("{name} does not answer the load balancer's health check{on} in time");
    }
    // Without a code and in no time: the connection itself was refused.
    if matches!(reason.trim_end_matches('.'), "Health checks failed" | "Target.FailedHealthChecks")
    {
        return format!("nothing answers the load balancer{port} of {name}: does it listen there?");
    }
    format!("the load balancer's health check fails: {reason}")
}

/// `503` of `Health checks failed with these codes: [503]`.
fn codes(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once("codes: [")?;
    rest.split(']').next()
}
