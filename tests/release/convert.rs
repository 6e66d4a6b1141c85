//! ECS's JSON into the words of the ports. A test's own reading of the API, on purpose not the
//! one of the program's adapter.
#![expect(clippy::unwrap_used, reason = "a simulated answer that lacks a member fails the test")]

use ecs_canary::model::{
    Alarm, AlarmState, BreakerSetting, ContainerName, DeploymentArn, DeploymentId, HealthCheck,
    HealthyPercents, HookId, HookStatus, Lifecycle, LifecycleHook, ListenerRule, ListenerRuleArn,
    LiveTaskDefinition, LoadBalancerBinding, OneTask, RollingDeployment, RolloutState,
    ScalableTarget, ScaleIn, SeriesAnswer, ServiceDeployment, ServiceDeploymentStatus,
    ServiceEvent, ServiceName, ServiceState, StoppedContainer, StoppedTask, TargetGroup,
    TargetGroupArn, TargetHealth, TaskDefArn, Timestamp, TrafficShare,
};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) fn service(value: &Value) -> ServiceState {
    let configuration = &value["deploymentConfiguration"];
    let breaker = &configuration["deploymentCircuitBreaker"];
    ServiceState {
        name: ServiceName::new(text(value, "serviceName")),
        arn: text(value, "serviceArn"),
        status: text(value, "status"),
        desired: number(&value["desiredCount"]),
        running: number(&value["runningCount"]),
        pending: number(&value["pendingCount"]),
        task_definition: TaskDefArn::new(text(value, "taskDefinition")),
        deployments: list(&value["deployments"]).iter().map(rolling).collect(),
        current_deployment: value["currentServiceDeployment"].as_str().map(DeploymentArn::new),
        events: list(&value["events"])
            .iter()
            .map(|event| ServiceEvent {
                id: text(event, "id"),
                at: time(&event["createdAt"]).unwrap(),
                message: text(event, "message"),
            })
            .collect(),
        load_balancers: list(&value["loadBalancers"])
            .iter()
            .map(|binding| LoadBalancerBinding {
                target_group: binding["targetGroupArn"].as_str().map(TargetGroupArn::new),
                container: ContainerName::new(text(binding, "containerName")),
                port: u16::try_from(number(&binding["containerPort"])).unwrap(),
            })
            .collect(),
        percents: HealthyPercents {
            minimum: number(&configuration["minimumHealthyPercent"]),
            maximum: number(&configuration["maximumPercent"]),
        },
        controller: value["deploymentController"]["type"].as_str().map(str::to_owned),
        strategy: configuration["strategy"].as_str().map(str::to_owned),
        scheduling: text(value, "schedulingStrategy"),
        breaker: BreakerSetting {
            enabled: breaker["enable"].as_bool().unwrap_or(false),
            rollback: breaker["rollback"].as_bool().unwrap_or(false),
        },
        health_grace_seconds: value["healthCheckGracePeriodSeconds"]
            .as_u64()
            .map(|seconds| u32::try_from(seconds).unwrap()),
        alarms: list(&configuration["alarms"]["alarmNames"])
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        tags: tags(&value["tags"]),
    }
}

fn rolling(value: &Value) -> RollingDeployment {
    RollingDeployment {
        id: DeploymentId::new(text(value, "id")),
        status: text(value, "status"),
        task_definition: TaskDefArn::new(text(value, "taskDefinition")),
        desired: number(&value["desiredCount"]),
        running: number(&value["runningCount"]),
        pending: number(&value["pendingCount"]),
        failed: number(&value["failedTasks"]),
        rollout: match text(value, "rolloutState").as_str() {
            "IN_PROGRESS" => RolloutState::InProgress,
            "COMPLETED" => RolloutState::Completed,
            "FAILED" => RolloutState::Failed,
            other => RolloutState::Unknown(other.to_owned()),
        },
        reason: value["rolloutStateReason"].as_str().map(str::to_owned),
        created_at: time(&value["createdAt"]),
    }
}

