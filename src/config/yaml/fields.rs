//! Typed fields out of a mapping: a value of the wrong kind, or an unknown key, becomes a
//! finding with its place and reading goes on, so that a file's faults are shown together.

use super::nearest::nearest;
use super::node::{Map, Node, Place};
use crate::model::{Finding, Located};

/// A mapping that is being read.
pub struct Fields<'a, 'f> {
    map: &'a Map,
    at: &'a Place,
    /// What the mapping is, for messages: `services.full`; empty for the whole file.
    name: String,
    findings: &'f mut Vec<Finding>,
}

impl<'a, 'f> Fields<'a, 'f> {
    /// Opens `node`; every key that is not in `known` is an error. `None`, with a finding, when
    /// it is no mapping.
    pub fn open(
        node: &'a Node,
        name: &str,
        known: &[&str],
        findings: &'f mut Vec<Finding>,
    ) -> Option<Self> {
        let Some(map) = node.as_map() else {
            let what = if name.is_empty() { "the file" } else { name };
            let message = format!("{what} is {}; a mapping is wanted", node.describe());
            findings.push(node.at.error(message));
            return None;
        };
        for entry in map.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let place = if name.is_empty() { String::new() } else { format!(" in {name}") };
            let message = format!("unknown key \"{}\"{place}", entry.key);
            findings.push(entry.at.error(message).hint(match nearest(&entry.key, known) {
                Some(word) => format!("Did you mean \"{word}\"?"),
                None => format!("Known keys: {}.", known.join(", ")),
            }));
        }
        Some(Self { map, at: &node.at, name: name.to_owned(), findings })
    }

    /// Where the mapping starts.
    pub fn place(&self) -> &'a Place {
        self.at
    }

    /// The value of `key`; an empty one counts as absent.
    pub fn node(&self, key: &str) -> Option<&'a Node> {
        self.map.get(key).filter(|node| !node.is_null())
    }

    /// Where `key` is written; the mapping's start when it is not.
    pub fn key_place(&self, key: &str) -> &'a Place {
        self.map.entry(key).map_or(self.at, |entry| &entry.at)
    }

    /// A scalar of any type as text.
    pub fn text(&mut self, key: &str) -> Option<Located<String>> {
        self.parsed(key, "a text", |text| Some(text.to_owned()))
    }

    /// A scalar that `parse` understands; `wanted` says what it should be.
    pub fn parsed<T>(
        &mut self,
        key: &str,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Located<T>> {
        let node = self.node(key)?;
        match node.as_text().and_then(parse) {
            Some(value) => Some(node.at.locate(value)),
            None => {
                self.wrong(key, node, wanted);
                None
            }
        }
    }

    /// A list of texts; one text alone counts as a list of one.
    pub fn texts(&mut self, key: &str) -> Vec<Located<String>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.as_text() {
                Some(text) => texts.push(item.at.locate(text.to_owned())),
                None => self.wrong(key, item, "a text or a list of texts"),
            }
        }
        texts
    }

    /// `value` as it is, and an error about `key` when it is `None` because nothing is written.
    pub fn required<T>(&mut self, key: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && self.node(key).is_none() {
            let message = match self.name.as_str() {
                "" => format!("\"{key}\" is missing"),
                name => format!("{name} has no \"{key}\""),
            };
            self.findings.push(self.at.error(message));
        }
        value
    }

    /// Reports that `node`, the value of `key`, is not what is wanted.
    pub fn wrong(&mut self, key: &str, node: &Node, wanted: &str) {
        let message = format!("\"{key}\" is {}; {wanted} is wanted", node.describe());
        self.findings.push(node.at.error(message));
    }

    /// Adds a finding of the caller's own.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The findings, to open a mapping inside this one.
    pub fn findings(&mut self) -> &mut Vec<Finding> {
        self.findings
    }
}
