//! A container definition while it is being made.

use super::Task;
use crate::compose::scope::Scope;
use crate::config::yaml::Place;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Everything of a container definition that is known so far.
pub(in crate::compose) struct Body {
    /// The service's name, which is the container's.
    pub name: String,
    /// Where the service is written.
    pub at: Place,
    /// Finished fields.
    pub fields: Map<String, Value>,
    /// `linuxParameters`.
    pub linux: Map<String, Value>,
    /// Variables in order; a later one of the same name has replaced the earlier.
    pub environment: Vec<(String, String)>,
    /// Where each variable stands in `environment`.
    pub variables: HashMap<String, usize>,
    /// CPU units.
    pub cpu: Option<i64>,
    /// Hard limit in MiB.
    pub memory: Option<i64>,
    /// Soft limit in MiB.
    pub reservation: Option<i64>,
    /// What the compose file said of `cpu`, `memory` and `memoryReservation`: key, size, place.
    pub said: HashMap<&'static str, (String, i64, Place)>,
    /// `memswap_limit` in MiB, and where it is written.
    pub memory_and_swap: Option<(i64, Place)>,
    /// Said in the files; a task has at least one essential container.
    pub essential: Option<bool>,
    /// Where the image is written.
    pub image_at: Option<Place>,
}

/// What a function of the table works on.
pub(in crate::compose) struct Container<'s, 'a> {
    /// Input, format and findings.
    pub scope: &'s mut Scope<'a>,
    /// What the containers share.
    pub task: &'s mut Task,
    /// The container.
    pub body: &'s mut Body,
}

impl Body {
    /// A container without fields.
    pub(in crate::compose) fn new(name: &str, at: &Place) -> Self {
        Self {
            name: name.to_owned(),
            at: at.clone(),
            fields: Map::new(),
            linux: Map::new(),
            environment: Vec::new(),
            variables: HashMap::new(),
            cpu: None,
            memory: None,
            reservation: None,
            said: HashMap::new(),
            memory_and_swap: None,
            essential: None,
            image_at: None,
        }
    }

    /// The path of a field in the task definition.
    pub(in crate::compose) fn path(&self, field: &str) -> String {
        format!("containerDefinitions/{}/{field}", self.name)
    }
}

impl Container<'_, '_> {
    /// Sets a field, and remembers where it is written. Empty texts and lists say nothing.
    pub(in crate::compose) fn set(&mut self, field: &str, value: impl Into<Value>, at: &Place) {
        let value = value.into();
        let empty = match &value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Null => true,
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !empty {
            let path = self.body.path(field);
            self.scope.remember(path, at);
            self.body.fields.insert(field.to_owned(), value);
        }
    }

    /// Sets a member of `linuxParameters`.
    pub(in crate::compose) fn set_linux(
        &mut self,
        field: &str,
        value: impl Into<Value>,
        at: &Place,
    ) {
        let path = self.body.path(&format!("linuxParameters/{field}"));
        self.scope.remember(path, at);
        self.body.linux.insert(field.to_owned(), value.into());
    }
}
