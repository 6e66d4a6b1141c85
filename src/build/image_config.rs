//! The image config: what a container of the image starts with. Fields of the base that we do
//! not know stay as they are.
//! Source: OCI image specification 1.1, "image configuration", and docker's additions to it.

use super::dockerfile::Health;
use crate::model::{Digest, Timestamp};
use crate::registry::Platform;
use serde_json::{Map, Value, json};

/// What a container's environment holds when nobody sets it.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Fields that docker once wrote about the container an image was made from.
const LEFT_OUT: &[&str] = &["container", "container_config", "docker_version", "id", "parent"];

/// An image config that can be changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImageConfig(Map<String, Value>);

impl ImageConfig {
    /// Of `FROM scratch`.
    pub(super) fn scratch(platform: &Platform) -> Self {
        let mut root = Map::new();
        drop(root.insert("architecture".to_owned(), json!(platform.architecture)));
        drop(root.insert("os".to_owned(), json!(platform.os)));
        if let Some(variant) = &platform.variant {
            drop(root.insert("variant".to_owned(), json!(variant)));
        }
        let config = json!({"Env": [format!("PATH={DEFAULT_PATH}")], "WorkingDir": "/"});
        drop(root.insert("config".to_owned(), config));
        drop(root.insert("rootfs".to_owned(), json!({"type": "layers", "diff_ids": []})));
        drop(root.insert("history".to_owned(), json!([])));
        Self(root)
    }

