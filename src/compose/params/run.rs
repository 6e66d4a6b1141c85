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
        if let (Some(list), true) = (map.get(key), texts.len() > most(key)) {
            let message = format!("{} {key}: ECS takes at most {}", texts.len(), most(key));
            scope.error(&list.at, message);
        }
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

/// How many ECS takes (AwsVpcConfiguration in the API reference).
fn most(key: &str) -> usize {
    if key == "subnets" { 16 } else { 5 }
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
        strategies.as_list().unwrap_or_default().iter().for_each(|item| fields(scope, item));
        members.insert("placementStrategy".into(), all.into());
    }
    if let Some(constraints) = map.get("constraints") {
        let all = constrained(scope, "constraints", constraints);
        for item in constraints.as_list().unwrap_or_default() {
            if said(item, "type") == "memberOf" && said(item, "expression").is_empty() {
                scope.strict(item.at.error("constraint memberOf has no \"expression\""));
            }
        }
        members.insert("placementConstraints".into(), all.into());
    }
    members.retain(|_, list| list.as_array().is_some_and(|list| !list.is_empty()));
    if scope.input.dialect == Dialect::Native {
        added.update.extend(members.clone());
    }
    added.create.extend(members);
}

/// The field of a strategy: binpack wants cpu or memory, random takes none.
fn fields(scope: &mut Scope<'_>, item: &Node) {
    let field = said(item, "field").to_ascii_lowercase();
    let wanted = match said(item, "type") {
        "binpack" if !matches!(field.as_str(), "cpu" | "memory") => "wants the field cpu or memory",
        "random" if !field.is_empty() => "takes no \"field\"",
        _ => return,
    };
    let kind = said(item, "type");
    scope.strict(item.at.error(format!("strategy {kind} {wanted}")));
}

/// The text of `key`; empty without one.
fn said<'n>(item: &'n Node, key: &str) -> &'n str {
    item.as_map().and_then(|map| map.get(key)?.as_text()).unwrap_or("")
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
    scope.remember("serviceRegistries".to_owned(), &node.at);
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
            let Some(node) = map.get(number) else { continue };
            let Some(value) = scope.integer(number, node) else { continue };
            let most = if number == "weight" { 1000 } else { 100_000 };
            if !(0..=most).contains(&value) {
                scope.wrong(&format!("{key}.{number}"), node, &format!("0 to {most}"));
            }
            provider[number] = value.into();
        }
        all.push(provider);
    }
    if !all.is_empty() {
        added.create.insert("capacityProviderStrategy".into(), all.into());
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::{ComposeInput, Dialect, SourceText, translate};
    use crate::model::Severity;

    fn told(dialect: Dialect, run: &str) -> String {
        let text = "services: {web: {image: a, mem_limit: 64m, ports: ['80']}}\n";
        let mut input = ComposeInput::new("web", vec![SourceText::new("c.yml", text)], &|_| None);
        input.dialect = dialect;
        let params = format!("task_definition: {{ecs_network_mode: awsvpc}}\nrun_params: {run}\n");
        input.params = Some(SourceText::new("p.yml", params));
        let findings = match translate(&input) {
            Ok(done) => done.findings,
            Err(findings) => findings,
        };
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(|error| error.message.clone()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn placement_and_networks_that_ecs_refuses_are_told() {
        let network = |subnets: usize| {
            let subnets: Vec<String> = (0..subnets).map(|n| format!("subnet-{n}")).collect();
            let subnets = subnets.join(", ");
            format!("network_configuration: {{awsvpc_configuration: {{subnets: [{subnets}]}}}}")
        };
        let many = format!("{{{}}}", network(17));
        assert_eq!(told(Dialect::Native, &many), "17 subnets: ECS takes at most 16");
        let placement = format!(
            "{{{}, task_placement: {{strategy: [{{type: binpack}}, {{type: random, field: cpu}}, \
             {{type: spread, field: host}}, {{type: binpack, field: MEMORY}}], constraints: \
             [{{type: memberOf}}, {{type: distinctInstance}}]}}}}",
            network(1)
        );
        assert_eq!(
            told(Dialect::Native, &placement),
            "strategy binpack wants the field cpu or memory\nstrategy random takes no \"field\"\n\
             constraint memberOf has no \"expression\""
        );
        // ecs-cli sent them.
        assert_eq!(told(Dialect::EcsCli, &placement), "");
        let providers = format!(
            "{{{}, capacity_provider_strategy: [{{capacity_provider: a, weight: 1001, base: -1}}]}}",
            network(1)
        );
        assert_eq!(
            told(Dialect::Native, &providers),
            "\"capacity_provider_strategy.weight\" is the number 1001; 0 to 1000 is wanted\n\
             \"capacity_provider_strategy.base\" is the number -1; 0 to 100000 is wanted"
        );
    }

    #[test]
    fn a_registry_needs_a_container_and_a_port_of_the_task() {
        let discovery = |rest: &str| {
            let network = "network_configuration: {awsvpc_configuration: {subnets: [a]}}";
            let registry = format!("service_discovery: {{registry_arn: arn{rest}}}");
            told(Dialect::Native, &format!("{{{network}, {registry}}}"))
        };
        assert_eq!(discovery(""), "");
        assert_eq!(discovery(", container_name: web, container_port: 80"), "");
        assert_eq!(
            discovery(", container_name: web, container_port: 81"),
            "service discovery: container \"web\" has no port 81"
        );
        assert_eq!(
            discovery(", container_name: wep"),
            "service discovery: there is no container \"wep\""
        );
    }
}
