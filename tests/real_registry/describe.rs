//! An image in lines that can be compared: what a container of it would see and start.

use ecs_sim::registry::PulledImage;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What docker writes into a config about the container it built in, or about itself.
const OF_THE_BUILDER: &[&str] = &[
    "ArgsEscaped",
    "AttachStderr",
    "AttachStdin",
    "AttachStdout",
    "Domainname",
    "Hostname",
    "Image",
    "OpenStdin",
    "StdinOnce",
    "Tty",
];

/// Lines by what they are about: `/path` or the name of a setting.
pub(crate) type Lines = BTreeMap<String, String>;

/// Describes an image.
pub(crate) fn lines(image: &PulledImage) -> Lines {
    let mut lines = Lines::new();
    for (path, node) in &image.files {
        let content = match node.kind.as_str() {
            "file" => {
                let hash = Sha256::digest(&node.content);
                hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
            }
            "link" => String::from_utf8_lossy(&node.content).into_owned(),
            _ => String::new(),
        };
        let (kind, uid, gid) = (&node.kind, node.uid, node.gid);
        let mode = node.mode & 0o7777;
        drop(lines.insert(format!("/{path}"), format!("{kind} {mode:o} {uid}:{gid} {content}")));
    }
    for name in ["os", "architecture", "author"] {
        if let Some(text) = image.config[name].as_str().filter(|text| !text.is_empty()) {
            drop(lines.insert(name.to_owned(), text.to_owned()));
        }
    }
    for (name, value) in image.config["config"].as_object().unwrap() {
        let value = sorted(value);
        // No directory is the root.
        if name == "WorkingDir" && value == "/" {
            continue;
        }
        let is_label = name == "Labels";
        if !is_empty(&value) && !OF_THE_BUILDER.contains(&name.as_str()) && !is_label {
            drop(lines.insert(name.clone(), value.to_string()));
        }
        for (label, text) in value.as_object().filter(|_| is_label).into_iter().flatten() {
            if label != "io.buildah.version" {
                drop(lines.insert(format!("label {label}"), text.to_string()));
            }
        }
    }
    lines
}

/// What differs, a line each.
pub(crate) fn differences(ours: &Lines, theirs: &Lines) -> Vec<(String, String)> {
    let mut keys: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    keys.sort();
    keys.dedup();
    let nothing = || "nothing".to_owned();
    let differ = keys.into_iter().filter(|key| ours.get(*key) != theirs.get(*key));
    let told = differ.map(|key| {
        let ours = ours.get(key).cloned().unwrap_or_else(nothing);
        let theirs = theirs.get(key).cloned().unwrap_or_else(nothing);
        (key.clone(), format!("ours {ours}, theirs {theirs}"))
    });
    told.collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// With the keys of objects in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| key.as_str());
            pairs.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
