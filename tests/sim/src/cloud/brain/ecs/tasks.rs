//! ListTasks, DescribeTasks, StopTask.

use super::{find, task_json};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::scheduler;
use crate::cloud::brain::state::{Stop, Task, World};
use serde_json::{Value, json};

/// Most tasks that one Describe may name.
const MOST: usize = 100;

/// ListTasks: by wanted state, RUNNING when the request does not say.
pub(super) fn list(world: &World, request: &Value) -> Result<Value, ApiError> {
    let cluster = &find::cluster(world, request)?.name;
    let running = body::text(request, "desiredStatus").unwrap_or("RUNNING") != "STOPPED";
    let service = body::text(request, "serviceName").map(find::short);
    let family = body::text(request, "family");
    let started_by = body::text(request, "startedBy");
    let launch = body::text(request, "launchType");
    let mut tasks: Vec<&Task> = world
        .tasks
        .values()
        .filter(|task| {
            task.cluster == *cluster
                && task.wanted == running
                && service.is_none_or(|wanted| task.service.as_deref() == Some(wanted))
                && family.is_none_or(|wanted| task.family == wanted)
                && started_by.is_none_or(|wanted| task.started_by.as_deref() == Some(wanted))
                && launch.is_none_or(|wanted| task.shown["launchType"] == wanted)
        })
        .collect();
    tasks.sort_by_key(|task| task.order);
    let arns: Vec<&String> = tasks.into_iter().map(|task| &task.arn).collect();
    let (arns, next) = body::page(arns, request, 100);
    Ok(body::without_nulls(json!({"taskArns": arns, "nextToken": next})))
}

/// DescribeTasks.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let cluster = find::cluster(world, request)?.name.clone();
    let wanted = body::texts(request, "tasks");
    if wanted.is_empty() {
        return Err(ApiError::parameter("Tasks cannot be empty."));
    }
    if wanted.len() > MOST {
        return Err(ApiError::parameter(format!("Tasks can not have more than {MOST} items.")));
    }
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for named in wanted {
        let id = find::short(&named);
        match world.tasks.get(id).filter(|task| task.cluster == cluster) {
            Some(task) => tasks.push(task_json::render(world, task)),
            None => failures.push(json!({
                "arn": world.ids.ecs(&format!("task/{cluster}/{id}")),
                "reason": "MISSING",
            })),
        }
    }
    Ok(json!({"tasks": tasks, "failures": failures}))
}

/// StopTask.
pub(super) fn stop(world: &mut World, caller: &Caller, request: &Value) -> Result<Value, ApiError> {
    let cluster = find::cluster(world, request)?.name.clone();
    let id = find::short(body::required(request, "task")?).to_owned();
    if world.tasks.get(&id).is_none_or(|task| task.cluster != cluster) {
        return Err(ApiError::parameter("The referenced task was not found."));
    }
    let reason = body::text(request, "reason").unwrap_or("Task stopped by user").to_owned();
    scheduler::stop(world, &id, Stop { code: "UserInitiated", reason }, caller.now);
    Ok(json!({"task": task_json::render(world, &world.tasks[&id])}))
}
