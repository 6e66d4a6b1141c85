//! ECS's answers in our words. An enum value that the SDK does not know keeps its text.

use crate::model::{
    BreakerSetting, ContainerName, DeploymentArn, DeploymentId, HealthyPercents, HookId,
    HookStatus, Lifecycle, LifecycleHook, LoadBalancerBinding, RollingDeployment, RolloutState,
    ServiceDeployment, ServiceDeploymentStatus, ServiceEvent, ServiceName, ServiceState,
    StoppedContainer, StoppedTask, TargetGroupArn, TaskDefArn, Timestamp, TrafficShare,
};
use aws_sdk_ecs::primitives::DateTime;
use aws_sdk_ecs::types;
use std::collections::BTreeMap;

/// ECS's defaults for a service that never set them (API reference, DeploymentConfiguration).
const DEFAULT_PERCENTS: HealthyPercents = HealthyPercents { minimum: 100, maximum: 200 };

pub(super) fn service(service: types::Service) -> ServiceState {
    let arn = service.service_arn.unwrap_or_default();
    let name = service.service_name.unwrap_or_else(|| last_part(&arn).to_owned());
    let configuration = service.deployment_configuration;
    let breaker = configuration.as_ref().and_then(|c| c.deployment_circuit_breaker.as_ref());
    ServiceState {
        name: ServiceName::new(name),
        arn,
        status: service.status.unwrap_or_default(),
        desired: count(service.desired_count),
        running: count(service.running_count),
        pending: count(service.pending_count),
        task_definition: TaskDefArn::new(service.task_definition.unwrap_or_default()),
        deployments: each(service.deployments, rolling),
        current_deployment: service.current_service_deployment.map(DeploymentArn::new),
        events: each(service.events, event),
        load_balancers: each(service.load_balancers, binding),
        percents: percents(configuration.as_ref()),
        controller: service.deployment_controller.map(|c| c.r#type.as_str().to_owned()),
        strategy: configuration
            .as_ref()
            .and_then(|c| c.strategy.as_ref())
            .map(|one| one.as_str().to_owned()),
        scheduling: service.scheduling_strategy.map_or("REPLICA".to_owned(), |s| s.to_string()),
        breaker: breaker.map_or(BreakerSetting::default(), |breaker| BreakerSetting {
            enabled: breaker.enable,
            rollback: breaker.rollback,
        }),
        health_grace_seconds: service.health_check_grace_period_seconds.map(count),
        alarms: configuration
            .and_then(|configuration| configuration.alarms)
            .filter(|alarms| alarms.enable)
            .map(|alarms| alarms.alarm_names)
            .unwrap_or_default(),
        tags: tags(service.tags),
    }
}

fn percents(configuration: Option<&types::DeploymentConfiguration>) -> HealthyPercents {
    let said = |percent: Option<i32>, default| percent.map_or(default, count);
    HealthyPercents {
        minimum: said(
            configuration.and_then(|c| c.minimum_healthy_percent),
            DEFAULT_PERCENTS.minimum,
        ),
        maximum: said(configuration.and_then(|c| c.maximum_percent), DEFAULT_PERCENTS.maximum),
    }
}

fn rolling(deployment: types::Deployment) -> RollingDeployment {
    RollingDeployment {
        id: DeploymentId::new(deployment.id.unwrap_or_default()),
        status: deployment.status.unwrap_or_default(),
        task_definition: TaskDefArn::new(deployment.task_definition.unwrap_or_default()),
        desired: count(deployment.desired_count),
        running: count(deployment.running_count),
        pending: count(deployment.pending_count),
        failed: count(deployment.failed_tasks),
        rollout: rollout(deployment.rollout_state.as_ref().map_or("", |state| state.as_str())),
        reason: deployment.rollout_state_reason,
        created_at: deployment.created_at.as_ref().and_then(timestamp),
    }
}

fn rollout(state: &str) -> RolloutState {
    match state {
        "IN_PROGRESS" => RolloutState::InProgress,
        "COMPLETED" => RolloutState::Completed,
        "FAILED" => RolloutState::Failed,
        other => RolloutState::Unknown(other.to_owned()),
    }
}

fn event(event: types::ServiceEvent) -> ServiceEvent {
    ServiceEvent {
        id: event.id.unwrap_or_default(),
        at: event.created_at.as_ref().and_then(timestamp).unwrap_or(Timestamp::from_millis(0)),
        message: event.message.unwrap_or_default(),
    }
}

fn binding(binding: types::LoadBalancer) -> LoadBalancerBinding {
    LoadBalancerBinding {
        target_group: binding.target_group_arn.map(TargetGroupArn::new),
        container: ContainerName::new(binding.container_name.unwrap_or_default()),
        port: binding.container_port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
    }
}

/// Without the task definition, which DescribeServiceRevisions knows.
pub(super) fn service_deployment(deployment: types::ServiceDeployment) -> ServiceDeployment {
    let at = |time: &Option<DateTime>| time.as_ref().and_then(timestamp);
    let lifecycle = lifecycle(&deployment);
    let target = deployment.target_service_revision;
    let tasks = target.as_ref().map_or((0, 0, 0), |target| {
        let running = count(target.running_task_count);
        (count(target.requested_task_count), running, count(target.pending_task_count))
    });
    let breaker = deployment.deployment_circuit_breaker;
    let alarms = deployment.alarms.and_then(|alarms| alarms.triggered_alarm_names);
    let status = deployment.status.as_ref().map_or("", |status| status.as_str());
    ServiceDeployment {
        arn: DeploymentArn::new(deployment.service_deployment_arn.unwrap_or_default()),
        status: ServiceDeploymentStatus::from_api(status),
        status_reason: deployment.status_reason,
        created_at: at(&deployment.created_at).unwrap_or(Timestamp::from_millis(0)),
        finished_at: at(&deployment.finished_at).or_else(|| at(&deployment.stopped_at)),
        target_revision: target.and_then(|target| target.arn),
        target_task_definition: None,
        target_tasks: tasks,
        breaker: breaker.map(|breaker| (count(breaker.failure_count), count(breaker.threshold))),
        rollback_reason: deployment.rollback.and_then(|rollback| rollback.reason),
        triggered_alarms: alarms.unwrap_or_default(),
        lifecycle,
    }
}

/// Stages and hooks of the strategies other than ROLLING, which has none.
fn lifecycle(deployment: &types::ServiceDeployment) -> Option<Lifecycle> {
    let target = deployment.target_service_revision.as_ref();
    let share = |weight: Option<f64>| weight.map(TrafficShare::from_per_cent);
    let lifecycle = Lifecycle {
        stage: deployment.lifecycle_stage.as_ref().map(|stage| stage.as_str().to_owned()),
        hooks: deployment.lifecycle_hook_details().iter().filter_map(hook).collect(),
        share: share(target.and_then(|target| target.requested_production_traffic_weight)),
        test_share: share(target.and_then(|target| target.requested_test_traffic_weight)),
        group: None,
    };
    (lifecycle != Lifecycle::default()).then_some(lifecycle)
}

/// A hook without an id cannot be answered.
fn hook(hook: &types::DeploymentLifecycleHookDetail) -> Option<LifecycleHook> {
    let text = |one: Option<&str>| one.unwrap_or_default().to_owned();
    Some(LifecycleHook {
        id: HookId::new(hook.hook_id.as_ref()?),
        target_type: text(hook.target_type.as_ref().map(|one| one.as_str())),
        status: HookStatus::from_api(&text(hook.status.as_ref().map(|one| one.as_str()))),
        expires_at: hook.expires_at.as_ref().and_then(timestamp),
        timeout_action: hook.timeout_action.as_ref().map(|one| one.as_str().to_owned()),
    })
}

pub(super) fn stopped_task(task: types::Task) -> StoppedTask {
    let arn = task.task_arn.unwrap_or_default();
    StoppedTask {
        task: last_part(&arn).to_owned(),
        task_definition: TaskDefArn::new(task.task_definition_arn.unwrap_or_default()),
        stop_code: task.stop_code.map(|code| code.as_str().to_owned()),
        reason: task.stopped_reason,
        containers: each(task.containers, |container| StoppedContainer {
            name: ContainerName::new(container.name.unwrap_or_default()),
            exit_code: container.exit_code,
            reason: container.reason,
            runtime_id: container.runtime_id,
        }),
    }
}

pub(super) fn tags(tags: Option<Vec<types::Tag>>) -> BTreeMap<String, String> {
    let pairs = tags.unwrap_or_default().into_iter();
    pairs.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

pub(super) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    time.to_millis().ok().map(Timestamp::from_millis)
}

/// Counts are never negative; a negative one is no count.
fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn each<T, U>(items: Option<Vec<T>>, convert: impl FnMut(T) -> U) -> Vec<U> {
    items.unwrap_or_default().into_iter().map(convert).collect()
}

fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
