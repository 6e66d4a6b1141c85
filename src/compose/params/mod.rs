//! ecs-params, version 1: what ECS has and Compose has no word for.

mod containers;
mod run;
pub(super) mod table;
mod task;
mod volumes;

use super::input::{ComposeInput, Dialect, SourceText};
use super::scope::Scope;
use super::service::{Body, Task};
use crate::config::yaml::{self, Node, Value as Yaml};
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
    let mut root = match yaml::read(&source.name, &source.text) {
        Ok(root) => root,
        Err(findings) => {
            findings.into_iter().for_each(|finding| scope.report(finding));
            return added;
        }
    };
    expand(scope, &mut root);
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
    let mut root = match yaml::read(&source.name, &source.text) {
        Ok(root) => root,
        Err(findings) => {
            findings.into_iter().for_each(|finding| scope.report(finding));
            return None;
        }
    };
    expand(scope, &mut root);
    let map = root.as_map()?;
    let mode = map.get("task_definition")?.as_map()?.get("ecs_network_mode")?.as_text()?;
    let node = map.get("run_params")?.as_map()?.get("network_configuration")?;
    let mut added = Added::default();
    added.task.insert("networkMode".to_owned(), mode.into());
    (mode == "awsvpc").then(|| run::network_configuration(scope, node, &mut added))?;
    added.update.remove("networkConfiguration")
}

/// Puts variables into keys and values. ecs-cli took an unset one for an empty text.
fn expand(scope: &mut Scope<'_>, node: &mut Node) {
    let at = node.at.clone();
    match &mut node.value {
        Yaml::List(items) => items.iter_mut().for_each(|item| expand(scope, item)),
        Yaml::Map(map) => {
            for entry in &mut map.entries {
                if let Some(key) = expanded(scope, &entry.key, &entry.at) {
                    entry.key = key;
                }
                expand(scope, &mut entry.value);
            }
        }
        Yaml::Scalar { text, .. } => {
            if let Some(done) = expanded(scope, text, &at) {
                *text = done;
            }
        }
    }
}

fn expanded(scope: &mut Scope<'_>, text: &str, at: &yaml::Place) -> Option<String> {
    if !text.contains('$') {
        return None;
    }
    let variables = &*scope;
    // ecs-cli had no .env here.
    let lookup = |name: &str| match variables.input.dialect {
        Dialect::EcsCli => (variables.input.lookup)(name),
        Dialect::Native => variables.variable(name),
    };
    match yaml::expand(text, &lookup) {
        Ok(done) => {
            for name in &done.unset {
                let finding = at.error(format!("variable {name} is not set"));
                scope.strict(finding.hint(format!("Set it, or write ${{{name}:-default}}.")));
            }
            Some(done.text)
        }
        Err(error) => {
            scope.report(at.error(error.to_string()).hint("A dollar sign is written $$."));
            None
        }
    }
}