/// What a service revision says of itself.
#[derive(Debug, Clone)]
pub(crate) struct ServiceRevision {
    pub(crate) task_definition: Option<TaskDefArn>,
    pub(crate) group: Option<TargetGroupArn>,
}

/// `known`: by service revision.
pub(crate) fn deployment(
    value: &Value,
    known: &BTreeMap<String, ServiceRevision>,
) -> ServiceDeployment {
    let target = &value["targetServiceRevision"];
    let revision = target["arn"].as_str().map(str::to_owned);
    let breaker = &value["deploymentCircuitBreaker"];
    let group = revision.as_ref().and_then(|revision| known.get(revision)?.group.clone());
    ServiceDeployment {
        arn: DeploymentArn::new(text(value, "serviceDeploymentArn")),
        status: ServiceDeploymentStatus::from_api(&text(value, "status")),
        status_reason: value["statusReason"].as_str().map(str::to_owned),
        created_at: time(&value["createdAt"]).unwrap(),
        finished_at: time(&value["finishedAt"]),
        target_task_definition: revision
            .as_ref()
            .and_then(|revision| known.get(revision)?.task_definition.clone()),
        target_revision: revision,
        target_tasks: (
            number(&target["requestedTaskCount"]),
            number(&target["runningTaskCount"]),
            number(&target["pendingTaskCount"]),
        ),
        breaker: (breaker["status"] != "DISABLED")
            .then(|| (number(&breaker["failureCount"]), number(&breaker["threshold"]))),
        rollback_reason: value["rollback"]["reason"].as_str().map(str::to_owned),
        triggered_alarms: list(&value["alarms"]["triggeredAlarmNames"])
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        lifecycle: lifecycle(value, group),
    }
}

/// `None` for strategy ROLLING, which has no stages.
fn lifecycle(value: &Value, group: Option<TargetGroupArn>) -> Option<Lifecycle> {
    let target = &value["targetServiceRevision"];
    let share = |member: &str| target[member].as_f64().map(TrafficShare::from_per_cent);
    let hooks = list(&value["lifecycleHookDetails"]);
    Some(Lifecycle {
        stage: Some(value["lifecycleStage"].as_str()?.to_owned()),
        hooks: hooks
            .iter()
            .map(|hook| LifecycleHook {
                id: HookId::new(text(hook, "hookId")),
                target_type: text(hook, "targetType"),
                status: HookStatus::from_api(&text(hook, "status")),
                expires_at: time(&hook["expiresAt"]),
                timeout_action: hook["timeoutAction"].as_str().map(str::to_owned),
            })
            .collect(),
        share: share("requestedProductionTrafficWeight"),
        test_share: share("requestedTestTrafficWeight"),
        group,
    })
}

pub(crate) fn task_definition(answer: &Value) -> LiveTaskDefinition {
    let described = answer["taskDefinition"].as_object().unwrap().clone();
    LiveTaskDefinition {
        arn: TaskDefArn::new(described["taskDefinitionArn"].as_str().unwrap()),
        active: described["status"] == "ACTIVE",
        tags: tags(&answer["tags"]),
        described,
    }
}

pub(crate) fn task(value: &Value) -> StoppedTask {
    let arn = text(value, "taskArn");
    StoppedTask {
        task: arn.rsplit('/').next().unwrap().to_owned(),
        task_definition: TaskDefArn::new(text(value, "taskDefinitionArn")),
        stop_code: value["stopCode"].as_str().map(str::to_owned),
        reason: value["stoppedReason"].as_str().map(str::to_owned),
        containers: list(&value["containers"])
            .iter()
            .map(|container| {
                let code = container["exitCode"].as_i64();
                StoppedContainer {
                    name: ContainerName::new(text(container, "name")),
                    exit_code: code.map(|code| i32::try_from(code).unwrap()),
                    reason: container["reason"].as_str().map(str::to_owned),
                    runtime_id: container["runtimeId"].as_str().map(str::to_owned),
                }
            })
            .collect(),
    }
}

