//! The difference between what runs and what is wanted, in words for the log.

use super::normal::normal_form;
use crate::model::{LiveTaskDefinition, TaskDefinitionSpec};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Texts that are shown: none of them can be a secret.
const SHOWN: &[&str] =
    &["networkMode", "pidMode", "ipcMode", "taskRoleArn", "executionRoleArn", "cpu", "memory"];

/// What differs between `live` and `wanted`; empty = the same tasks, no new revision. Of
/// environment variables, commands, labels and options only the names are told.
///
/// With several containers a change starts with the container's name. The family and the
/// order of lists are no difference.
pub fn changes(live: &LiveTaskDefinition, wanted: &TaskDefinitionSpec) -> Vec<String> {
    let mut before = normal_form(&live.described);
    let mut after = normal_form(wanted.body());
    for body in [&mut before, &mut after] {
        body.remove("family");
    }
    same_roles(&mut before, &mut after);
    let (old, new) = (containers(&mut before), containers(&mut after));
    let mut words = Vec::new();
    for field in fields_of(&before, &after) {
        words.extend(difference("task ", field, before.get(field), after.get(field)));
    }
    let names: BTreeSet<&str> = old.iter().chain(&new).map(name_of).collect();
    for name in &names {
        let find = |list: &[Value]| list.iter().find(|c| name_of(c) == *name).cloned();
        match (find(&old), find(&new)) {
            (Some(before), Some(after)) => {
                let prefix = if names.len() > 1 { format!("{name}: ") } else { String::new() };
                let of_container = container(&before, &after);
                words.extend(of_container.into_iter().map(|word| format!("{prefix}{word}")));
            }
            (None, _) => words.push(format!("container {name} added")),
            (_, None) => words.push(format!("container {name} removed")),
        }
    }
    words
}

/// A role may be written by its name or by its ARN: the same role is no difference.
fn same_roles(before: &mut Map<String, Value>, after: &mut Map<String, Value>) {
    for field in ["taskRoleArn", "executionRoleArn"] {
        let text = |body: &Map<String, Value>| {
            body.get(field).and_then(Value::as_str).unwrap_or("").to_owned()
        };
        let (old, new) = (text(before), text(after));
        let by_name = old.starts_with("arn:") != new.starts_with("arn:");
        let last = |role: &str| role.rsplit('/').next().map(str::to_owned);
        if by_name && last(&old) == last(&new) {
            after.insert(field.to_owned(), old.into());
        }
    }
}

fn containers(body: &mut Map<String, Value>) -> Vec<Value> {
    match body.remove("containerDefinitions") {
        Some(Value::Array(containers)) => containers,
        _ => Vec::new(),
    }
}

fn name_of(container: &Value) -> &str {
    container.get("name").and_then(Value::as_str).unwrap_or("")
}

fn container(before: &Value, after: &Value) -> Vec<String> {
    let empty = Map::new();
    let (before, after) =
        (before.as_object().unwrap_or(&empty), after.as_object().unwrap_or(&empty));
    let mut words = Vec::new();
    for field in fields_of(before, after) {
        let (old, new) = (before.get(field), after.get(field));
        match field {
            "environment" => words.extend(named("", "value", old, new)),
            "secrets" => words.extend(named("secret ", "valueFrom", old, new)),
            _ => words.extend(difference("", field, old, new)),
        }
    }
    words
}

/// The fields of both, `image` first, then by name.
fn fields_of<'b>(before: &'b Map<String, Value>, after: &'b Map<String, Value>) -> Vec<&'b str> {
    let all: BTreeSet<&str> = before.keys().chain(after.keys()).map(String::as_str).collect();
    let mut all: Vec<&str> = all.into_iter().collect();
    all.sort_by_key(|field| *field != "image");
    all
}

