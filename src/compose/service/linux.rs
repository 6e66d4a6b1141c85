//! `linuxParameters`, `ulimits` and `sysctls`.

use super::{Container, plain::texts, sizes};
use crate::compose::table::{DEVICE_PATH, ULIMIT};
use crate::compose::units::{mib, ram_bytes};
use crate::config::yaml::{Node, Place};
use serde_json::{Map, Value, json};

/// `cap_add`, `cap_drop`.
pub(in crate::compose) fn capabilities(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let field = if key == "cap_add" { "add" } else { "drop" };
    let names = texts(c.scope.words(key, node));
    if names.is_empty() {
        return;
    }
    let mut all = match c.body.linux.remove("capabilities") {
        Some(Value::Object(all)) => all,
        _ => Map::new(),
    };
    all.insert(field.to_owned(), names.into());
    c.set_linux("capabilities", all, &node.at);
}

/// `devices`: `HOST[:CONTAINER[:rwm]]`, or a mapping.
pub(in crate::compose) fn devices(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut devices = Vec::new();
    for item in c.scope.items(key, node) {
        let parts: Vec<&str> = match item.as_map() {
            Some(_) => {
                let Some(map) = c.scope.sub(key, item, DEVICE_PATH) else { continue };
                let part = |key: &str| map.get(key).and_then(Node::as_text);
                let parts = [part("source"), part("target"), part("permissions")];
                parts.into_iter().map_while(|part| part).collect()
            }
            None => {
                c.scope.text(key, item).map(|text| text.split(':').collect()).unwrap_or_default()
            }
        };
        match device(&parts) {
            Ok(device) => devices.push(device),
            Err(problem) => c.scope.error(&item.at, format!("\"{key}\": {problem}")),
        }
    }
    if !devices.is_empty() {
        c.set_linux("devices", devices, &node.at);
    }
}

fn device(parts: &[&str]) -> Result<Value, String> {
    let mut device = Map::new();
    match parts {
        [host, ..] if !host.is_empty() => device.insert("hostPath".into(), (*host).into()),
        _ => return Err("a device has no path on the host".to_owned()),
    };
    if let Some(container) = parts.get(1) {
        device.insert("containerPath".into(), (*container).into());
    }
    if let Some(letters) = parts.get(2) {
        let mut permissions: Vec<&str> = Vec::new();
        for letter in letters.chars() {
            let word = match letter {
                'r' => "read",
                'w' => "write",
                'm' => "mknod",
                _ => return Err(format!("permission \"{letter}\"; r, w and m are wanted")),
            };
            if !permissions.contains(&word) {
                permissions.push(word);
            }
        }
        device.insert("permissions".into(), permissions.into());
    }
    if parts.len() > 3 {
        return Err("HOST:CONTAINER:PERMISSIONS is wanted".to_owned());
    }
    Ok(device.into())
}

/// `init`.
pub(in crate::compose) fn init(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if c.scope.boolean(key, node) == Some(true) {
        c.set_linux("initProcessEnabled", true, &node.at);
    }
}

/// `shm_size`, in MiB.
pub(in crate::compose) fn shm_size(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if let Some(size) = sizes::mebibytes(c.scope, key, node) {
        c.set_linux("sharedMemorySize", size, &node.at);
    }
}

/// `tmpfs`: `PATH:size=64m,OPTION,...`; ECS wants the size.
pub(in crate::compose) fn tmpfs(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    for word in c.scope.words(key, node) {
        let (path, options) = word.text.split_once(':').unwrap_or((word.text, ""));
        let mut size = None;
        let mut others: Vec<&str> = Vec::new();
        for option in options.split(',').filter(|option| !option.is_empty()) {
            match option.strip_prefix("size=") {
                Some(text) => size = ram_bytes(text).map(mib).filter(|size| *size > 0),
                None => others.push(option),
            }
        }
        match size {
            Some(size) => add_tmpfs(c, path, size, &others, word.at),
            None => {
                let message =
                    format!("tmpfs \"{}\": ECS wants a size of at least 1 MiB", word.text);
                let hint = format!("Write \"{path}:size=64m\".");
                c.scope.report(word.at.error(message).hint(hint));
            }
        }
    }
}

/// Adds a tmpfs of `size` MiB.
pub(super) fn add_tmpfs(
    c: &mut Container<'_, '_>,
    path: &str,
    size: i64,
    options: &[&str],
    at: &Place,
) {
    if !path.starts_with('/') {
        c.scope.error(at, format!("tmpfs: the target \"{path}\" is no absolute path"));
        return;
    }
    let mut tmpfs = json!({"containerPath": path, "size": size});
    if !options.is_empty() {
        tmpfs["mountOptions"] = options.into();
    }
    let mut all = match c.body.linux.remove("tmpfs") {
        Some(Value::Array(all)) => all,
        _ => Vec::new(),
    };
    all.push(tmpfs);
    c.set_linux("tmpfs", all, at);
}

/// `ulimits`: one number, or soft and hard.
pub(in crate::compose) fn ulimits(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    if node.is_null() {
        return;
    }
    let Some(map) = node.as_map() else { return c.scope.wrong(key, node, "a mapping") };
    let mut limits = Vec::new();
    for entry in &map.entries {
        let name = format!("ulimits.{}", entry.key);
        let pair = if entry.value.as_map().is_some() {
            let Some(both) = c.scope.sub(&name, &entry.value, ULIMIT) else { continue };
            let mut number = |key: &str| match both.get(key) {
                Some(value) => c.scope.integer(&format!("{name}.{key}"), value),
                None => {
                    c.scope.error(&entry.at, format!("{name} has no \"{key}\""));
                    None
                }
            };
            number("soft").zip(number("hard"))
        } else {
            c.scope.integer(&name, &entry.value).map(|both| (both, both))
        };
        limits.extend(
            pair.map(
                |(soft, hard)| json!({"name": entry.key, "softLimit": soft, "hardLimit": hard}),
            ),
        );
    }
    c.set("ulimits", limits, &node.at);
}

/// `sysctls`.
pub(in crate::compose) fn sysctls(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let pairs = c.scope.pairs(key, node, '=');
    let mut controls: Vec<Value> = Vec::new();
    for pair in pairs {
        match pair.value.filter(|value| !value.is_empty()) {
            Some(value) => controls.push(json!({"namespace": pair.key, "value": value})),
            None => c.scope.error(pair.at, format!("\"{key}\": {} has no value", pair.key)),
        }
    }
    c.set("systemControls", controls, &node.at);
}
