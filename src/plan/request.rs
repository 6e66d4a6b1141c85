//! Bodies of CreateService and UpdateService: exactly what is declared, in the API's spelling.

use super::UpdateReason;
use crate::model::{
    BreakerRule, BreakerSetting, ClusterName, CountRule, LaunchSetting, LoadBalancerBinding,
    ServiceRequest, ServiceState, ServiceWanted,
};
use serde_json::{Map, Value, json};

/// An update that is due.
pub(super) struct Update {
    pub request: ServiceRequest,
    pub why: UpdateReason,
    /// The count it sets, when that is another one.
    pub count: Option<u32>,
}

/// The body of CreateService without `taskDefinition`.
pub(super) fn create(cluster: &ClusterName, service: &ServiceWanted) -> ServiceRequest {
    let mut body = Map::new();
    body.insert("cluster".to_owned(), json!(cluster));
    body.insert("serviceName".to_owned(), json!(service.name));
    if let Some(count) = count_at_create(service) {
        body.insert("desiredCount".to_owned(), json!(count));
    }
    if let Some(binding) = &service.load_balancer {
        body.insert("loadBalancers".to_owned(), json!([load_balancer(binding)]));
    }
    // A service that we create gets the breaker on: without it ECS never gives up.
    let breaker = match service.breaker {
        BreakerRule::Keep => BreakerSetting { enabled: true, rollback: true },
        BreakerRule::Set(setting) => setting,
    };
    let breaker = Some(breaker).filter(|_| is_rolling(service));
    body.insert("deploymentConfiguration".to_owned(), configuration(service, breaker));
    if let Some(seconds) = service.health_grace_seconds {
        body.insert("healthCheckGracePeriodSeconds".to_owned(), json!(seconds));
    }
    body.extend(of_tasks(service));
    put_all(&mut body, &service.create_extra);
    ServiceRequest::new(body)
}

/// Members that CreateService and RunTask share: where tasks start, and their tags.
pub fn of_tasks(service: &ServiceWanted) -> Map<String, Value> {
    let mut body = Map::new();
    match &service.launch {
        Some(LaunchSetting::Type(launch)) => {
            body.insert("launchType".to_owned(), json!(launch));
        }
        Some(LaunchSetting::Providers(providers)) => {
            let strategy: Vec<Value> = providers
                .iter()
                .map(|(name, weight, base)| {
                    json!({ "capacityProvider": name, "weight": weight, "base": base })
                })
                .collect();
            body.insert("capacityProviderStrategy".to_owned(), Value::from(strategy));
        }
        None => {}
    }
    body.insert("enableECSManagedTags".to_owned(), json!(true));
    body.insert("propagateTags".to_owned(), json!("TASK_DEFINITION"));
    body
}

/// The body of UpdateService without `taskDefinition`; `None` when the service is so already.
/// `new_revision` and `force` say that a deployment is wanted in any case.
pub(super) fn update(
    cluster: &ClusterName,
    service: &ServiceWanted,
    state: &ServiceState,
    start: Start,
) -> Option<Update> {
    let count = count_at_update(service, state);
    let other_balancer =
        service.load_balancer.as_ref().filter(|wanted| !state.load_balancers.contains(wanted));
    let why = match start {
        Start::Force => UpdateReason::Force,
        Start::NewRevision => UpdateReason::Deploy,
        Start::Nothing if other_balancer.is_some() => UpdateReason::Deploy,
        Start::Nothing => UpdateReason::Settings,
    };
    let changed_count = count.filter(|count| *count != state.desired);
    let settings_differ = changed_count.is_some() || differs(service, state);
    if why == UpdateReason::Settings && !settings_differ {
        return None;
    }
    let mut body = Map::new();
    body.insert("cluster".to_owned(), json!(cluster));
    body.insert("service".to_owned(), json!(service.name));
    if let Some(count) = count {
        body.insert("desiredCount".to_owned(), json!(count));
    }
    let set_breaker = match service.breaker {
        BreakerRule::Keep => None,
        BreakerRule::Set(setting) => Some(setting).filter(|_| is_rolling(service)),
    };
    if service.percents.is_some() || set_breaker.is_some() {
        body.insert("deploymentConfiguration".to_owned(), configuration(service, set_breaker));
    }
    if let Some(seconds) = service.health_grace_seconds {
        body.insert("healthCheckGracePeriodSeconds".to_owned(), json!(seconds));
    }
    if let Some(binding) = other_balancer {
        body.insert("loadBalancers".to_owned(), json!([load_balancer(binding)]));
    }
    if why != UpdateReason::Settings {
        // Network and the like start a deployment themselves: never with a mere count.
        put_all(&mut body, &service.update_extra);
    }
    if why == UpdateReason::Force {
        body.insert("forceNewDeployment".to_owned(), json!(true));
    }
    Some(Update { request: ServiceRequest::new(body), why, count: changed_count })
}

