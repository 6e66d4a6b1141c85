//! ContinueServiceDeployment: the answer to a pause.

use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::scheduler;
use crate::cloud::brain::state::{HookStatus, ServiceDeploymentStatus, World};
use serde_json::{Value, json};

/// ContinueServiceDeployment: CONTINUE or ROLLBACK for one hook that waits.
pub(super) fn go_on(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Value, ApiError> {
    let arn = body::required(request, "serviceDeploymentArn")?;
    let id = body::required(request, "hookId")?;
    let status = match body::text(request, "action").unwrap_or("CONTINUE") {
        "CONTINUE" => HookStatus::Succeeded,
        "ROLLBACK" => HookStatus::Failed,
        other => {
            return Err(ApiError::parameter(format!("action {other} is not supported.")));
        }
    };
    let key = world
        .services
        .values()
        .find(|service| service.service_deployments.iter().any(|found| found.arn == arn))
        .map(|service| service.key.clone())
        .ok_or_else(|| {
            ApiError::client("ServiceDeploymentNotFoundException", "Service deployment not found.")
        })?;
    let Some(mut service) = world.services.remove(&key) else { return Ok(json!({})) };
    let answer = answer(&mut service.service_deployments, (arn, id), status);
    if answer.is_ok() {
        scheduler::look_soon(world, &mut service, caller.now);
    }
    world.services.insert(key, service);
    answer.map(|()| json!({"serviceDeploymentArn": arn}))
}

fn answer(
    deployments: &mut [crate::cloud::brain::state::ServiceDeployment],
    (arn, id): (&str, &str),
    status: HookStatus,
) -> Result<(), ApiError> {
    let deployment = deployments.iter_mut().find(|found| found.arn == arn);
    let Some(deployment) = deployment else { return Ok(()) };
    if deployment.status != ServiceDeploymentStatus::InProgress {
        return Err(ApiError::parameter(format!(
            "The service deployment is in status {} and cannot be continued.",
            deployment.status.as_str()
        )));
    }
    let run = deployment
        .lifecycle
        .iter_mut()
        .flat_map(|lifecycle| &mut lifecycle.hooks)
        .find(|run| run.id == id && run.function.is_none())
        .ok_or_else(|| ApiError::parameter("The lifecycle hook was not found."))?;
    if run.status != HookStatus::AwaitingAction {
        return Err(ApiError::parameter(format!(
            "The lifecycle hook is in status {} and awaits no action.",
            run.status.as_str()
        )));
    }
    run.status = status;
    Ok(())
}
