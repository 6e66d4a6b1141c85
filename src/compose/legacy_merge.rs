//! How ecs-cli merged a later compose file into an earlier one. Version 3 went through docker/cli
//! of 2019, versions 1 and 2 through libcompose; both join lists that the Compose Specification
//! replaces. What is joined or lost so is named.

use super::format::Format;
use super::scope::Scope;
use super::{merge, words};
use crate::config::yaml::{Entry, Map, Node, Tag, Value};
use std::collections::BTreeMap;

/// Keys that are a text or a list of texts.
const TEXT_OR_LIST: [&str; 4] = ["dns", "dns_search", "tmpfs", "env_file"];
/// Lists that are made mappings before they are merged.
const PAIRS: [&str; 5] = ["environment", "labels", "sysctls", "depends_on", "networks"];

/// The later mapping over the earlier one.
pub(super) fn service(scope: &mut Scope<'_>, base: Node, over: Node) -> Node {
    let (Value::Map(mut before), Value::Map(after)) = (base.value.clone(), over.value.clone())
    else {
        return merge::service(base, over);
    };
    let libcompose = matches!(scope.format, Format::V1 | Format::V2);
    let of_a_file = after.get("env_file").is_some();
    let a_mapping = after.get("environment").is_some_and(|node| node.as_map().is_some());
    if libcompose && (of_a_file || a_mapping && before.get("env_file").is_some()) {
        drop_variables(scope, &mut before, &after);
    }
    let mut rest = Map::default();
    for entry in after.entries {
        let old = before.entries.iter_mut().find(|old| old.key == entry.key);
        let joined = old.as_ref().and_then(|old| joined(scope, old, &entry));
        match (old, joined) {
            (Some(old), Some(value)) => {
                old.value = value;
                old.at = entry.at;
            }
            _ => rest.entries.push(entry),
        }
    }
    merge::service(Node::new(base.at, Value::Map(before)), Node::new(over.at, Value::Map(rest)))
}

/// The value where ecs-cli's rule is its own; `None` = the Compose Specification's.
fn joined(scope: &mut Scope<'_>, old: &Entry, new: &Entry) -> Option<Node> {
    if new.value.tag != Tag::None {
        return None;
    }
    let libcompose = matches!(scope.format, Format::V1 | Format::V2);
    match new.key.as_str() {
        "command" | "entrypoint" => {
            let (before, after) = (command(&old.value)?, command(&new.value)?);
            if libcompose && (old.value.as_list().is_none() || new.value.as_list().is_none()) {
                return None;
            }
            warn(scope, new, "joined to that of the file before");
            Some(list(&new.value, before.into_iter().chain(after).collect()))
        }
        "environment" if libcompose => new.value.as_map().is_some().then(|| {
            warn(scope, new, "a mapping replaces the variables of the file before");
            new.value.clone()
        }),
        "labels" if libcompose => new.value.as_list().is_some().then(|| {
            warn(scope, new, "a list replaces the labels of the file before");
            new.value.clone()
        }),
        "logging" if libcompose => {
            let (before, after) = (old.value.as_map()?, new.value.as_map()?);
            if before.get("options").is_some() && after.get("options").is_some() {
                warn(scope, new, "its options replace those of the file before");
            }
            let kept = before.entries.iter().filter(|entry| after.get(&entry.key).is_none());
            let entries = kept.chain(&after.entries).cloned().collect();
            Some(Node::new(new.value.at.clone(), Value::Map(Map { entries })))
        }
        _ if !libcompose && is_empty(&new.value) => {
            if !is_empty(&old.value) {
                warn(scope, new, "an empty value does not replace that of the file before");
            }
            Some(old.value.clone())
        }
        "healthcheck" if !libcompose => {
            warn(scope, new, "replaces the whole of the file before");
            Some(new.value.clone())
        }
        "ports" if !libcompose => ports(scope, old, new),
        key if PAIRS.contains(&key) => None,
        key => {
            let (before, after) = (&old.value, &new.value);
            let lists = before.as_list().is_some() && after.as_list().is_some();
            let may_be_text = TEXT_OR_LIST.contains(&key);
            if libcompose && may_be_text && !lists {
                return Some(after.clone());
            }
            (lists || may_be_text)
                .then(|| list(after, texts(before).into_iter().chain(texts(after)).collect()))
        }
    }
}

/// The service over the one that it extends, where libcompose joined lists to lists and mappings
/// to mappings, and replaced everything else.
pub(super) fn extended(scope: &mut Scope<'_>, mut parent: Node, mut service: Node) -> Node {
    if let (Value::Map(before), Value::Map(after)) = (&mut parent.value, &mut service.value) {
        drop_variables(scope, before, after);
        for key in ["environment", "labels"] {
            let old = before.entries.iter().position(|entry| entry.key == key);
            let new = after.entries.iter_mut().find(|entry| entry.key == key);
            let (Some(old), Some(new)) = (old, new) else { continue };
            let old = before.entries.remove(old);
            new.value = match (old.value.as_list(), new.value.as_list()) {
                (Some(one), Some(other)) => {
                    list(&new.value, one.iter().chain(other).cloned().collect())
                }
                (None, None) => merge::section(old.value, new.value.clone()),
                _ => {
                    warn(scope, new, "replaces those of the service that is extended");
                    new.value.clone()
                }
            };
        }
    }
    self::service(scope, parent, service)
}

