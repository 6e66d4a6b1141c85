//! Tags of a resource. Owns their two spellings (ECS: `key`, ELB: `Key`).

use serde_json::{Value, json};

/// Tags in the order they were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tags(Vec<(String, String)>);

impl Tags {
    /// From a list of `{key, value}` or `{Key, Value}`; anything else is no tag.
    pub(crate) fn from_list(list: &Value) -> Self {
        let mut tags = Self::default();
        for tag in list.as_array().into_iter().flatten() {
            let text = |small: &str, big: &str| {
                tag.get(small).or_else(|| tag.get(big)).and_then(Value::as_str).map(str::to_owned)
            };
            if let Some(key) = text("key", "Key") {
                tags.set(key, text("value", "Value").unwrap_or_default());
            }
        }
        tags
    }

    pub(crate) fn set(&mut self, key: String, value: String) {
        match self.0.iter_mut().find(|(have, _)| *have == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (key, value) in &other.0 {
            self.set(key.clone(), value.clone());
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.0.retain(|(have, _)| have != key);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// ECS's spelling.
    pub(crate) fn to_ecs(&self) -> Value {
        self.0.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
    }

    /// Load balancing's spelling.
    pub(crate) fn to_elb(&self) -> Value {
        self.0.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
    }
}
