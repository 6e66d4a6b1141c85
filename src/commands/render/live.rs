//! A service from the JSON of `aws ecs describe-services`.

use crate::failure::{Exit, Failure};
use crate::model::{
    BreakerSetting, ContainerName, DeploymentId, Finding, HealthyPercents, LoadBalancerBinding,
    RollingDeployment, RolloutState, ServiceName, ServiceState, TargetGroupArn, TaskDefArn,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole answer, or one service of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    services: Option<Vec<Service>>,
    #[serde(flatten)]
    service: Option<Service>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    service_name: String,
    #[serde(default)]
    service_arn: String,
    #[serde(default = "active")]
    status: String,
    #[serde(default)]
    desired_count: u32,
    #[serde(default)]
    running_count: u32,
    #[serde(default)]
    pending_count: u32,
    #[serde(default)]
    task_definition: String,
    #[serde(default)]
    deployments: Vec<Deployment>,
    #[serde(default)]
    load_balancers: Vec<Balancer>,
    deployment_configuration: Option<Configuration>,
    scheduling_strategy: Option<String>,
    health_check_grace_period_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployment {
    id: String,
    status: String,
    #[serde(default)]
    task_definition: String,
    #[serde(default)]
    desired_count: u32,
    #[serde(default)]
    running_count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Balancer {
    target_group_arn: Option<String>,
    container_name: String,
    container_port: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    minimum_healthy_percent: Option<u32>,
    maximum_percent: Option<u32>,
    deployment_circuit_breaker: Option<Breaker>,
}

#[derive(Deserialize)]
struct Breaker {
    enable: bool,
    rollback: bool,
}

fn active() -> String {
    "ACTIVE".to_owned()
}

/// Reads it; `None` when the answer has no service, or one that is not active any more.
pub(super) fn service(name: &str, text: &str) -> Result<Option<ServiceState>, Failure> {
    let answer: Answer = serde_json::from_str(text).map_err(|error| {
        let finding = Finding::error(format!("not an answer of DescribeServices: {error}"))
            .at(name, error.line(), error.column().max(1))
            .hint("Write it with `aws ecs describe-services --cluster C --services S`.");
        Failure::findings(Exit::File, vec![finding])
    })?;
    let listed = answer.services.and_then(|services| services.into_iter().next());
    let found = listed.or(answer.service).map(state);
    Ok(found.filter(|state| state.status != "INACTIVE"))
}

fn state(service: Service) -> ServiceState {
    let configuration = service.deployment_configuration;
    let percent = |pick: fn(&Configuration) -> Option<u32>| configuration.as_ref().and_then(pick);
    let breaker = configuration.as_ref().and_then(|found| {
        let breaker = found.deployment_circuit_breaker.as_ref()?;
        Some(BreakerSetting { enabled: breaker.enable, rollback: breaker.rollback })
    });
    ServiceState {
        name: ServiceName::new(service.service_name),
        arn: service.service_arn,
        status: service.status,
        desired: service.desired_count,
        running: service.running_count,
        pending: service.pending_count,
        task_definition: TaskDefArn::new(service.task_definition),
        deployments: service.deployments.into_iter().map(deployment).collect(),
        current_deployment: None,
        events: Vec::new(),
        load_balancers: service.load_balancers.into_iter().map(balancer).collect(),
        percents: HealthyPercents {
            minimum: percent(|found| found.minimum_healthy_percent).unwrap_or(100),
            maximum: percent(|found| found.maximum_percent).unwrap_or(200),
        },
        controller: None,
        scheduling: service.scheduling_strategy.unwrap_or_else(|| "REPLICA".to_owned()),
        breaker: breaker.unwrap_or_default(),
        health_grace_seconds: service.health_check_grace_period_seconds,
        tags: BTreeMap::new(),
    }
}

fn deployment(deployment: Deployment) -> RollingDeployment {
    RollingDeployment {
        id: DeploymentId::new(deployment.id),
        status: deployment.status,
        task_definition: TaskDefArn::new(deployment.task_definition),
        desired: deployment.desired_count,
        running: deployment.running_count,
        pending: 0,
        failed: 0,
        rollout: RolloutState::Completed,
        reason: None,
        created_at: None,
    }
}

fn balancer(balancer: Balancer) -> LoadBalancerBinding {
    LoadBalancerBinding {
        target_group: balancer.target_group_arn.map(TargetGroupArn::new),
        container: ContainerName::new(balancer.container_name),
        port: balancer.container_port,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_and_a_single_service_are_read() {
        let one = r#"{"serviceName":"web","desiredCount":2,
            "taskDefinition":"arn:aws:ecs:r:1:task-definition/web:3"}"#;
        let read = |text: &str| service("live.json", text).unwrap().map(|found| found.desired);
        assert_eq!(read(one), Some(2));
        assert_eq!(read(&format!(r#"{{"services":[{one}],"failures":[]}}"#)), Some(2));
        assert_eq!(read(r#"{"services":[]}"#), None);
    }

    #[test]
    fn something_else_is_told_with_its_place() {
        let failure = service("live.json", "{\n  x").unwrap_err();
        assert!(failure.to_string().starts_with("live.json:2:3: not an answer"), "{failure}");
    }
}
