//! `volumes` of a service, short and long, and the top-level `volumes`.

use super::linux::add_tmpfs;
use super::task::Volume;
use super::{Container, Task};
use crate::compose::format::Format;
use crate::compose::scalar::boolean;
use crate::compose::scope::Scope;
use crate::compose::table::{EXTERNAL, MOUNT, MOUNT_TMPFS, TOP_VOLUME};
use crate::compose::units::mib;
use crate::config::yaml::{Entry, Map as Mapping, Node, Place};
use crate::model::Severity;
use serde_json::{Map, Value, json};

/// `volumes` of a service.
pub(in crate::compose) fn volumes(c: &mut Container<'_, '_>, key: &str, node: &Node) {
    let mut mounts: Vec<Value> = Vec::new();
    for item in c.scope.items(key, node) {
        let mount = if item.as_map().is_some() { long(c, item) } else { short(c, key, item) };
        mounts.extend(mount);
    }
    c.set("mountPoints", mounts, &node.at);
}

/// `[SOURCE:]TARGET[:OPTIONS]`.
fn short(c: &mut Container<'_, '_>, key: &str, item: &Node) -> Option<Value> {
    let text = c.scope.text(key, item)?;
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts.as_slice() {
        [target] => ("", *target, ""),
        [source, target] => (*source, *target, ""),
        [source, target, options] => (*source, *target, *options),
        _ => {
            c.scope.wrong(key, item, "SOURCE:TARGET:OPTIONS");
            return None;
        }
    };
    let mut read_only = false;
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => read_only = true,
            "rw" => read_only = false,
            other => {
                let what = format!("volumes \"{text}\": option {other}");
                let why = "ECS mounts read-only or read-write";
                c.scope.ignored(&item.at, &what, Severity::Note, why);
            }
        }
    }
    let source = source_name(c, source, &item.at)?;
    mount(c, &source, target, read_only, &item.at)
}

fn mount(
    c: &mut Container<'_, '_>,
    source: &str,
    target: &str,
    read_only: bool,
    at: &Place,
) -> Option<Value> {
    if !target.starts_with('/') {
        c.scope.error(at, format!("volumes: the target \"{target}\" is no absolute path"));
        return None;
    }
    Some(json!({"sourceVolume": source, "containerPath": target, "readOnly": read_only}))
}

/// The volume for a source: none, a path of the host, or a declared name.
fn source_name(c: &mut Container<'_, '_>, source: &str, at: &Place) -> Option<String> {
    if source.is_empty() {
        let name = c.task.anonymous();
        c.scope.remember(format!("volumes/{name}"), at);
        return Some(name);
    }
    if !source.starts_with(['/', '.', '~']) {
        return named(c, source, at);
    }
    let path = host_path(c, source, at)?;
    Some(bound(c, &path, at))
}

fn bound(c: &mut Container<'_, '_>, path: &str, at: &Place) -> String {
    let name = c.task.bound(path);
    c.scope.remember(format!("volumes/{name}"), at);
    name
}

fn named(c: &mut Container<'_, '_>, name: &str, at: &Place) -> Option<String> {
    if let Some(volume) = c.task.named(name) {
        return Some(volume.name.clone());
    }
    let keys = c.task.volumes.iter().map(|volume| volume.key.as_str());
    let names: Vec<&str> = keys.filter(|key| !key.is_empty()).collect();
    let finding = at.error(format!("volume \"{name}\" is not declared under the file's volumes"));
    let hint = match crate::config::yaml::nearest(name, &names) {
        Some(near) => format!("Did you mean \"{near}\"?"),
        None if name.contains('/') => format!("Write ./{name} for a path on the host."),
        None => format!("Add `volumes: {{{name}: }}` at the top."),
    };
    c.scope.report(finding.hint(hint));
    None
}

