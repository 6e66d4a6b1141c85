//! Merges a later compose file (or an extending service) into an earlier one, as the Compose
//! Specification says: mappings by key, lists one behind the other, some by what they name.

use super::merge_shape::{lines, listed, names, pairs};
use crate::config::yaml::{Map, Node, Tag, Value};
use std::collections::{HashMap, HashSet};

/// How two values of a key become one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The later one counts.
    Replace,
    /// By key; lists of `KEY=VALUE` are made mappings.
    Pairs(char),
    /// Lists of names are made mappings to nothing.
    Names,
    /// Lists by the path in the container.
    Targets,
    /// A text or a list of texts: one behind the other.
    Texts,
    /// As `Texts`; a mapping is its lines `KEY=VALUE`.
    Hosts,
    /// Lists one behind the other with all that they repeat: the same port, however it is
    /// written, is found when it is translated.
    Ports,
    /// Mappings, but another driver replaces everything.
    Logging,
    /// Mappings by key, lists one behind the other without repeating.
    Plain,
}

/// The later mapping over the earlier one; keys below follow the rules of a service.
pub(super) fn service(base: Node, over: Node) -> Node {
    match (base.value, over.value) {
        (Value::Map(base_map), Value::Map(over_map)) => {
            let mut merged = Node::new(base.at, Value::Map(maps(base_map, over_map, rule_of)));
            take_away(&mut merged);
            merged
        }
        (_, value) => Node { at: over.at, value, tag: over.tag },
    }
}

/// A later value of a top-level key over the earlier one.
pub(super) fn section(base: Node, over: Node) -> Node {
    values(base, over, Rule::Plain)
}

/// Takes every key with `!reset` away. Null in its place would pass a variable of the job
/// through to the container.
pub(super) fn take_away(node: &mut Node) {
    match &mut node.value {
        Value::Map(map) => {
            map.entries.retain(|entry| entry.value.tag != Tag::Reset);
            map.entries.iter_mut().for_each(|entry| take_away(&mut entry.value));
        }
        Value::List(items) => items.iter_mut().for_each(take_away),
        Value::Scalar { .. } => {}
    }
}

/// The first item of a list with `!reset`, which takes whole keys away.
pub(super) fn reset_item(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Map(map) => map.entries.iter().find_map(|entry| reset_item(&entry.value)),
        Value::List(items) => {
            let tagged = items.iter().find(|item| item.tag == Tag::Reset);
            tagged.or_else(|| items.iter().find_map(reset_item))
        }
        Value::Scalar { .. } => None,
    }
}

/// True when two values say the same, wherever they are written.
pub(super) fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Map(one), Value::Map(other)) => {
            one.entries.len() == other.entries.len()
                && one.entries.iter().all(|entry| {
                    other.get(&entry.key).is_some_and(|value| same(&entry.value, value))
                })
        }
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Scalar { .. }, Value::Scalar { .. }) => one.value == other.value,
        _ => false,
    }
}

fn rule_of(key: &str) -> Rule {
    match key {
        "command" | "entrypoint" | "test" => Rule::Replace,
        "environment" | "labels" | "sysctls" | "args" | "annotations" => Rule::Pairs('='),
        "depends_on" | "networks" => Rule::Names,
        "volumes" | "devices" => Rule::Targets,
        "dns" | "dns_search" | "tmpfs" | "env_file" | "label_file" => Rule::Texts,
        "extra_hosts" => Rule::Hosts,
        "ports" => Rule::Ports,
        "logging" => Rule::Logging,
        _ => Rule::Plain,
    }
}

fn maps(mut base: Map, over: Map, rule: fn(&str) -> Rule) -> Map {
    let mut index: HashMap<String, usize> = HashMap::with_capacity(base.entries.len());
    for (position, entry) in base.entries.iter().enumerate() {
        index.insert(entry.key.clone(), position);
    }
    for entry in over.entries {
        match index.get(&entry.key).and_then(|position| base.entries.get_mut(*position)) {
            Some(old) if matches!(entry.value.tag, Tag::Reset | Tag::Override) => {
                old.value = entry.value;
            }
            Some(_) if entry.value.is_null() => {}
            Some(old) => {
                let before = std::mem::replace(&mut old.value, entry.value.clone());
                old.value = values(before, entry.value, rule(&entry.key));
                old.at = entry.at;
            }
            None => {
                index.insert(entry.key.clone(), base.entries.len());
                base.entries.push(entry);
            }
        }
    }
    base
}

fn values(base: Node, over: Node, rule: Rule) -> Node {
    let (base, over) = match rule {
        Rule::Replace => return over,
        Rule::Pairs(separator) => (pairs(base, separator), pairs(over, separator)),
        Rule::Names if base.as_map().is_some() != over.as_map().is_some() => {
            (names(base), names(over))
        }
        Rule::Logging if other_driver(&base, &over) => return over,
        Rule::Texts => (listed(base), listed(over)),
        Rule::Hosts if base.as_map().is_some() != over.as_map().is_some() => {
            (lines(base), lines(over))
        }
        Rule::Names | Rule::Targets | Rule::Hosts | Rule::Ports | Rule::Logging | Rule::Plain => {
            (base, over)
        }
    };
    match (base.value, over.value) {
        (Value::Map(before), Value::Map(after)) => {
            Node::new(over.at, Value::Map(maps(before, after, rule_of)))
        }
        (Value::List(before), Value::List(after)) => {
            Node::new(over.at, Value::List(lists(before, after, rule)))
        }
        (_, value) => Node { at: over.at, value, tag: over.tag },
    }
}