/// libcompose made a list of its own kind of a service's variables where it has an `env_file`:
/// that one replaces, and is never joined.
fn drop_variables(scope: &mut Scope<'_>, before: &mut Map, after: &Map) {
    const VARIABLES: [&str; 2] = ["environment", "env_file"];
    let Some(own) = VARIABLES.iter().find_map(|key| after.entry(key)) else { return };
    let replaces = before.get("env_file").is_some() || after.get("env_file").is_some();
    if replaces && VARIABLES.iter().any(|key| before.get(key).is_some()) {
        before.entries.retain(|entry| !VARIABLES.contains(&entry.key.as_str()));
        warn(scope, own, "replaces the variables below it");
    }
}

/// What Go calls a zero value.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.entries.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Scalar { text, .. } => text.is_empty() || node.as_bool() == Some(false),
    }
}

fn warn(scope: &mut Scope<'_>, entry: &Entry, what: &str) {
    let message = format!("{}: {what}, as ecs-cli did", entry.key);
    let hint = "ecs-canary's own commands do as the Compose Specification says.";
    scope.report(entry.at.warning(message).hint(hint));
}

fn list(at: &Node, items: Vec<Node>) -> Node {
    Node::new(at.at.clone(), Value::List(items))
}

fn texts(node: &Node) -> Vec<Node> {
    match node.as_list() {
        Some(items) => items.to_vec(),
        None if node.is_null() => Vec::new(),
        None => vec![node.clone()],
    }
}

/// The words of a command; `None` when the text has none.
fn command(node: &Node) -> Option<Vec<Node>> {
    if let Some(items) = node.as_list() {
        return Some(items.to_vec());
    }
    let words = words::split(words::first_command(node.as_text()?)).ok()?;
    Some(words.into_iter().map(|word| Node::text(node.at.clone(), word)).collect())
}

/// One for each published port, in the order of ports: of two without one the later counts.
fn ports(scope: &mut Scope<'_>, old: &Entry, new: &Entry) -> Option<Node> {
    let all: Vec<&Node> = old.value.as_list()?.iter().chain(new.value.as_list()?).collect();
    let mut by_port = BTreeMap::new();
    for item in &all {
        by_port.insert(published(item)?, (*item).clone());
    }
    if by_port.len() < all.len() {
        warn(scope, new, "of those with the same host port, or without one, the last counts");
    }
    Some(list(&new.value, by_port.into_values().collect()))
}

/// The host port of `HOST:CONTAINER/PROTOCOL`, 0 without one; `None` for ranges and mappings.
fn published(item: &Node) -> Option<u16> {
    let text = item.as_text()?;
    let text = text.split('/').next()?;
    let mut parts = text.rsplit(':');
    let container: u16 = parts.next()?.parse().ok()?;
    match parts.next() {
        Some(host) if !host.is_empty() => host.parse().ok(),
        Some(_) | None => Some(container).map(|_| 0),
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::{ComposeInput, Dialect, SourceText, Translated, translate};

    fn merged(version: &str, base: &str, over: &str) -> Translated {
        let file = |name: &str, keys: &str| {
            let text = format!("version: '{version}'\nservices:\n  web:\n{keys}");
            SourceText::new(name, text)
        };
        let files = vec![file("a.yml", base), file("b.yml", over)];
        let mut input = ComposeInput::new("web", files, &|_| None);
        input.dialect = Dialect::EcsCli;
        translate(&input).expect("accepted")
    }

    fn container(version: &str, base: &str, over: &str) -> String {
        let translated = merged(version, &format!("    image: a\n{base}"), over);
        let warnings = translated.findings.iter().filter(|one| one.message.contains("ecs-cli did"));
        let warnings: Vec<String> = warnings.map(ToString::to_string).collect();
        let container = &translated.task.containers().next().expect("a container");
        let parts = ["command", "portMappings", "environment", "dnsServers"];
        let parts = parts.iter().filter_map(|name| Some(container.get(*name)?.to_string()));
        parts.chain(warnings).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn version_3_joins_commands_and_sorts_ports() {
        assert_eq!(
            container(
                "3",
                "    command: one 'a b'\n    dns: 1.1.1.1\n",
                "    command: [two]\n    dns: [8.8.8.8]\n"
            ),
            "[\"one\",\"a b\",\"two\"] [\"1.1.1.1\",\"8.8.8.8\"] \
             b.yml:4:5: command: joined to that of the file before, as ecs-cli did"
        );
        assert_eq!(
            container("3", "    ports: ['8080:80', '80']\n", "    ports: ['443:443', '81']\n"),
            "[{\"containerPort\":81,\"protocol\":\"tcp\"},\
             {\"containerPort\":443,\"protocol\":\"tcp\",\"hostPort\":443},\
             {\"containerPort\":80,\"protocol\":\"tcp\",\"hostPort\":8080}] \
             b.yml:4:5: ports: of those with the same host port, or without one, the last counts, \
             as ecs-cli did"
        );
    }

    #[test]
    fn version_3_replaces_a_health_check_and_keeps_what_an_empty_value_meets() {
        let base = "    healthcheck: {test: [CMD, a], retries: 3}\n    privileged: true\n";
        let over = "    healthcheck: {test: [CMD, b]}\n    privileged: false\n";
        let done = merged("3", &format!("    image: a\n{base}"), over);
        let container = done.task.containers().next().expect("a container");
        assert_eq!(container["healthCheck"], serde_json::json!({"command": ["CMD", "b"]}));
        assert_eq!(container["privileged"], true);
    }

    #[test]
    fn version_2_replaces_a_mapping_of_variables() {
        assert_eq!(
            container("2", "    environment: {A: a, B: b}\n", "    environment: {B: c}\n"),
            "[{\"name\":\"B\",\"value\":\"c\"}] \
             b.yml:4:5: environment: a mapping replaces the variables of the file before, as ecs-cli \
             did"
        );
    }
}
