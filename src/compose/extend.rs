//! `extends`, and the files that a service names.

use super::files::beside;
use super::format::Format;
use super::input::SourceText;
use super::load::{Loader, section};
use super::scalar::boolean;
use super::scope::{Scope, Word};
use super::table::{ENV_FILE, EXTENDS};
use super::{legacy_merge, merge, paths};
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
            Some(parent) if self.scope.legacy => {
                Some(legacy_merge::extended(self.scope, parent, service))
            }
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
        let (name, file) = if extends.value.as_map().is_none() {
            (self.scope.text("extends", &extends.value)?.to_owned(), None)
        } else {
            let map = self.scope.sub("extends", &extends.value, EXTENDS)?;
            let mut text = |key: &str| {
                self.scope.text(&format!("extends.{key}"), map.get(key)?).map(str::to_owned)
            };
            let (name, file) = (text("service"), text("file"));
            let Some(name) = name else {
                self.scope.error(&extends.at, "extends has no \"service\"");
                return None;
            };
            (name, file)
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
        // libcompose, in ecs-cli, left the volumes of an extended service as they were.
        if let Some(first) = self.scope.input.files.first().filter(|_| !self.scope.legacy) {
            paths::rebase(map, base, &first.name);
        }
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

/// A file of `env_file` or `label_file`.
pub(super) struct NamedFile<'n> {
    /// Its path.
    pub path: Word<'n>,
    /// False when it may be missing.
    pub required: bool,
    /// `format: raw`: its values are taken as they are.
    pub raw: bool,
}

/// The files of an `env_file` or `label_file`.
pub(super) fn named<'n>(scope: &mut Scope<'_>, key: &str, node: &'n Node) -> Vec<NamedFile<'n>> {
    let items = node.as_list().unwrap_or(std::slice::from_ref(node));
    let mut files = Vec::new();
    for item in items {
        if item.as_map().is_none() {
            let path = scope.text(key, item).map(|text| Word { text, at: &item.at });
            files.extend(path.map(|path| NamedFile { path, required: true, raw: false }));
            continue;
        }
        let Some(long) = scope.sub(key, item, ENV_FILE) else { continue };
        let required = long.get("required").and_then(|node| scope.boolean("required", node));
        let format = long.get("format").and_then(|node| scope.text("format", node));
        if let Some(format) = format.filter(|format| *format != "raw") {
            scope.error(&item.at, format!("{key}.format is \"{format}\"; known is raw"));
        }
        match long.get("path").and_then(|node| scope.text("path", node)) {
            Some(text) => files.push(NamedFile {
                path: Word { text, at: &item.at },
                required: required.unwrap_or(true),
                raw: format.is_some(),
            }),
            None => scope.error(&item.at, format!("{key} has no \"path\"")),
        }
    }
    files
}
