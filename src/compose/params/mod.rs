//! ecs-params, version 1: what ECS has and Compose has no word for.

mod containers;
mod expand;
mod run;
pub(super) mod table;
mod task;
mod volumes;

use super::input::{ComposeInput, SourceText};
use super::scope::Scope;
use super::service::{Body, Task};
use crate::config::yaml::Node;
use crate::model::{Finding, has_errors, sort_by_place};
use serde_json::{Map, Value};

/// What a params file adds to the requests.
#[derive(Default)]
pub(super) struct Added {
    /// Members of the task definition.
    pub task: Map<String, Value>,
    /// Members of CreateService.
    pub create: Map<String, Value>,
    /// Members of UpdateService.
    pub update: Map<String, Value>,
}

/// Reads the params file and applies it to the containers and volumes.
pub(super) fn apply(scope: &mut Scope<'_>, task: &mut Task, bodies: &mut [Body]) -> Added {
    let mut added = Added::default();
    let Some(source) = &scope.input.params else { return added };
    let Some(root) = expand::read(scope, source) else { return added };
    let Some(map) = scope.sub_params("ecs-params", &root, table::ROOT) else { return added };
    if let Some(version) = map.get("version")
        && version.as_text() != Some("1")
    {
        let finding = version.at.error(format!("version is {}; known is 1", version.describe()));
        scope.strict(finding);
    }
    if let Some(node) = map.get("task_definition") {
        // What is missing in the task definition belongs here.
        scope.remember(String::new(), &node.at);
        task::apply(scope, node, task, bodies, &mut added.task);
    }
    if let Some(node) = map.get("run_params") {
        run::apply(scope, node, &mut added);
    }
    let definition = map.get("task_definition").and_then(Node::as_map);
    let efs = definition.and_then(|definition| definition.get("efs_volumes"));
    if efs.and_then(Node::as_list).is_some_and(|volumes| !volumes.is_empty()) {
        run::platform_version(scope, &mut added);
    }
    added
}

/// `networkConfiguration` of the params file in `input`, which needs no compose file; and
/// warnings.
///
/// # Errors
/// All findings, when one of them is an error.
pub fn service_network(
    input: &ComposeInput<'_>,
) -> Result<(Option<Value>, Vec<Finding>), Vec<Finding>> {
    let mut scope = Scope::new(input);
    let network = input.params.as_ref().and_then(|source| network(&mut scope, source));
    sort_by_place(&mut scope.findings);
    if has_errors(&scope.findings) { Err(scope.findings) } else { Ok((network, scope.findings)) }
}

fn network(scope: &mut Scope<'_>, source: &SourceText) -> Option<Value> {
    let root = expand::read(scope, source)?;
    let map = root.as_map()?;
    let mode = map.get("task_definition")?.as_map()?.get("ecs_network_mode")?.as_text()?;
    let node = map.get("run_params")?.as_map()?.get("network_configuration")?;
    let mut added = Added::default();
    added.task.insert("networkMode".to_owned(), mode.into());
    (mode == "awsvpc").then(|| run::network_configuration(scope, node, &mut added))?;
    added.update.remove("networkConfiguration")
}