/// A relative path starts at the project's directory, as Compose has it.
fn host_path(c: &mut Container<'_, '_>, source: &str, at: &Place) -> Option<String> {
    // libcompose, in ecs-cli for versions 1 and 2, left a path as it was written.
    let as_written = c.scope.legacy && c.scope.format != Format::V3;
    if source.starts_with('/') || as_written {
        return Some(source.to_owned());
    }
    if let Some(rest) = source.strip_prefix('~') {
        let Some(home) = c.scope.variable("HOME") else {
            c.scope.error(at, format!("volumes \"{source}\": variable HOME is not set"));
            return None;
        };
        return Some(format!("{home}{rest}"));
    }
    let message =
        format!("\"{source}\" becomes a path on the container instance, not in the image");
    c.scope.report(at.warning(message).hint("Copy the files into the image instead."));
    let mut parts: Vec<&str> = c.scope.input.project_dir.split('/').collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn long(c: &mut Container<'_, '_>, item: &Node) -> Option<Value> {
    let map = c.scope.sub("volumes", item, MOUNT)?;
    let mut text = |key: &str| {
        map.get(key).and_then(|node| c.scope.text(&format!("volumes.{key}"), node)).unwrap_or("")
    };
    let (kind, source, target) = (text("type"), text("source"), text("target"));
    if target.is_empty() {
        c.scope.error(&item.at, "a mount has no \"target\"");
        return None;
    }
    let unused = if kind == "tmpfs" { "source" } else { "tmpfs" };
    if let Some(entry) = map.entry(unused) {
        let why = format!("a mount of type {kind} has none");
        c.scope.ignored(&entry.at, &format!("volumes.{unused}"), Severity::Warning, &why);
    }
    let read_only = map.get("read_only").and_then(|node| c.scope.boolean("read_only", node));
    let volume = match kind {
        "bind" if source.is_empty() => {
            c.scope.error(&item.at, "a bind mount has no \"source\"");
            return None;
        }
        "bind" => {
            let path = host_path(c, source, &item.at)?;
            bound(c, &path, &item.at)
        }
        "volume" | "" if source.starts_with(['/', '.', '~']) => {
            let message = format!("volumes: \"{source}\" is a path, and no name of a volume");
            c.scope
                .report(item.at.error(message).hint("Write `type: bind` for a path on the host."));
            return None;
        }
        "volume" | "" if source.is_empty() => c.task.anonymous(),
        "volume" | "" => named(c, source, &item.at)?,
        "tmpfs" => {
            tmpfs(c, map, target, item);
            return None;
        }
        other => {
            let what = format!("volumes: {target}");
            let why = format!("ECS has no mounts of type {other}");
            c.scope.ignored(&item.at, &what, Severity::Warning, &why);
            return None;
        }
    };
    mount(c, &volume, target, read_only == Some(true), &item.at)
}

fn tmpfs(c: &mut Container<'_, '_>, map: &Mapping, target: &str, item: &Node) {
    let options = map.get("tmpfs");
    let options = options.and_then(|node| c.scope.sub("volumes.tmpfs", node, MOUNT_TMPFS));
    let size = options.and_then(|options| options.get("size"));
    match size.and_then(|size| c.scope.ram("volumes.tmpfs.size", size)).map(mib) {
        Some(size) if size > 0 => {
            let read_only = map.get("read_only").and_then(boolean) == Some(true);
            add_tmpfs(c, target, size, if read_only { &["ro"] } else { &[] }, &item.at);
        }
        _ => {
            let why = "ECS wants its size: `tmpfs: {size: 64m}`";
            c.scope.ignored(&item.at, &format!("tmpfs {target}"), Severity::Warning, why);
        }
    }
}

/// The top-level `volumes`.
pub(in crate::compose) fn declared(scope: &mut Scope<'_>, task: &mut Task, entries: &[Entry]) {
    for entry in entries {
        let name = format!("volumes.{}", entry.key);
        let map = scope.sub(&name, &entry.value, TOP_VOLUME);
        let configuration = match map {
            Some(map) if !map.entries.is_empty() => configured(scope, entry, map),
            _ => Map::new(),
        };
        // Docker's own name of a volume: `name`, or the older `external: {name: ...}`.
        let older = map.and_then(|map| map.get("external")).filter(|node| node.as_map().is_some());
        let older = older.and_then(|node| scope.sub(&format!("{name}.external"), node, EXTERNAL));
        let outer = map.and_then(|map| map.get("name")).or_else(|| older?.get("name"));
        let outer = outer.and_then(|node| scope.text(&format!("{name}.name"), node));
        let own = outer.filter(|_| !scope.legacy).unwrap_or(&entry.key).to_owned();
        scope.remember(format!("volumes/{own}"), &entry.at);
        task.volumes.push(Volume { key: entry.key.clone(), name: own, host: None, configuration });
    }
}

/// A volume with a driver, options, labels, or made by somebody else, is one of Docker's.
fn configured(scope: &mut Scope<'_>, entry: &Entry, map: &Mapping) -> Map<String, Value> {
    let key = |key: &str| format!("volumes.{}.{key}", entry.key);
    let set = |name: &str| map.get(name).is_some_and(|node| !node.is_null());
    if scope.legacy
        && ["driver", "driver_opts", "labels", "external", "name"].iter().any(|key| set(key))
    {
        let message =
            format!("volume \"{}\": ecs-cli takes no options of a volume here", entry.key);
        let hint = "Write them under docker_volumes in ecs-params.";
        scope.report(entry.at.error(message).hint(hint));
        return Map::new();
    }
    let driver = map.get("driver").and_then(|node| scope.text(&key("driver"), node));
    let external = map.get("external").is_some_and(|node| {
        node.as_map().is_some() || scope.boolean(&key("external"), node) == Some(true)
    });
    let mut pairs = |name: &str| -> Map<String, Value> {
        let pairs =
            map.get(name).map(|node| scope.pairs(&key(name), node, '=')).unwrap_or_default();
        pairs
            .into_iter()
            .map(|pair| (pair.key.into(), pair.value.unwrap_or_default().into()))
            .collect()
    };
    let (options, labels) = (pairs("driver_opts"), pairs("labels"));
    if driver.is_none() && !external && options.is_empty() && labels.is_empty() {
        return Map::new();
    }
    // Compose's volumes outlive a container: ECS calls that shared.
    let mut docker = Map::new();
    docker.insert("scope".into(), "shared".into());
    docker.insert("autoprovision".into(), (!external).into());
    docker.extend(driver.map(|driver| ("driver".to_owned(), Value::from(driver))));
    for (field, members) in [("driverOpts", options), ("labels", labels)] {
        if !members.is_empty() {
            docker.insert(field.to_owned(), members.into());
        }
    }
    let mut configuration = Map::new();
    configuration.insert("dockerVolumeConfiguration".into(), docker.into());
    configuration
}
