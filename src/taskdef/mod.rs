//! Compares task definitions in a normal form, so that what AWS fills in by itself is no change.

use crate::model::{LiveTaskDefinition, TaskDefinitionSpec};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What differs between a registered revision and a wanted one, in words; empty = the same.
/// The family is not compared.
pub fn changes(live: &LiveTaskDefinition, wanted: &TaskDefinitionSpec) -> Vec<String> {
    let mut found = Vec::new();
    for (key, value) in wanted.body() {
        if key == "family" || key == "containerDefinitions" {
            continue;
        }
        if normal(value) != live.described.get(key).and_then(normal) {
            found.push(key.clone());
        }
    }
    for container in wanted.containers() {
        let name = container.get("name").and_then(Value::as_str).unwrap_or("");
        let same_name =
            |other: &&Map<String, Value>| other.get("name").and_then(Value::as_str) == Some(name);
        match live.containers().find(same_name) {
            None => found.push(format!("container {name}")),
            Some(other) => found.extend(differing(container, other)),
        }
    }
    if live.containers().count() > wanted.containers().count() {
        found.push("a container less".to_owned());
    }
    found
}

fn differing(wanted: &Map<String, Value>, live: &Map<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = wanted.keys().chain(live.keys()).collect();
    let differs = |key: &&&String| {
        wanted.get(key.as_str()).and_then(normal) != live.get(key.as_str()).and_then(normal)
    };
    keys.iter().filter(differs).map(|key| (*key).clone()).collect()
}

/// Empty values, `false` and 0 count as absent.
fn normal(value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(normal).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(members) => {
            let members: Map<String, Value> = members
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), normal(value)?)))
                .collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
        Value::Bool(true) | Value::Number(_) | Value::String(_) => Some(value.clone()),
    }
}
