//! `run_params` of ecs-params: members of the service requests.

use super::task::{constrained, required, typed, word};
use super::{Added, table};
use crate::compose::input::Dialect;
use crate::compose::scope::Scope;
use crate::config::yaml::Node;
use serde_json::{Map, Value, json};

/// Applies `run_params`. The task definition's part is read already.
pub(super) fn apply(scope: &mut Scope<'_>, node: &Node, added: &mut Added) {
    let Some(map) = scope.sub_params("run_params", node, table::RUN) else { return };
    if let Some(network) = map.get("network_configuration") {
        network_configuration(scope, network, added);
    }
    if let Some(placement) = map.get("task_placement") {
        task_placement(scope, placement, added);
    }
    if let Some(discovery) = map.get("service_discovery") {
        service_discovery(scope, discovery, added);
    }
    if let Some(strategy) = map.get("capacity_provider_strategy") {
        capacity_providers(scope, strategy, added);
    }
}

pub(super) fn network_configuration(scope: &mut Scope<'_>, node: &Node, added: &mut Added) {
    let map = scope.sub_params("network_configuration", node, table::NETWORK);
    let Some(node) = map.and_then(|map| map.get("awsvpc_configuration")) else { return };
    let Some(map) = scope.sub_params("awsvpc_configuration", node, table::AWSVPC) else { return };
    if added.task.get("networkMode").and_then(Value::as_str) != Some("awsvpc") {
        let message = "awsvpc_configuration counts only with `ecs_network_mode: awsvpc`: left out";
        scope.report(node.at.warning(message));
        return;
    }
    let mut network = Map::new();
    for (key, field) in [("subnets", "subnets"), ("security_groups", "securityGroups")] {
        let words = map.get(key).map(|list| scope.words(key, list)).unwrap_or_default();
        let texts: Vec<&str> =
            words.iter().map(|word| word.text).filter(|text| !text.is_empty()).collect();
        if !texts.is_empty() {
            network.insert(field.to_owned(), texts.into());
        }
    }
    let public = map.get("assign_public_ip");
    let public =
        public.and_then(|node| word(scope, "assign_public_ip", node, &["ENABLED", "DISABLED"]));
    network.extend(public.map(|text| ("assignPublicIp".to_owned(), Value::from(text))));
    scope.remember("networkConfiguration".to_owned(), &node.at);
    let configuration = json!({"awsvpcConfiguration": network});
    added.create.insert("networkConfiguration".into(), configuration.clone());
    added.update.insert("networkConfiguration".into(), configuration);
}

/// ecs-cli asked for 1.4.0 where Fargate tasks mount EFS: its LATEST was older.
pub(super) fn platform_version(scope: &Scope<'_>, added: &mut Added) {
    let fargate = scope.input.launch_type.as_deref() == Some("FARGATE");
    if fargate && scope.input.dialect == Dialect::EcsCli {
        added.create.insert("platformVersion".into(), "1.4.0".into());
    }
}

/// ecs-cli placed tasks when it made a service, and never again.
fn task_placement(scope: &mut Scope<'_>, node: &Node, added: &mut Added) {
    let Some(map) = scope.sub_params("task_placement", node, table::PLACEMENT) else { return };
    let mut members = Map::new();
    if let Some(strategies) = map.get("strategy") {
        let types = ["random", "spread", "binpack"];
        let all = typed(scope, "strategy", strategies, table::STRATEGY, &types, "field");
        members.insert("placementStrategy".into(), all.into());
    }
    if let Some(constraints) = map.get("constraints") {
        let all = constrained(scope, "constraints", constraints);
        members.insert("placementConstraints".into(), all.into());
    }
    members.retain(|_, list| list.as_array().is_some_and(|list| !list.is_empty()));
    if scope.input.dialect == Dialect::Native {
        added.update.extend(members.clone());
    }
    added.create.extend(members);
}

fn service_discovery(scope: &mut Scope<'_>, node: &Node, added: &mut Added) {
    let Some(map) = scope.sub_params("service_discovery", node, table::DISCOVERY) else { return };
    let Some(arn) = map.get("registry_arn") else {
        let message = "service_discovery: no Cloud Map service is made";
        let hint = "Make it once, and name it: `service_discovery: {registry_arn: arn:...}`.";
        scope.strict(node.at.error(message).hint(hint));
        return;
    };
    let Some(arn) = word(scope, "registry_arn", arn, &[]) else { return };
    let mut registry = json!({"registryArn": arn});
    if let Some(name) =
        map.get("container_name").and_then(|node| word(scope, "container_name", node, &[]))
    {
        registry["containerName"] = name.into();
    }
    if let Some(port) =
        map.get("container_port").and_then(|node| scope.integer("container_port", node))
    {
        registry["containerPort"] = port.into();
    }
    added.create.insert("serviceRegistries".into(), json!([registry]));
}

fn capacity_providers(scope: &mut Scope<'_>, node: &Node, added: &mut Added) {
    let key = "capacity_provider_strategy";
    let mut all = Vec::new();
    for item in scope.items(key, node) {
        let Some(map) = scope.sub_params(key, item, table::PROVIDER) else { continue };
        let Some(name) = required(scope, key, map, "capacity_provider", item) else { continue };
        let Some(name) = word(scope, "capacity_provider", name, &[]) else { continue };
        let mut provider = json!({"capacityProvider": name});
        for number in ["weight", "base"] {
            if let Some(value) = map.get(number).and_then(|node| scope.integer(number, node)) {
                provider[number] = value.into();
            }
        }
        all.push(provider);
    }
    if !all.is_empty() {
        added.create.insert("capacityProviderStrategy".into(), all.into());
    }
}
