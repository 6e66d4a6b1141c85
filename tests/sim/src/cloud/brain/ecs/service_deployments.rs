//! ListServiceDeployments, DescribeServiceDeployments, StopServiceDeployment.

use super::find;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::scheduler::{self, Counts};
use crate::cloud::brain::state::{
    HookRun, Lifecycle, LifecycleStage, Service, ServiceDeployment, World,
};
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};

/// Most service deployments that one Describe may name.
const MOST: usize = 20;

/// ListServiceDeployments, newest first.
pub(super) fn list(world: &World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let key = find::service_key(world, request, "service")?;
    let service = world
        .services
        .get(&key)
        .ok_or_else(|| ApiError::client("ServiceNotFoundException", "Service not found."))?;
    let statuses = body::texts(request, "status");
    let bound = |member: &str| request["createdAt"].get(member).and_then(Value::as_f64);
    let (after, before) = (bound("after"), bound("before"));
    let briefs: Vec<Value> = service
        .service_deployments
        .iter()
        .rev()
        .filter(|found| {
            let at = found.created_at.epoch_seconds();
            now.since(found.created_at) >= world.pace.deployment_listed
                && (statuses.is_empty()
                    || statuses.iter().any(|text| text == found.status.as_str()))
                && after.is_none_or(|after| at > after)
                && before.is_none_or(|before| at < before)
        })
        .map(|found| brief(world, service, found))
        .collect();
    let (briefs, next) = body::page(briefs, request, 20);
    Ok(body::without_nulls(json!({"serviceDeployments": briefs, "nextToken": next})))
}

/// DescribeServiceDeployments.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let wanted = body::texts(request, "serviceDeploymentArns");
    if wanted.is_empty() || wanted.len() > MOST {
        return Err(ApiError::parameter(format!(
            "serviceDeploymentArns must have between 1 and {MOST} items."
        )));
    }
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for arn in wanted {
        match by_arn(world, &arn) {
            Some((service, deployment)) => found.push(render(world, service, deployment)),
            None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    Ok(json!({"serviceDeployments": found, "failures": failures}))
}

/// StopServiceDeployment with ROLLBACK.
pub(super) fn stop(world: &mut World, caller: &Caller, request: &Value) -> Result<Value, ApiError> {
    let arn = body::required(request, "serviceDeploymentArn")?;
    let kind = body::text(request, "stopType").unwrap_or("ROLLBACK");
    if kind != "ROLLBACK" {
        return Err(ApiError::parameter(format!("stopType {kind} is not supported.")));
    }
    let Some((service, deployment)) = by_arn(world, arn) else {
        return Err(ApiError::client(
            "ServiceDeploymentNotFoundException",
            "Service deployment not found.",
        ));
    };
    if deployment.status.is_terminal() {
        return Err(ApiError::client(
            "ConflictException",
            format!(
                "The service deployment is in status {} and cannot be stopped.",
                deployment.status.as_str()
            ),
        ));
    }
    let key = service.key.clone();
    if let Some(mut service) = world.services.remove(&key) {
        scheduler::ask_for_rollback(world, &mut service, caller.now);
        world.services.insert(key, service);
    }
    Ok(json!({"serviceDeploymentArn": arn}))
}

fn by_arn<'w>(world: &'w World, arn: &str) -> Option<(&'w Service, &'w ServiceDeployment)> {
    world.services.values().find_map(|service| {
        let found = service.service_deployments.iter().find(|found| found.arn == arn)?;
        Some((service, found))
    })
}

fn brief(world: &World, service: &Service, deployment: &ServiceDeployment) -> Value {
    let mut shown = dated(world, service, deployment);
    shown["targetServiceRevisionArn"] = json!(deployment.target_revision);
    if let Value::Object(members) = &mut shown {
        members.remove("updatedAt");
        members.remove("stoppedAt");
    }
    shown
}

/// The members that both forms have.
fn dated(world: &World, service: &Service, deployment: &ServiceDeployment) -> Value {
    let at = |time: Option<SimTime>| time.map(SimTime::epoch_seconds);
    body::without_nulls(json!({
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": service.arn,
        "clusterArn": world.ids.ecs(&format!("cluster/{}", service.key.cluster)),
        "createdAt": deployment.created_at.epoch_seconds(),
        "startedAt": at(deployment.started_at),
        "finishedAt": at(deployment.finished_at),
        "stoppedAt": at(deployment.stopped_at),
        "updatedAt": deployment.updated_at.epoch_seconds(),
        "status": deployment.status.as_str(),
        "statusReason": deployment.status_reason,
    }))
}