    /// Of a base image.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut root: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|error| format!("image config: {error}"))?;
        let layers = root.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
        if !layers.is_some_and(Value::is_array) {
            return Err("image config: rootfs.diff_ids is missing".to_owned());
        }
        for key in LEFT_OUT {
            drop(root.shift_remove(*key));
        }
        let mut config = Self(root);
        if !config.env().iter().any(|(name, _)| name == "PATH") {
            config.set_env("PATH", DEFAULT_PATH);
        }
        Ok(config)
    }

    /// The platform it is for; the text is empty where it says nothing.
    pub(super) fn platform(&self) -> Platform {
        let text = |key: &str| self.0.get(key).and_then(Value::as_str).map(str::to_owned);
        Platform {
            os: text("os").unwrap_or_default(),
            architecture: text("architecture").unwrap_or_default(),
            variant: text("variant").filter(|variant| !variant.is_empty()),
        }
    }

    /// Number of layers that it describes.
    pub(super) fn layers(&self) -> usize {
        let layers = self.0.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids"));
        layers.and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// The environment in order.
    pub(super) fn env(&self) -> Vec<(String, String)> {
        let words = self.words("Env");
        let pair = |word: &String| {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            (name.to_owned(), value.to_owned())
        };
        words.iter().map(pair).collect()
    }

    /// Sets a variable where it stands, or after the others.
    pub(super) fn set_env(&mut self, name: &str, value: &str) {
        let mut words = self.words("Env");
        let new = format!("{name}={value}");
        let start = format!("{name}=");
        match words.iter_mut().find(|word| word.starts_with(&start) || *word == name) {
            Some(word) => *word = new,
            None => words.push(new),
        }
        self.set("Env", json!(words));
    }

    /// The directory that commands start in; `/` when none is set.
    pub(super) fn workdir(&self) -> String {
        self.text("WorkingDir").unwrap_or_else(|| "/".to_owned())
    }

    /// The user that commands run as; empty for root.
    pub(super) fn user(&self) -> String {
        self.text("User").unwrap_or_default()
    }

    /// The shell of shell forms.
    pub(super) fn shell(&self) -> Vec<String> {
        let shell = self.words("Shell");
        if shell.is_empty() { vec!["/bin/sh".to_owned(), "-c".to_owned()] } else { shell }
    }

    /// Instructions that the base wants carried out by whoever builds on it.
    pub(super) fn on_build(&self) -> Vec<String> {
        self.words("OnBuild")
    }

    /// Sets a field of `config`.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        drop(self.config().insert(key.to_owned(), value));
    }

    /// Takes a field of `config` away.
    pub(super) fn unset(&mut self, key: &str) {
        drop(self.config().shift_remove(key));
    }

    /// Adds a key to a field of `config` that is a set: ports, volumes.
    pub(super) fn add_to_set(&mut self, field: &str, key: &str) {
        drop(self.object(field).insert(key.to_owned(), json!({})));
    }

    /// Sets a label.
    pub(super) fn set_label(&mut self, name: &str, value: &str) {
        drop(self.object("Labels").insert(name.to_owned(), json!(value)));
    }

    /// Sets the health check; times of zero are left to docker.
    pub(super) fn set_health(&mut self, health: &Health) {
        let mut value = Map::new();
        drop(value.insert("Test".to_owned(), json!(health.test)));
        for (key, number) in [
            ("Interval", health.interval),
            ("Timeout", health.timeout),
            ("StartPeriod", health.start_period),
            ("StartInterval", health.start_interval),
            ("Retries", health.retries),
        ] {
            if number > 0 {
                drop(value.insert(key.to_owned(), json!(number)));
            }
        }
        self.set("Healthcheck", Value::Object(value));
    }

    /// Sets the author.
    pub(super) fn set_author(&mut self, author: &str) {
        drop(self.0.insert("author".to_owned(), json!(author)));
    }

    /// Sets the time the image carries.
    pub(super) fn set_created(&mut self, created: Timestamp) {
        drop(self.0.insert("created".to_owned(), json!(created.to_string())));
    }

    /// Adds a layer.
    pub(super) fn add_layer(&mut self, diff_id: &Digest) {
        let rootfs = self.0.entry("rootfs").or_insert_with(|| json!({"type": "layers"}));
        let Some(rootfs) = rootfs.as_object_mut() else { return };
        let layers = rootfs.entry("diff_ids").or_insert_with(|| json!([]));
        if let Some(layers) = layers.as_array_mut() {
            layers.push(json!(diff_id.as_str()));
        }
    }

    /// Adds a line to the history.
    pub(super) fn add_history(&mut self, created: Timestamp, by: &str, empty_layer: bool) {
        let mut line = Map::new();
        drop(line.insert("created".to_owned(), json!(created.to_string())));
        drop(line.insert("created_by".to_owned(), json!(by)));
        drop(line.insert("comment".to_owned(), json!("ecs-canary")));
        if empty_layer {
            drop(line.insert("empty_layer".to_owned(), json!(true)));
        }
        let history = self.0.entry("history").or_insert_with(|| json!([]));
        if let Some(history) = history.as_array_mut() {
            history.push(Value::Object(line));
        }
    }

    /// The bytes of the config.
    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    fn config(&mut self) -> &mut Map<String, Value> {
        let config = self.0.entry("config").or_insert_with(|| json!({}));
        if !config.is_object() {
            *config = json!({});
        }
        as_object(config)
    }

    fn object(&mut self, field: &str) -> &mut Map<String, Value> {
        let value = self.config().entry(field).or_insert_with(|| json!({}));
        if !value.is_object() {
            *value = json!({});
        }
        as_object(value)
    }

    fn text(&self, key: &str) -> Option<String> {
        let text = self.0.get("config")?.get(key)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn words(&self, key: &str) -> Vec<String> {
        let words = self.0.get("config").and_then(|config| config.get(key));
        let words = words.and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// An object that was made one just before.
fn as_object(value: &mut Value) -> &mut Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => unreachable!("the caller made it an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_of_the_base_stay() {
        let base = br#"{"os":"linux","x":1,"container":"c","config":{"Y":2,"Env":["A=1"]},"rootfs":{"type":"layers","diff_ids":[]}}"#;
        let mut config = ImageConfig::read(base).unwrap();
        config.set_env("A", "2");
        let wanted = format!(
            r#"{{"os":"linux","x":1,"config":{{"Y":2,"Env":["A=2","PATH={DEFAULT_PATH}"]}},"rootfs":{{"type":"layers","diff_ids":[]}}}}"#
        );
        assert_eq!(String::from_utf8(config.bytes()).unwrap(), wanted);
    }
}