/// UpdateService with another count, and what was declared beside it: only by the name
/// `ecs-cli` that is something.
pub(super) fn scale(cluster: &ClusterName, service: &ServiceWanted, count: u32) -> ServiceRequest {
    let mut body = Map::new();
    body.insert("cluster".to_owned(), json!(cluster));
    body.insert("service".to_owned(), json!(service.name));
    body.insert("desiredCount".to_owned(), json!(count));
    if service.percents.is_some() && service.force {
        body.insert("deploymentConfiguration".to_owned(), configuration(service, None));
    }
    if service.force {
        put_all(&mut body, &service.update_extra);
    }
    ServiceRequest::new(body)
}

/// UpdateService that brings another revision and changes nothing else: the way back.
pub(super) fn back(cluster: &ClusterName, service: &ServiceWanted) -> ServiceRequest {
    let mut body = Map::new();
    body.insert("cluster".to_owned(), json!(cluster));
    body.insert("service".to_owned(), json!(service.name));
    ServiceRequest::new(body)
}

/// Whether an update has to start a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Only if something else than count and per cents differs.
    Nothing,
    /// The revision is another one.
    NewRevision,
    /// The same revision once more.
    Force,
}

fn count_at_create(service: &ServiceWanted) -> Option<u32> {
    if service.create_extra.get("schedulingStrategy") == Some(&json!("DAEMON")) {
        return None;
    }
    match service.count {
        CountRule::AtCreate(count) | CountRule::Always(count) => Some(count),
        CountRule::EcsCli => Some(1),
        CountRule::Keep => None,
    }
}

fn count_at_update(service: &ServiceWanted, state: &ServiceState) -> Option<u32> {
    if state.scheduling == "DAEMON" {
        return None;
    }
    match service.count {
        CountRule::AtCreate(_) | CountRule::Keep => None,
        CountRule::Always(count) => Some(count),
        CountRule::EcsCli => Some(state.desired.max(1)),
    }
}

/// True when a declared setting that starts no deployment differs from what the service has.
fn differs(service: &ServiceWanted, state: &ServiceState) -> bool {
    let breaker = match service.breaker {
        BreakerRule::Keep => false,
        BreakerRule::Set(setting) => setting != state.breaker,
    };
    let grace = service.health_grace_seconds;
    breaker
        || service.percents.is_some_and(|percents| percents != state.percents)
        || (grace.is_some() && grace != state.health_grace_seconds)
}

/// The breaker is for strategy ROLLING only (API reference, DeploymentCircuitBreaker).
fn is_rolling(service: &ServiceWanted) -> bool {
    let configuration = service.create_extra.get("deploymentConfiguration");
    let strategy = configuration.and_then(|body| body.get("strategy")?.as_str());
    matches!(strategy, None | Some("ROLLING"))
}

fn configuration(service: &ServiceWanted, breaker: Option<BreakerSetting>) -> Value {
    let mut body = Map::new();
    if let Some(percents) = service.percents {
        body.insert("maximumPercent".to_owned(), json!(percents.maximum));
        body.insert("minimumHealthyPercent".to_owned(), json!(percents.minimum));
    }
    if let Some(breaker) = breaker {
        let setting = json!({ "enable": breaker.enabled, "rollback": breaker.rollback });
        body.insert("deploymentCircuitBreaker".to_owned(), setting);
    }
    Value::Object(body)
}

fn load_balancer(binding: &LoadBalancerBinding) -> Value {
    let mut body = Map::new();
    if let Some(group) = &binding.target_group {
        body.insert("targetGroupArn".to_owned(), json!(group));
    }
    body.insert("containerName".to_owned(), json!(binding.container));
    body.insert("containerPort".to_owned(), json!(binding.port));
    Value::Object(body)
}

/// Puts declared members over ours; `deploymentConfiguration` is merged member by member.
fn put_all(body: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (key, value) in extra {
        match (body.get_mut(key), value) {
            (Some(Value::Object(ours)), Value::Object(theirs)) => {
                ours.extend(theirs.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            _ => {
                body.insert(key.clone(), value.clone());
            }
        }
    }
}
