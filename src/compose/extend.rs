//! `extends`, and the files that a service names.

use super::files::beside;
use super::format::Format;
use super::input::SourceText;
use super::load::{Loader, section};
use super::merge;
use super::scalar::boolean;
use super::scope::{Scope, Word};
use crate::config::yaml::{Entry, Map, Node, Place, Value};
use std::rc::Rc;

/// How deep `extends` and `include` may go.
pub(super) const MAX_DEPTH: usize = 16;

impl Loader<'_, '_> {
    /// The service with what it extends below it, and the files that it names.
    pub(super) fn extended(
        &mut self,
        entry: Entry,
        siblings: &Map,
        base: &str,
        depth: usize,
    ) -> Option<Node> {
        if entry.value.as_map().is_none() {
            let what = format!("service {}", entry.key);
            self.scope.wrong(&what, &entry.value, "a mapping");
            return None;
        }
        let mut service = entry.value;
        self.named_files(&mut service, base);
        let Some(extends) = service.as_map().and_then(|map| map.entry("extends")).cloned() else {
            return Some(service);
        };
        if depth >= MAX_DEPTH {
            self.scope.error(&extends.at, "extends goes in a circle, or too deeply");
            return None;
        }
        // Version 3 does not have it: the key is named with the others.
        if self.scope.format == Format::V3 {
            return Some(service);
        }
        match self.parent(&extends, siblings, base, depth) {
            Some(parent) => Some(merge::service(parent, service)),
            None => Some(service),
        }
    }

    fn parent(
        &mut self,
        extends: &Entry,
        siblings: &Map,
        base: &str,
        depth: usize,
    ) -> Option<Node> {
        let (name, file) = match extends.value.as_map() {
            None => (self.scope.text("extends", &extends.value)?.to_owned(), None),
            Some(map) => {
                let text = |key| map.get(key).and_then(Node::as_text).map(str::to_owned);
                let Some(name) = text("service") else {
                    self.scope.error(&extends.at, "extends has no \"service\"");
                    return None;
                };
                (name, text("file"))
            }
        };
        let missing = |place: &str| format!("extends: there is no service \"{name}\"{place}");
        let Some(file) = file else {
            let Some(parent) = siblings.entry(&name) else {
                self.scope.error(&extends.at, missing(""));
                return None;
            };
            return self.extended(parent.clone(), siblings, base, depth + 1);
        };
        let path = beside(base, &file);
        let services = self.services_of(&path, &extends.at)?;
        let Some(parent) = services.entry(&name) else {
            self.scope.error(&extends.at, missing(&format!(" in {path}")));
            return None;
        };
        self.extended(parent.clone(), &services, &path, depth + 1)
    }

    /// The services of another file, read once.
    fn services_of(&mut self, path: &str, at: &Place) -> Option<Rc<Map>> {
        if let Some(services) = self.extended_files.get(path) {
            return Some(Rc::clone(services));
        }
        let text = self.other(path, at)?;
        let root = self.read(&SourceText::new(path, text))?;
        let mut map = self.sections(root)?;
        let services = Rc::new(section(&mut map, "services"));
        self.extended_files.insert(path.to_owned(), Rc::clone(&services));
        Some(services)
    }

    /// Makes the paths of `env_file` and `label_file` start where the others start, and asks
    /// for those that are not there.
    fn named_files(&mut self, service: &mut Node, base: &str) {
        let Value::Map(map) = &mut service.value else { return };
        for key in ["env_file", "label_file"] {
            let Some(entry) = map.entries.iter_mut().find(|entry| entry.key == key) else {
                continue;
            };
            let items = match &mut entry.value.value {
                Value::List(items) => items.as_mut_slice(),
                _ => std::slice::from_mut(&mut entry.value),
            };
            for item in items {
                let required = item.as_map().and_then(|map| map.get("required"));
                let required = required.and_then(boolean).unwrap_or(true);
                let at = item.at.clone();
                let Some(path) = path_of(item) else { continue };
                *path = beside(base, path);
                let path = path.clone();
                if !self.scope.input.others.contains_key(&path) {
                    self.need(&path, &at, required);
                }
            }
        }
    }
}

/// The path of an item of `env_file`, short or long.
fn path_of(item: &mut Node) -> Option<&mut String> {
    match &mut item.value {
        Value::Scalar { text, .. } if !text.is_empty() => Some(text),
        Value::Map(map) => {
            let entry = map.entries.iter_mut().find(|entry| entry.key == "path")?;
            match &mut entry.value.value {
                Value::Scalar { text, .. } => Some(text),
                Value::List(_) | Value::Map(_) => None,
            }
        }
        Value::Scalar { .. } | Value::List(_) => None,
    }
}

/// The words of an `env_file` or `label_file`.
pub(super) fn file_words<'n>(
    scope: &mut Scope<'_>,
    key: &str,
    node: &'n Node,
) -> Vec<(Word<'n>, bool)> {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    let mut words = Vec::new();
    for item in items {
        let Some(long) = item.as_map() else {
            words.extend(scope.text(key, item).map(|text| (Word { text, at: &item.at }, true)));
            continue;
        };
        let required = long.get("required").and_then(boolean).unwrap_or(true);
        match long.get("path").and_then(Node::as_text) {
            Some(text) => words.push((Word { text, at: &item.at }, required)),
            None => scope.wrong(key, item, "a path"),
        }
    }
    words
}
