//! Load balancers of a service, by ecs-cli's options.

use super::BalancerOptions;
use crate::failure::{Exit, Failure};
use crate::model::{
    ContainerName, LoadBalancerBinding, Refusal, ServiceState, ServiceWanted, TargetGroupArn,
};
use serde_json::{Map, Value, json};

/// What a service is registered with.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Balancer {
    /// One target group.
    pub(super) binding: Option<LoadBalancerBinding>,
    /// Members of CreateService for what has no other place: a classic load balancer, several
    /// target groups, the role.
    pub(super) create_extra: Map<String, Value>,
}

impl Balancer {
    pub(super) fn of(options: &BalancerOptions) -> Result<Self, Failure> {
        let mut found = Self::default();
        let container = options.container_name.as_deref().zip(options.container_port);
        let group = options.target_group_arn.as_deref();
        let classic = options.load_balancer_name.as_deref();
        let given = [group.is_some(), classic.is_some(), !options.target_groups.is_empty()];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(Failure::new(
                Exit::Usage,
                "--target-group-arn, --target-groups and --load-balancer-name exclude each other",
            ));
        }
        match (group, classic, container) {
            (Some(group), _, Some((name, port))) => {
                found.binding = Some(binding(group, name, port));
            }
            (None, Some(classic), Some((name, port))) => {
                let entry = json!([{
                    "loadBalancerName": classic, "containerName": name, "containerPort": port,
                }]);
                found.create_extra.insert("loadBalancers".to_owned(), entry);
            }
            (None, None, None) => found.several(&options.target_groups)?,
            (None, None, Some(_)) if !options.target_groups.is_empty() => {
                found.several(&options.target_groups)?;
            }
            _ => {
                return Err(Failure::new(
                    Exit::Usage,
                    "a load balancer needs --container-name and --container-port, and they need it",
                )
                .hint("add --target-group-arn ARN --container-name NAME --container-port PORT"));
            }
        }
        if let Some(role) = &options.role {
            found.create_extra.insert("role".to_owned(), json!(role));
        }
        Ok(found)
    }

    fn several(&mut self, groups: &[String]) -> Result<(), Failure> {
        let entries: Result<Vec<_>, _> = groups.iter().map(|text| parse(text)).collect();
        match entries?.as_slice() {
            [] => {}
            [Entry { group: Some(group), container, port, .. }] => {
                self.binding = Some(binding(group, container, *port));
            }
            several => {
                let entries: Vec<Value> = several.iter().map(Entry::member).collect();
                self.create_extra.insert("loadBalancers".to_owned(), Value::from(entries));
            }
        }
        Ok(())
    }
}

/// Several target groups, or a classic load balancer, of a service that exists: brought to it
/// where they are others.
///
/// # Errors
/// ECS cannot change a classic load balancer.
pub(super) fn of_existing(wanted: &mut ServiceWanted, state: &ServiceState) -> Result<(), Failure> {
    let Some(Value::Array(entries)) = wanted.create_extra.get("loadBalancers").cloned() else {
        return Ok(());
    };
    let here = |entry: &Value| {
        let group = entry["targetGroupArn"].as_str();
        state.load_balancers.iter().any(|binding| {
            binding.target_group.as_ref().map(TargetGroupArn::as_str) == group
                && entry["containerName"] == binding.container.as_str()
                && entry["containerPort"] == binding.port
        })
    };
    let same = entries.len() == state.load_balancers.len() && entries.iter().all(here);
    if same {
        return Ok(());
    }
    if entries.iter().any(|entry| entry["loadBalancerName"].is_string()) {
        let message = format!("service {} has other load balancers", wanted.name);
        return Err(Failure::refused(Refusal::Preflight, message)
            .hint("ECS cannot change a classic load balancer: use another service name"));
    }
    wanted.update_extra.insert("loadBalancers".to_owned(), Value::from(entries));
    wanted.force = true;
    Ok(())
}

/// One `--target-groups`: a target group or a classic load balancer.
struct Entry {
    group: Option<String>,
    classic: Option<String>,
    container: String,
    port: u16,
}

impl Entry {
    fn member(&self) -> Value {
        let mut member = json!({ "containerName": self.container, "containerPort": self.port });
        for (name, value) in [("targetGroupArn", &self.group), ("loadBalancerName", &self.classic)]
        {
            if let Some(value) = value {
                member[name] = json!(value);
            }
        }
        member
    }
}

fn binding(group: &str, container: &str, port: u16) -> LoadBalancerBinding {
    LoadBalancerBinding {
        target_group: Some(TargetGroupArn::new(group)),
        container: ContainerName::new(container),
        port,
    }
}

/// `targetGroupArn=...,containerName=...,containerPort=...`, or `loadBalancerName=...` first.
fn parse(text: &str) -> Result<Entry, Failure> {
    let wrong = |what: &str| {
        let hint = "targetGroupArn=ARN,containerName=NAME,containerPort=PORT";
        Failure::new(Exit::Usage, format!("--target-groups \"{text}\" {what}")).hint(hint)
    };
    let known = ["targetGroupArn", "loadBalancerName", "containerName", "containerPort"];
    let pairs: Vec<(&str, &str)> =
        text.split(',').filter_map(|pair| pair.split_once('=')).collect();
    let unknown = pairs.iter().find(|(key, _)| !known.contains(&key.trim()));
    if let Some((key, _)) = unknown {
        return Err(wrong(&format!("has the unknown key {key}")));
    }
    let field = |name: &str| {
        pairs.iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
    };
    let port = field("containerPort").and_then(|port| port.parse().ok());
    let (group, classic) = (field("targetGroupArn"), field("loadBalancerName"));
    match (field("containerName"), port) {
        (Some(container), Some(port)) if group.is_some() != classic.is_some() => {
            Ok(Entry { group, classic, container, port })
        }
        _ => Err(wrong("is not complete")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_group_without_a_container_is_refused() {
        let options = BalancerOptions {
            target_group_arn: Some("arn".to_owned()),
            container_port: Some(80),
            ..BalancerOptions::default()
        };
        assert_eq!(Balancer::of(&options).unwrap_err().exit(), Exit::Usage);
    }

    #[test]
    fn one_of_several_is_a_binding_of_its_own() {
        let group = "targetGroupArn=arn:1,containerName=web,containerPort=80".to_owned();
        let options =
            BalancerOptions { target_groups: vec![group.clone()], ..BalancerOptions::default() };
        let one = Balancer::of(&options).unwrap();
        assert_eq!(one.binding, Some(binding("arn:1", "web", 80)));
        let options = BalancerOptions { target_groups: vec![group.clone(), group], ..options };
        assert!(Balancer::of(&options).unwrap().create_extra.contains_key("loadBalancers"));
    }
}
