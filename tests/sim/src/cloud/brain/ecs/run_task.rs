//! RunTask: tasks that belong to no service.

use super::{find, service_rules, task_json};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::caller::Caller;
use crate::cloud::brain::scheduler::{self, Birth};
use crate::cloud::brain::state::{Tags, World};
use serde_json::{Map, Value, json};

/// Most tasks of one call.
const MOST: u32 = 10;
/// Members that are kept with each task.
const SHOWN: [&str; 7] = [
    "launchType",
    "platformVersion",
    "overrides",
    "networkConfiguration",
    "enableExecuteCommand",
    "capacityProviderStrategy",
    "referenceId",
];

/// RunTask. The same client token again is answered with the same tasks.
pub(super) fn run(world: &mut World, caller: &Caller, request: &Value) -> Result<Value, ApiError> {
    let cluster = find::cluster(world, request)?.name.clone();
    let named = body::required(request, "taskDefinition")?;
    let token =
        body::text(request, "clientToken").map(|token| ("RunTask".to_owned(), token.to_owned()));
    if let Some(token) = &token
        && let Some((earlier, answer)) = world.client_tokens.get(token)
    {
        if earlier == request {
            return Ok(answer.clone());
        }
        return Err(ApiError::client(
            "ConflictException",
            "The client token was used before with other parameters.",
        ));
    }
    let definition = find::usable_task_definition(world, named)?.clone();
    let mut shown: Map<String, Value> = request.as_object().cloned().unwrap_or_default();
    shown.retain(|member, _| SHOWN.contains(&member.as_str()));
    shown.entry("launchType").or_insert(json!("EC2"));
    service_rules::check(world, &shown, &definition)?;
    let count = body::count(request, "count").unwrap_or(1);
    if !(1..=MOST).contains(&count) {
        return Err(ApiError::parameter(format!("Count should be between 1 and {MOST}.")));
    }
    let mut tags = Tags::from_list(&request["tags"]);
    caller.check_tags(!tags.is_empty())?;
    if body::text(request, "propagateTags") == Some("TASK_DEFINITION") {
        tags.merge(&definition.tags);
    }
    let birth = Birth {
        cluster,
        service: None,
        deployment: None,
        group: body::text(request, "group")
            .map_or_else(|| format!("family:{}", definition.family), str::to_owned),
        started_by: body::text(request, "startedBy").map(str::to_owned),
        shown,
        tags,
    };
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for _ in 0..count {
        match scheduler::start(world, &definition, &birth, caller.now) {
            Ok(id) => tasks.push(task_json::render(world, &world.tasks[&id])),
            Err(reason) => failures.push(json!({
                "arn": world.ids.ecs("container-instance"),
                "reason": reason,
            })),
        }
    }
    let answer = json!({"tasks": tasks, "failures": failures});
    if let Some(token) = token {
        world.client_tokens.insert(token, (request.clone(), answer.clone()));
    }
    Ok(answer)
}
