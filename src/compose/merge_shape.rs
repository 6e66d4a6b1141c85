//! Values that Compose takes in several forms, brought to one form before they are merged.

use crate::config::yaml::{Entry, Map, Node, Value};
use std::collections::HashMap;

/// A list of `KEY=VALUE` as a mapping; mappings stay.
pub(super) fn pairs(node: Node, separator: char) -> Node {
    let Value::List(items) = node.value else { return node };
    let mut map = Map::default();
    let mut index: HashMap<String, usize> = HashMap::new();
    for item in items {
        let text = item.as_text().unwrap_or_default().to_owned();
        let (key, value) = match text.split_once(separator) {
            Some((key, value)) => (key.to_owned(), Node::text(item.at.clone(), value)),
            None => (text, null(item.clone())),
        };
        let entry = Entry { key: key.clone(), at: item.at, value };
        match index.get(&key) {
            Some(position) => map.entries[*position] = entry,
            None => {
                index.insert(key, map.entries.len());
                map.entries.push(entry);
            }
        }
    }
    Node::new(node.at, Value::Map(map))
}

/// A scalar as a list of it alone; nothing as an empty one.
pub(super) fn listed(node: Node) -> Node {
    match &node.value {
        Value::List(_) => node,
        Value::Scalar { .. } if node.is_null() => Node::new(node.at, Value::List(Vec::new())),
        Value::Scalar { .. } | Value::Map(_) => Node::new(node.at.clone(), Value::List(vec![node])),
    }
}

/// A mapping as its lines `KEY=VALUE`, one for each value of a list.
pub(super) fn lines(node: Node) -> Node {
    let Value::Map(map) = node.value else { return listed(node) };
    let mut items = Vec::new();
    for Entry { key, at, value } in map.entries {
        let values = listed(value);
        for value in values.as_list().unwrap_or_default() {
            let text = format!("{key}={}", value.as_text().unwrap_or_default());
            items.push(Node::text(at.clone(), text));
        }
    }
    Node::new(node.at, Value::List(items))
}

/// A list of names as a mapping to nothing.
pub(super) fn names(node: Node) -> Node {
    let Value::List(items) = node.value else { return node };
    let entry = |item: Node| Entry {
        key: item.as_text().unwrap_or_default().to_owned(),
        at: item.at.clone(),
        value: null(item),
    };
    let entries = items.into_iter().map(entry).collect();
    Node::new(node.at, Value::Map(Map { entries }))
}

fn null(node: Node) -> Node {
    Node::new(node.at, Value::Scalar { text: String::new(), plain: true })
}
