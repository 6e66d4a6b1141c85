//! Load balancers of a service, by ecs-cli's options.

use super::BalancerOptions;
use crate::failure::{Exit, Failure};
use crate::model::{ContainerName, LoadBalancerBinding, TargetGroupArn};
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
        let bindings: Result<Vec<_>, _> = groups.iter().map(|text| parse(text)).collect();
        match bindings?.as_slice() {
            [] => {}
            [only] => self.binding = Some(only.clone()),
            several => {
                let entries: Vec<Value> = several
                    .iter()
                    .map(|one| {
                        json!({
                            "targetGroupArn": one.target_group,
                            "containerName": one.container,
                            "containerPort": one.port,
                        })
                    })
                    .collect();
                self.create_extra.insert("loadBalancers".to_owned(), Value::from(entries));
            }
        }
        Ok(())
    }
}

fn binding(group: &str, container: &str, port: u16) -> LoadBalancerBinding {
    LoadBalancerBinding {
        target_group: Some(TargetGroupArn::new(group)),
        container: ContainerName::new(container),
        port,
    }
}

/// `targetGroupArn=...,containerName=...,containerPort=...`
fn parse(text: &str) -> Result<LoadBalancerBinding, Failure> {
    let field = |name: &str| {
        text.split(',').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key.trim() == name).then(|| value.trim())
        })
    };
    let port = field("containerPort").and_then(|port| port.parse().ok());
    match (field("targetGroupArn"), field("containerName"), port) {
        (Some(group), Some(container), Some(port)) => Ok(binding(group, container, port)),
        _ => Err(Failure::new(Exit::Usage, format!("--target-groups \"{text}\" is not complete"))
            .hint("targetGroupArn=ARN,containerName=NAME,containerPort=PORT")),
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