fn difference(
    prefix: &str,
    field: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Option<String> {
    if old == new {
        return None;
    }
    let shown = |value: Option<&Value>| match value {
        None => Some("none".to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(yes)) => Some(yes.to_string()),
        Some(Value::String(text)) if SHOWN.contains(&field) => Some(text.clone()),
        Some(_) => None,
    };
    let on_off = |value: Option<&Value>| match value {
        // The normal form leaves out false, and `essential: true`.
        None if matches!(new.or(old), Some(Value::Bool(yes)) if *yes) => Some("false".to_owned()),
        other => shown(other),
    };
    match (on_off(old), on_off(new)) {
        (Some(before), Some(after)) if field != "image" => {
            Some(format!("{prefix}{field} {before} -> {after}"))
        }
        _ => Some(format!("{prefix}{field}")),
    }
}

/// Entries by name: `NAME`, `NAME added`, `NAME removed`; never a value.
fn named(prefix: &str, value: &str, old: Option<&Value>, new: Option<&Value>) -> Vec<String> {
    fn entries<'v>(list: Option<&'v Value>, value: &str) -> Vec<(&'v str, Option<&'v Value>)> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        items.map(|item| (name_of(item), item.get(value))).collect()
    }
    let (old, new) = (entries(old, value), entries(new, value));
    let find = |list: &[(&str, Option<&Value>)], name: &str| {
        list.iter().find(|(known, _)| *known == name).map(|(_, value)| value.cloned())
    };
    let names: BTreeSet<&str> = old.iter().chain(&new).map(|(name, _)| *name).collect();
    let word = |name: &str| match (find(&old, name), find(&new, name)) {
        (Some(before), Some(after)) if before == after => None,
        (Some(_), Some(_)) => Some(format!("{prefix}{name}")),
        (None, _) => Some(format!("{prefix}{name} added")),
        (_, None) => Some(format!("{prefix}{name} removed")),
    };
    names.into_iter().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TaskDefArn;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn told(live: Value, wanted: Value) -> String {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        let live = LiveTaskDefinition {
            arn: TaskDefArn::new("arn:aws:ecs:eu-west-1:1:task-definition/web:1"),
            active: true,
            described: map(live),
            tags: BTreeMap::new(),
        };
        changes(&live, &TaskDefinitionSpec::new(map(wanted))).join(", ")
    }

    #[test]
    fn the_same_definition_has_no_changes() {
        let container = json!({"name": "web", "image": "a@sha256:1", "memory": 512});
        let live = json!({"family": "web", "revision": 4, "containerDefinitions": [container]});
        let wanted = json!({"family": "canary", "containerDefinitions": [container]});
        assert_eq!(told(live, wanted), "");
    }

    #[test]
    fn changes_are_told_in_words_without_values_of_variables() {
        let live = json!({"cpu": "256", "containerDefinitions": [{
            "name": "web", "image": "a", "cpu": 256, "privileged": true,
            "environment": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "OLD", "value": "s3cret"}],
            "secrets": [{"name": "KEY", "valueFrom": "arn:1"}],
            "command": ["--token", "s3cret"],
        }]});
        let wanted = json!({"cpu": "0.5 vCPU", "containerDefinitions": [{
            "name": "web", "image": "b", "cpu": 512, "essential": true,
            "environment": [{"name": "LOG_LEVEL", "value": "debug"}, {"name": "NEW", "value": "s3cret"}],
            "secrets": [{"name": "KEY", "valueFrom": "arn:2"}],
        }]});
        assert_eq!(
            told(live, wanted),
            "task cpu 256 -> 512, image, command, cpu 256 -> 512, LOG_LEVEL, NEW added, \
             OLD removed, privileged true -> false, secret KEY"
        );
    }

    #[test]
    fn with_several_containers_each_change_names_its_container() {
        let live = json!({"containerDefinitions": [{"name": "web", "memory": 1}, {"name": "old"}]});
        let wanted =
            json!({"containerDefinitions": [{"name": "web", "memory": 2}, {"name": "new"}]});
        assert_eq!(
            told(live, wanted),
            "container new added, container old removed, web: memory 1 -> 2"
        );
    }

    #[test]
    fn a_role_by_name_is_the_role_by_arn() {
        let arn = json!({"executionRoleArn": "arn:aws:iam::1:role/TaskExecRole"});
        assert_eq!(told(arn.clone(), json!({"executionRoleArn": "TaskExecRole"})), "");
        assert_eq!(
            told(arn, json!({"executionRoleArn": "Other"})),
            "task executionRoleArn arn:aws:iam::1:role/TaskExecRole -> Other"
        );
    }
}
