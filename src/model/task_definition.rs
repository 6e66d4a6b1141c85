//! Task definitions: the one we want, and one that AWS holds.

use super::{TaskDefArn, TaskImage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The body of a RegisterTaskDefinition request without tags, in the API's spelling
/// (`containerDefinitions`, `networkMode`, ...). JSON is kept as it is so that a field which
/// this program does not know reaches AWS unchanged; `compose` makes it, `aws` sends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskDefinitionSpec(Map<String, Value>);

/// A registered revision as AWS describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveTaskDefinition {
    /// Its ARN.
    pub arn: TaskDefArn,
    /// False once it was deregistered (`INACTIVE`): no service may be moved to it.
    pub active: bool,
    /// The `taskDefinition` member of the answer, every field, in the API's spelling.
    pub described: Map<String, Value>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl TaskDefinitionSpec {
    /// Wraps a request body.
    pub fn new(body: Map<String, Value>) -> Self {
        Self(body)
    }

    /// The request body.
    pub fn body(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The family; empty when the body has none.
    pub fn family(&self) -> &str {
        self.0.get("family").and_then(Value::as_str).unwrap_or("")
    }

    /// The same definition under another family (one for each service).
    pub fn with_family(&self, family: &str) -> Self {
        let mut body = self.0.clone();
        body.insert("family".to_owned(), Value::from(family));
        Self(body)
    }

    /// The containers, in order.
    pub fn containers(&self) -> impl Iterator<Item = &Map<String, Value>> {
        containers_of(&self.0)
    }

    /// The image of container `name`, as written.
    pub fn image(&self, name: &str) -> Option<&str> {
        image_of(&self.0, name)
    }

    /// The same definition with `image` in container `name`; unchanged when there is none.
    pub fn with_image(&self, name: &str, image: &TaskImage) -> Self {
        let mut body = self.0.clone();
        let containers = body.get_mut("containerDefinitions").and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if container.get("name").and_then(Value::as_str) == Some(name) {
                container["image"] = Value::from(image.to_string());
            }
        }
        Self(body)
    }
}

impl LiveTaskDefinition {
    /// The containers, in order.
    pub fn containers(&self) -> impl Iterator<Item = &Map<String, Value>> {
        containers_of(&self.described)
    }

    /// The image of container `name`, as registered.
    pub fn image(&self, name: &str) -> Option<&str> {
        image_of(&self.described, name)
    }
}

fn containers_of(body: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let containers = body.get("containerDefinitions").and_then(Value::as_array);
    containers.into_iter().flatten().filter_map(Value::as_object)
}

fn image_of<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    containers_of(body)
        .find(|container| container.get("name").and_then(Value::as_str) == Some(name))?
        .get("image")?
        .as_str()
}
