//! `--create-log-groups`: which groups the containers write to.

use crate::aws::LogGroup;
use crate::failure::{Exit, Failure};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The groups of containers with the driver awslogs, each once.
///
/// # Errors
/// No container names one: then the option is a mistake.
pub(super) fn named(task: &Map<String, Value>) -> Result<BTreeSet<LogGroup>, Failure> {
    let containers = task.get("containerDefinitions").and_then(Value::as_array);
    let groups = containers.into_iter().flatten().filter_map(|container| {
        let log = &container["logConfiguration"];
        let options = (log["logDriver"] == "awslogs").then(|| &log["options"])?;
        let name = options["awslogs-group"].as_str()?.to_owned();
        Some(LogGroup { name, region: options["awslogs-region"].as_str().map(str::to_owned) })
    });
    let groups: BTreeSet<LogGroup> = groups.collect();
    if groups.is_empty() {
        let message = "--create-log-groups: no container names a log group";
        return Err(Failure::new(Exit::Usage, message)
            .hint("write logging: {driver: awslogs, options: {awslogs-group: NAME}}"));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(logs: &[Value]) -> Map<String, Value> {
        let containers: Vec<Value> =
            logs.iter().map(|log| json!({"name": "x", "logConfiguration": log})).collect();
        json!({"containerDefinitions": containers}).as_object().unwrap().clone()
    }

    #[test]
    fn groups_of_awslogs_are_named_once() {
        let a = json!({"logDriver": "awslogs",
            "options": {"awslogs-group": "/ecs/a", "awslogs-region": "eu-west-1"}});
        let other = json!({"logDriver": "syslog", "options": {"awslogs-group": "/ecs/b"}});
        let found = named(&task(&[a.clone(), a, other.clone()])).unwrap();
        let region = Some("eu-west-1".to_owned());
        assert_eq!(Vec::from_iter(found), [LogGroup { name: "/ecs/a".to_owned(), region }]);
        assert_eq!(named(&task(&[other])).unwrap_err().exit(), Exit::Usage);
    }
}
