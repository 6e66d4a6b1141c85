//! What containers say goes where their `awslogs` options point. Owns stream names, and what
//! becomes of a task whose log group is not there.

use crate::cloud::brain::body;
use crate::cloud::brain::options::LogGroups;
use crate::cloud::brain::state::{Task, TaskDefinition, World};
use crate::cloud::brain::time::SimTime;
use serde_json::Value;
use std::sync::Arc;

/// `logConfiguration.options` of a container whose driver is awslogs.
fn options<'d>(definition: &'d TaskDefinition, container: &str) -> Option<&'d Value> {
    let log = &definition.container(container)?["logConfiguration"];
    (body::text(log, "logDriver") == Some("awslogs")).then_some(&log["options"])
}

/// The first log group that the task needs and that is neither there nor to be made.
pub(crate) fn missing_group(world: &World, task: &Task) -> Option<String> {
    if world.log_groups == LogGroups::MadeWhenNeeded {
        return None;
    }
    let definition = world.task_definition(&task.task_definition)?;
    task.containers.iter().find_map(|container| {
        let options = options(definition, &container.name)?;
        let group = body::text(options, "awslogs-group")?;
        let made = body::flag(options, "awslogs-create-group") || world.logs.has(group);
        (!made).then(|| group.to_owned())
    })
}

/// Lines of the task's first essential container.
pub(crate) fn say(world: &mut World, id: &str, lines: &[String], now: SimTime) {
    let Some(task) = world.tasks.get(id) else { return };
    let Some(definition) = world.task_definition(&task.task_definition) else { return };
    let Some(container) = task.containers.iter().find(|one| one.essential) else { return };
    let Some(options) = options(definition, &container.name) else { return };
    let Some(group) = body::text(options, "awslogs-group").map(str::to_owned) else { return };
    let stream = match body::text(options, "awslogs-stream-prefix") {
        Some(prefix) => format!("{prefix}/{}/{id}", container.name),
        // Docker's own name of the container.
        None => container.runtime_id.clone().unwrap_or_else(|| id.to_owned()),
    };
    let logs = Arc::make_mut(&mut world.logs);
    logs.make(&group, now);
    for line in lines.iter().flat_map(|text| text.lines()) {
        logs.add((&group, &stream), now, line);
    }
}
