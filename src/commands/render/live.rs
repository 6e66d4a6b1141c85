//! A service from the JSON of `aws ecs describe-services`.

use crate::failure::{Exit, Failure};
use crate::model::{
    BreakerSetting, ContainerName, DeploymentId, Finding, HealthyPercents, LoadBalancerBinding,
    RollingDeployment, RolloutState, ServiceName, ServiceState, TargetGroupArn, TaskDefArn,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

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

/// Reads the service `wanted` of the whole answer, or of one service of it; `None` when there is
/// none, or one that is not active any more.
pub(super) fn service(
    file: &str,
    text: &str,
    wanted: &ServiceName,
) -> Result<Option<ServiceState>, Failure> {
    let not_an_answer = |error: &serde_json::Error| {
        let finding = Finding::error(format!("not an answer of DescribeServices: {error}"))
            .at(file, error.line().max(1), error.column().max(1))
            .hint("Write it with `aws ecs describe-services --cluster C --services S`.");
        Failure::findings(Exit::File, vec![finding])
    };
    let answer: Value = serde_json::from_str(text).map_err(|error| not_an_answer(&error))?;
    let listed = match answer.get("services") {
        Some(Value::Array(services)) => services.clone(),
        Some(_) | None => vec![answer],
    };
    let read = |value: Value| serde_json::from_value::<Service>(value);
    let services: Result<Vec<Service>, _> = listed.into_iter().map(read).collect();
    let services = services.map_err(|error| not_an_answer(&error))?;
    let names: Vec<String> = services.iter().map(|one| one.service_name.clone()).collect();
    let mut found = services.into_iter().filter(|one| one.service_name == wanted.as_str());
    match found.next() {
        Some(service) => Ok(Some(state(service)).filter(|state| state.status != "INACTIVE")),
        None if names.is_empty() => Ok(None),
        None => {
            let message = format!("tells of {}, not of service {wanted}", names.join(", "));
            let finding = Finding::error(message).at(file, 1, 1);
            Err(Failure::findings(
                Exit::File,
                vec![finding.hint("--service chooses the side: full or canary")],
            ))
        }
    }
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
        strategy: None,
        scheduling: service.scheduling_strategy.unwrap_or_else(|| "REPLICA".to_owned()),
        breaker: breaker.unwrap_or_default(),
        health_grace_seconds: service.health_check_grace_period_seconds,
        alarms: Vec::new(),
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
        let read = |text: &str| {
            let found = service("live.json", text, &ServiceName::new("web")).unwrap();
            found.map(|found| found.desired)
        };
        assert_eq!(read(one), Some(2));
        assert_eq!(read(&format!(r#"{{"services":[{one}],"failures":[]}}"#)), Some(2));
        assert_eq!(read(r#"{"services":[]}"#), None);
        let other = one.replace("web", "other");
        assert_eq!(read(&format!(r#"{{"services":[{other},{one}]}}"#)), Some(2));
        let gone = one.replacen('{', r#"{"status":"INACTIVE","#, 1);
        assert_eq!(read(&gone), None);
    }

    #[test]
    fn something_else_is_told_with_its_place() {
        let told =
            |text| service("live.json", text, &ServiceName::new("web")).unwrap_err().to_string();
        assert!(told("{\n  x").starts_with("live.json:2:3: not an answer"), "{}", told("{\n  x"));
        assert!(told("{}").starts_with("live.json:1:1: not an answer"), "{}", told("{}"));
        let wrong = r#"{"serviceName":"web","desiredCount":"2"}"#;
        assert!(told(wrong).contains("not an answer"), "{}", told(wrong));
        let other = told(r#"{"services":[{"serviceName":"other"}]}"#);
        assert_eq!(other, "live.json:1:1: tells of other, not of service web");
    }
}