fn lists(mut base: Vec<Node>, over: Vec<Node>, rule: Rule) -> Vec<Node> {
    if rule == Rule::Targets {
        let mut index: HashMap<String, usize> = HashMap::new();
        for (position, item) in base.iter().enumerate() {
            index.extend(target(item).map(|target| (target, position)));
        }
        for item in over {
            match target(&item).and_then(|target| index.get(&target).copied()) {
                Some(position) => base[position] = item,
                None => base.push(item),
            }
        }
        return base;
    }
    if rule == Rule::Ports {
        base.extend(over);
        return base;
    }
    let known: HashSet<String> = base.iter().filter_map(scalar).collect();
    base.extend(
        over.into_iter().filter(|item| scalar(item).is_none_or(|text| !known.contains(&text))),
    );
    base
}

fn scalar(item: &Node) -> Option<String> {
    item.as_text().map(str::to_owned)
}

/// Where a volume or device appears in the container.
fn target(item: &Node) -> Option<String> {
    if let Some(map) = item.as_map() {
        return map.get("target")?.as_text().map(str::to_owned);
    }
    let text = item.as_text()?;
    let mut parts = text.split(':');
    let first = parts.next()?;
    Some(parts.next().filter(|second| second.starts_with('/')).unwrap_or(first).to_owned())
}

fn other_driver(base: &Node, over: &Node) -> bool {
    let driver = |node: &Node| {
        let map = node.as_map()?;
        map.get("driver")?.as_text().map(str::to_owned)
    };
    matches!((driver(base), driver(over)), (Some(before), Some(after)) if before != after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::read;

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Scalar { text, .. } => text.clone(),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(shown).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(map) => {
                let entries = map.entries.iter();
                let entries: Vec<_> =
                    entries.map(|e| format!("{}: {}", e.key, shown(&e.value))).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    fn merged(base: &str, over: &str) -> String {
        let read = |text| read("f.yml", text).expect("good YAML");
        shown(&service(read(base), read(over)))
    }

    #[test]
    fn mappings_merge_and_lists_are_joined_without_repeating() {
        assert_eq!(
            merged(
                "{image: a, dns: [1.1.1.1], ports: ['80']}",
                "{image: b, dns: [1.1.1.1, 8.8.8.8]}"
            ),
            "{image: b, dns: [1.1.1.1, 8.8.8.8], ports: [80]}"
        );
        assert_eq!(merged("{dns: 1.1.1.1}", "{dns: [8.8.8.8]}"), "{dns: [1.1.1.1, 8.8.8.8]}");
        assert_eq!(
            merged("{extra_hosts: ['a:1']}", "{extra_hosts: {b: '2', c: ['3', '4']}}"),
            "{extra_hosts: [a:1, b=2, c=3, c=4]}"
        );
        assert_eq!(merged("{command: [a, b]}", "{command: [c]}"), "{command: [c]}");
    }

    #[test]
    fn environment_lists_and_mappings_merge_by_variable() {
        assert_eq!(
            merged("{environment: [A=1, B=2, C]}", "{environment: {B: 3}}"),
            "{environment: {A: 1, B: 3, C: }}"
        );
    }

    #[test]
    fn volumes_merge_by_their_place_in_the_container() {
        assert_eq!(
            merged(
                "{volumes: ['a:/x', '/y']}",
                "{volumes: ['b:/x:ro', {target: /y, type: tmpfs}]}"
            ),
            "{volumes: [b:/x:ro, {target: /y, type: tmpfs}]}"
        );
    }

    #[test]
    fn another_log_driver_replaces_the_options_of_the_first() {
        let base = "{logging: {driver: awslogs, options: {a: '1'}}}";
        assert_eq!(
            merged(base, "{logging: {options: {b: '2'}}}"),
            "{logging: {driver: awslogs, options: {a: 1, b: 2}}}"
        );
        assert_eq!(merged(base, "{logging: {driver: syslog}}"), "{logging: {driver: syslog}}");
    }

    #[test]
    fn reset_takes_away_and_override_replaces() {
        assert_eq!(merged("{ports: ['80']}", "{ports: !reset []}"), "{}");
        let item = read("f.yml", "a: {ports: ['80', !reset '81']}").expect("good YAML");
        assert_eq!(reset_item(&item).and_then(Node::as_text), Some("81"));
        assert_eq!(
            merged(
                "{environment: {TOKEN: old, A: 1}, labels: [b=2]}",
                "{environment: {TOKEN: !reset null}, labels: {b: !reset null}, ulimits: {x: !reset null}}"
            ),
            "{environment: {A: 1}, labels: {}, ulimits: {}}"
        );
        assert_eq!(merged("{ports: ['80']}", "{ports: !override ['81']}"), "{ports: [81]}");
    }
}