pub(crate) fn one_task(value: &Value) -> OneTask {
    OneTask { arn: text(value, "taskArn"), status: text(value, "lastStatus"), stopped: task(value) }
}

pub(crate) fn rule(value: &Value) -> ListenerRule {
    let actions = list(&value["Actions"]);
    let forward = actions.iter().find(|action| action["Type"] == "forward");
    let config = forward.map(|action| action["ForwardConfig"].clone()).unwrap_or_default();
    ListenerRule {
        arn: ListenerRuleArn::new(text(value, "RuleArn")),
        is_default: value["IsDefault"].as_bool().unwrap(),
        groups: list(&config["TargetGroups"])
            .iter()
            .map(|group| {
                let arn = TargetGroupArn::new(text(group, "TargetGroupArn"));
                (arn, number(&group["Weight"]))
            })
            .collect(),
        sticky: config["TargetGroupStickinessConfig"]["Enabled"].as_bool().unwrap_or(false),
    }
}

pub(crate) fn target(value: &Value) -> TargetHealth {
    let health = &value["TargetHealth"];
    TargetHealth {
        target: format!("{}:{}", text(&value["Target"], "Id"), value["Target"]["Port"]),
        state: text(health, "State"),
        reason: health["Reason"].as_str().map(str::to_owned),
        description: health["Description"].as_str().map(str::to_owned),
    }
}

pub(crate) fn scalable_target(value: &Value) -> ScalableTarget {
    let suspended = value["SuspendedState"]["DynamicScalingInSuspended"] == true;
    ScalableTarget {
        least: number(&value["MinCapacity"]),
        most: number(&value["MaxCapacity"]),
        scale_in: if suspended { ScaleIn::Suspended } else { ScaleIn::On },
    }
}

pub(crate) fn target_group(value: &Value) -> TargetGroup {
    let said = |member: &str| value[member].as_str().map(str::to_owned);
    TargetGroup {
        arn: TargetGroupArn::new(text(value, "TargetGroupArn")),
        protocol: text(value, "Protocol"),
        protocol_version: said("ProtocolVersion"),
        port: None,
        vpc: said("VpcId"),
        target_type: text(value, "TargetType"),
        health_check: HealthCheck {
            path: said("HealthCheckPath"),
            port: text(value, "HealthCheckPort"),
            codes: value["Matcher"]["HttpCode"].as_str().map(str::to_owned),
            ..HealthCheck::default()
        },
        load_balancers: list(&value["LoadBalancerArns"])
            .iter()
            .filter_map(|arn| arn.as_str().map(str::to_owned))
            .collect(),
    }
}

pub(crate) fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

pub(crate) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or("").to_owned()
}

fn number(value: &Value) -> u32 {
    value.as_u64().map_or(0, |number| u32::try_from(number).unwrap())
}

fn time(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "simulated times are small")]
    Some(Timestamp::from_millis((seconds * 1000.0).round() as i64))
}

fn tags(value: &Value) -> BTreeMap<String, String> {
    list(value).iter().map(|tag| (text(tag, "key"), text(tag, "value"))).collect()
}

/// One result of GetMetricData.
pub(crate) fn series(value: &Value) -> SeriesAnswer {
    let minutes = list(&value["Timestamps"]);
    let minutes = minutes.iter().map(|at| at.as_i64().unwrap() / 60);
    let values = list(&value["Values"]);
    let points = minutes.zip(values.iter().map(|value| value.as_f64().unwrap())).collect();
    let status = text(value, "StatusCode");
    SeriesAnswer { points, lacks: (status != "Complete").then_some(status) }
}

pub(crate) fn alarm(value: &Value) -> Alarm {
    let state = match text(value, "StateValue").as_str() {
        "OK" => AlarmState::Ok,
        "ALARM" => AlarmState::Alarm,
        "INSUFFICIENT_DATA" => AlarmState::InsufficientData,
        other => AlarmState::Unknown(other.to_owned()),
    };
    Alarm {
        name: text(value, "AlarmName"),
        state,
        since: time(&value["StateTransitionedTimestamp"]),
        reason: text(value, "StateReason"),
    }
}
