//! Load balancers.

use super::errors;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::state::{LoadBalancer, Tags, World};
use serde_json::{Value, json};

/// CreateLoadBalancer: application load balancers only. It is active at once.
pub(super) fn create(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    let name = body::text(request, "Name")
        .ok_or_else(|| errors::invalid("1 validation error detected: 'name' must not be null"))?
        .to_owned();
    let kind = body::text(request, "Type").unwrap_or("application");
    if kind != "application" {
        return Err(ApiError::not_simulated(&format!("load balancers of type {kind}")));
    }
    if world.load_balancers.values().any(|balancer| balancer.name == name) {
        return Err(ApiError::client(
            "DuplicateLoadBalancerName",
            "A load balancer with the same name exists, but with different settings",
        ));
    }
    let arn = format!("loadbalancer/app/{name}/{}", world.ids.hex(16));
    let number = world.ids.number();
    let mut settings = request.as_object().cloned().unwrap_or_default();
    settings.retain(|member, _| !["Name", "Tags", "Subnets"].contains(&member.as_str()));
    let defaults = [
        ("Scheme", json!("internet-facing")),
        ("Type", json!("application")),
        ("IpAddressType", json!("ipv4")),
        ("VpcId", json!("vpc-0123456789abcdef0")),
        ("SecurityGroups", json!([])),
    ];
    for (member, default) in defaults {
        settings.entry(member).or_insert(default);
    }
    let balancer = LoadBalancer {
        arn: world.ids.arn("elasticloadbalancing", &arn),
        dns: format!("{name}-{}.{}.elb.amazonaws.com", &number[..10], world.ids.region()),
        name,
        created_at: caller.now,
        settings,
        tags: Tags::from_list(&request["Tags"]),
    };
    let answer = json!({"LoadBalancers": [render(&balancer)]});
    world.load_balancers.insert(balancer.arn.clone(), balancer);
    Ok(answer)
}

/// DescribeLoadBalancers.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let arns = body::texts(request, "LoadBalancerArns");
    let names = body::texts(request, "Names");
    let shown: Vec<Value> = world
        .load_balancers
        .values()
        .filter(|balancer| {
            (arns.is_empty() || arns.contains(&balancer.arn))
                && (names.is_empty() || names.contains(&balancer.name))
        })
        .map(render)
        .collect();
    if shown.len() < arns.len().max(names.len()) {
        return Err(errors::not_found("load balancer"));
    }
    Ok(json!({"LoadBalancers": shown}))
}

fn render(balancer: &LoadBalancer) -> Value {
    let mut shown = balancer.settings.clone();
    shown.insert("LoadBalancerArn".into(), json!(balancer.arn));
    shown.insert("LoadBalancerName".into(), json!(balancer.name));
    shown.insert("DNSName".into(), json!(balancer.dns));
    shown.insert("CreatedTime".into(), json!(balancer.created_at.iso8601()));
    shown.insert("State".into(), json!({"Code": "active"}));
    Value::Object(shown)
}
