//! Target groups and their attributes.

use super::errors;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::{Tags, TargetGroup, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Members that are numbers in the answer.
const NUMBERS: [&str; 5] = [
    "Port",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
];

/// CreateTargetGroup.
pub(super) fn create(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let name = body::text(request, "Name")
        .ok_or_else(|| errors::invalid("1 validation error detected: 'name' must not be null"))?
        .to_owned();
    if world.target_groups.values().any(|group| group.name == name) {
        return Err(ApiError::client(
            "DuplicateTargetGroupName",
            "A target group with the same name exists, but with different settings",
        ));
    }
    let arn = format!("targetgroup/{name}/{}", world.ids.hex(16));
    let arn = world.ids.arn("elasticloadbalancing", &arn);
    let group = TargetGroup {
        arn: arn.clone(),
        name,
        settings: settings(request),
        attributes: attributes(),
        tags: Tags::from_list(&request["Tags"]),
        targets: BTreeMap::new(),
    };
    let answer = json!({"TargetGroups": [render(world, &group)]});
    world.target_groups.insert(arn, group);
    Ok(answer)
}

/// The settings with Elastic Load Balancing's defaults.
fn settings(request: &Value) -> Map<String, Value> {
    let mut settings = request.as_object().cloned().unwrap_or_default();
    settings.remove("Name");
    settings.remove("Tags");
    for member in NUMBERS {
        if let Some(number) = body::number(request, member) {
            settings.insert(member.into(), json!(number));
        }
    }
    let defaults = [
        ("Protocol", json!("HTTP")),
        ("ProtocolVersion", json!("HTTP1")),
        ("Port", json!(80)),
        ("VpcId", json!("vpc-0123456789abcdef0")),
        ("TargetType", json!("instance")),
        ("IpAddressType", json!("ipv4")),
        ("HealthCheckProtocol", json!("HTTP")),
        ("HealthCheckPort", json!("traffic-port")),
        ("HealthCheckEnabled", json!(true)),
        ("HealthCheckIntervalSeconds", json!(30)),
        ("HealthCheckTimeoutSeconds", json!(5)),
        ("HealthyThresholdCount", json!(5)),
        ("UnhealthyThresholdCount", json!(2)),
        ("HealthCheckPath", json!("/")),
        ("Matcher", json!({"HttpCode": "200"})),
    ];
    for (member, default) in defaults {
        settings.entry(member).or_insert(default);
    }
    settings
}

fn attributes() -> BTreeMap<String, String> {
    [
        ("deregistration_delay.timeout_seconds", "300"),
        ("load_balancing.algorithm.type", "round_robin"),
        ("slow_start.duration_seconds", "0"),
        ("stickiness.enabled", "false"),
        ("stickiness.type", "lb_cookie"),
        ("stickiness.lb_cookie.duration_seconds", "86400"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into()
}

/// DescribeTargetGroups.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let arns = body::texts(request, "TargetGroupArns");
    let names = body::texts(request, "Names");
    let balancer = body::text(request, "LoadBalancerArn");
    let found: Vec<&TargetGroup> = world
        .target_groups
        .values()
        .filter(|group| {
            (arns.is_empty() || arns.contains(&group.arn))
                && (names.is_empty() || names.contains(&group.name))
                && balancer.is_none_or(|wanted| {
                    load_balancers_of(world, &group.arn).iter().any(|arn| arn == wanted)
                })
        })
        .collect();
    if found.len() < arns.len().max(names.len()) {
        return Err(errors::not_found("target group"));
    }
    let shown: Vec<Value> = found.into_iter().map(|group| render(world, group)).collect();
    Ok(json!({"TargetGroups": shown}))
}

/// ModifyTargetGroup: how targets are checked, from the next task on.
pub(super) fn modify(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "TargetGroupArn").unwrap_or_default();
    let mut group =
        world.target_groups.get(arn).cloned().ok_or_else(|| errors::not_found("target group"))?;
    for (member, value) in request.as_object().into_iter().flatten() {
        if member.starts_with("HealthCheck")
            || member.ends_with("ThresholdCount")
            || member == "Matcher"
        {
            let number = body::number(request, member).filter(|_| NUMBERS.contains(&&**member));
            group.settings.insert(member.clone(), number.map_or(value.clone(), Value::from));
        }
    }
    let answer = json!({"TargetGroups": [render(world, &group)]});
    world.target_groups.insert(arn.to_owned(), group);
    Ok(answer)
}

/// DescribeTargetGroupAttributes.
pub(super) fn describe_attributes(world: &World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "TargetGroupArn").unwrap_or_default();
    let group = world.target_groups.get(arn).ok_or_else(|| errors::not_found("target group"))?;
    Ok(json!({"Attributes": attribute_list(&group.attributes)}))
}

/// ModifyTargetGroupAttributes.
pub(super) fn modify_attributes(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "TargetGroupArn").unwrap_or_default();
    let group =
        world.target_groups.get_mut(arn).ok_or_else(|| errors::not_found("target group"))?;
    for attribute in body::list(request, "Attributes") {
        let key = body::text(attribute, "Key").unwrap_or_default();
        let value = body::text(attribute, "Value").unwrap_or_default();
        if !group.attributes.contains_key(key) {
            return Err(ApiError::client(
                "InvalidConfigurationRequest",
                format!("Target group attribute key '{key}' is not recognized"),
            ));
        }
        group.attributes.insert(key.to_owned(), value.to_owned());
    }
    Ok(json!({"Attributes": attribute_list(&group.attributes)}))
}

/// DeleteTargetGroup.
pub(super) fn delete(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let arn = body::text(request, "TargetGroupArn").unwrap_or_default();
    if world.rules.values().any(|rule| rule.forwards_to(arn)) {
        return Err(ApiError::client(
            "ResourceInUse",
            format!("Target group '{arn}' is currently in use by a listener or a rule"),
        ));
    }
    world.target_groups.remove(arn);
    Ok(json!({}))
}

fn attribute_list(attributes: &BTreeMap<String, String>) -> Vec<Value> {
    attributes.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Load balancers whose rules name the group.
fn load_balancers_of(world: &World, group: &str) -> Vec<String> {
    let mut arns: Vec<String> = world
        .rules
        .values()
        .filter(|rule| rule.forwards_to(group))
        .filter_map(|rule| world.listeners.get(&rule.listener))
        .map(|listener| listener.load_balancer.clone())
        .collect();
    arns.sort();
    arns.dedup();
    arns
}

fn render(world: &World, group: &TargetGroup) -> Value {
    let mut shown = group.settings.clone();
    shown.insert("TargetGroupArn".into(), json!(group.arn));
    shown.insert("TargetGroupName".into(), json!(group.name));
    shown.insert("LoadBalancerArns".into(), json!(load_balancers_of(world, &group.arn)));
    Value::Object(shown)
}
