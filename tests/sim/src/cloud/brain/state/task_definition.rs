//! A registered task definition. Owns its data and how to read it.

use super::Tags;
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value};

/// One revision, whole.
#[derive(Debug, Clone)]
pub(crate) struct TaskDefinition {
    pub(crate) family: String,
    pub(crate) revision: u32,
    pub(crate) arn: String,
    pub(crate) active: bool,
    /// Every member that was sent, with ECS's defaults.
    pub(crate) fields: Map<String, Value>,
    pub(crate) tags: Tags,
    pub(crate) registered_at: SimTime,
    pub(crate) registered_by: String,
    pub(crate) deregistered_at: Option<SimTime>,
}

impl TaskDefinition {
    /// The containers, as registered.
    pub(crate) fn containers(&self) -> &[Value] {
        self.fields.get("containerDefinitions").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The container of that name.
    pub(crate) fn container(&self, name: &str) -> Option<&Value> {
        self.containers().iter().find(|container| container["name"] == name)
    }

    /// Image references in the order of the containers.
    pub(crate) fn images(&self) -> Vec<String> {
        self.containers()
            .iter()
            .map(|container| container["image"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// True when tasks have a network interface of their own.
    pub(crate) fn is_awsvpc(&self) -> bool {
        self.fields.get("networkMode").and_then(Value::as_str) == Some("awsvpc")
    }

    /// A task-level member as text.
    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.fields.get(member).and_then(Value::as_str)
    }
}
