//! RunTask requests of `ecs-cli compose up`, `start`, `run` and `scale`.

use crate::compose::shell_words;
use crate::failure::{Exit, Failure};
use crate::model::TaskDefinitionSpec;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Members that a service and a task have in common.
const SHARED: [&str; 5] = [
    "networkConfiguration",
    "placementStrategy",
    "placementConstraints",
    "capacityProviderStrategy",
    "platformVersion",
];

/// What is the same in all requests of one command.
#[derive(Debug, Clone, Default)]
pub(super) struct RunOrder<'a> {
    pub(super) cluster: &'a str,
    /// Tasks of a project know each other by it.
    pub(super) group: String,
    /// Whose job starts them.
    pub(super) started_by: Option<String>,
    pub(super) launch_type: Option<String>,
    /// Members of CreateService by the params file.
    pub(super) extra: Map<String, Value>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) managed_tags: bool,
    /// Commands by container.
    pub(super) commands: BTreeMap<String, Vec<String>>,
}

impl RunOrder<'_> {
    /// The request, without `count` and `clientToken`.
    pub(super) fn request(&self, revision: &str) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("cluster".to_owned(), json!(self.cluster));
        body.insert("taskDefinition".to_owned(), json!(revision));
        body.insert("group".to_owned(), json!(self.group));
        if let Some(by) = &self.started_by {
            body.insert("startedBy".to_owned(), json!(by));
        }
        let shared = SHARED.iter().filter_map(|name| {
            self.extra.get(*name).map(|value| ((*name).to_owned(), value.clone()))
        });
        body.extend(shared);
        if let Some(launch) = &self.launch_type {
            body.insert("launchType".to_owned(), json!(launch));
        }
        if !self.tags.is_empty() {
            body.insert("tags".to_owned(), super::order::members(&self.tags));
        }
        if self.managed_tags {
            body.insert("enableECSManagedTags".to_owned(), json!(true));
        }
        if !self.commands.is_empty() {
            let overrides: Vec<Value> = self
                .commands
                .iter()
                .map(|(name, command)| json!({ "name": name, "command": command }))
                .collect();
            body.insert("overrides".to_owned(), json!({ "containerOverrides": overrides }));
        }
        body
    }
}

/// `CONTAINER "COMMAND ..." ...` of `compose run`.
///
/// # Errors
/// A container without a command, one that the file does not have, or a command that is no
/// line of a shell.
pub(super) fn commands(
    words: &[String],
    spec: &TaskDefinitionSpec,
) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let known: Vec<&str> =
        spec.containers().filter_map(|container| container.get("name")?.as_str()).collect();
    let wrong = |message: String| {
        Failure::new(Exit::Usage, message)
            .hint("ecs-cli compose run CONTAINER \"COMMAND ...\" [CONTAINER \"COMMAND ...\"] ...")
    };
    let mut commands = BTreeMap::new();
    for pair in words.chunks(2) {
        let [container, command] = pair else {
            return Err(wrong(format!("container {} has no command", pair.concat())));
        };
        if !known.contains(&container.as_str()) {
            let all = known.join(", ");
            return Err(wrong(format!("no container is called {container}: there are {all}")));
        }
        let words =
            shell_words(command).map_err(|why| wrong(format!("command of {container}: {why}")))?;
        drop(commands.insert(container.clone(), words));
    }
    Ok(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_belong_to_containers_of_the_file() {
        let body = json!({"family": "f", "containerDefinitions": [{"name": "web"}]});
        let spec = TaskDefinitionSpec::new(body.as_object().unwrap().clone());
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            commands(&words, &spec)
        };
        assert_eq!(read(&["web", "migrate 'a b'"]).unwrap()["web"], ["migrate", "a b"]);
        for words in [&["web"][..], &["db", "x"], &["web", "'open"]] {
            assert_eq!(read(words).unwrap_err().exit(), Exit::Usage, "{words:?}");
        }
    }
}