fn render(world: &World, service: &Service, deployment: &ServiceDeployment) -> Value {
    let mut shown = dated(world, service, deployment);
    let sources: Vec<Value> =
        deployment.source_revisions.iter().map(|arn| revision(world, service, arn)).collect();
    shown["sourceServiceRevisions"] = json!(sources);
    shown["targetServiceRevision"] = match deployment.final_counts {
        Some((requested, running, pending)) if deployment.lifecycle.is_none() => json!({
            "arn": deployment.target_revision,
            "requestedTaskCount": requested,
            "runningTaskCount": running,
            "pendingTaskCount": pending,
        }),
        _ => revision(world, service, &deployment.target_revision),
    };
    if let Some(lifecycle) = &deployment.lifecycle {
        render_lifecycle(world, &mut shown, lifecycle);
    }
    shown["deploymentConfiguration"] = deployment.configuration.clone();
    let (failures, threshold) = deployment.breaker_counts;
    shown["deploymentCircuitBreaker"] = json!({
        "status": deployment.breaker.as_str(),
        "failureCount": failures,
        "threshold": threshold,
    });
    if let Some(rollback) = &deployment.rollback {
        shown["rollback"] = json!({
            "reason": rollback.reason,
            "startedAt": rollback.started_at.epoch_seconds(),
            "serviceRevisionArn": rollback.revision_arn,
        });
    }
    if let Some(names) = deployment.configuration["alarms"]["alarmNames"].as_array() {
        let status =
            if deployment.triggered_alarms.is_empty() { "MONITORING" } else { "TRIGGERED" };
        shown["alarms"] = json!({
            "status": status,
            "alarmNames": names,
            "triggeredAlarmNames": deployment.triggered_alarms,
        });
    }
    shown
}

/// Stage, hooks and weights of a strategy other than ROLLING.
fn render_lifecycle(world: &World, shown: &mut Value, lifecycle: &Lifecycle) {
    let hidden = lifecycle.stage == LifecycleStage::PreProductionTrafficShift
        && !world.switches.pre_production_stage_is_shown;
    let stage = if hidden { LifecycleStage::ProductionTrafficShift } else { lifecycle.stage };
    shown["lifecycleStage"] = json!(stage.as_str());
    let hooks: Vec<Value> = lifecycle.hooks_now().map(render_hook).collect();
    shown["lifecycleHookDetails"] = json!(hooks);
    shown["targetServiceRevision"]["requestedProductionTrafficWeight"] = json!(lifecycle.weight);
    shown["targetServiceRevision"]["requestedTestTrafficWeight"] = json!(lifecycle.test_weight);
    for source in shown["sourceServiceRevisions"].as_array_mut().into_iter().flatten() {
        source["requestedProductionTrafficWeight"] = json!(100.0 - lifecycle.weight);
        source["requestedTestTrafficWeight"] = json!(100.0 - lifecycle.test_weight);
    }
}

fn render_hook(run: &HookRun) -> Value {
    body::without_nulls(json!({
        "hookId": run.id,
        "targetType": if run.function.is_some() { "AWS_LAMBDA" } else { "PAUSE" },
        "targetArn": run.function,
        "status": run.status.as_str(),
        "expiresAt": run.expires_at.epoch_seconds(),
        "timeoutAction": if run.continues { "CONTINUE" } else { "ROLLBACK" },
    }))
}

/// A revision with the counts of its tasks now.
fn revision(world: &World, service: &Service, arn: &str) -> Value {
    let rolling = service.deployments.iter().find(|found| found.revision_arn == arn);
    let tasks = world.tasks_of(&service.key);
    let own = Counts::of(
        world,
        tasks.iter().copied().filter(|task| {
            rolling.is_some_and(|found| task.deployment.as_deref() == Some(found.id.as_str()))
        }),
    );
    let is_wanted = service.primary().is_some_and(|primary| primary.revision_arn == arn);
    json!({
        "arn": arn,
        "requestedTaskCount": if is_wanted { service.desired } else { own.live },
        "runningTaskCount": own.running,
        "pendingTaskCount": own.pending,
    })
}
