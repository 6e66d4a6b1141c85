//! Compose texts to one project: read, variables put in, extended, included and merged.

use super::extend::MAX_DEPTH;
use super::files::{NeededFile, beside};
use super::format::{Detected, Format, detect};
use super::input::{Dialect, SourceText};
use super::scope::{Scope, did_you_mean};
use super::table::TOP_KEYS;
use super::{dotenv, keys::SubFate};
use super::{legacy_merge, merge};
use crate::config::yaml::{self, Entry, Map, Node, Place, Value};
use crate::model::{Finding, Severity};
use std::collections::HashMap;
use std::rc::Rc;

/// More services than this are no task definition, and would take long to tell so.
const MOST_SERVICES: usize = 1000;

/// A project: services and volumes of all files, merged.
pub(super) struct Project {
    /// Services in the order of the files.
    pub services: Vec<Entry>,
    /// Top-level volumes.
    pub volumes: Vec<Entry>,
    /// Files that are named and not there yet.
    pub needed: Vec<NeededFile>,
    /// Images with unset variables: by file, line and column of the image.
    pub unset_images: HashMap<(String, u32, u32), UnsetImage>,
    /// True when a file could not be read at all.
    pub unreadable: bool,
}

/// An image with unset variables.
pub(super) struct UnsetImage {
    /// As it is written.
    pub written: String,
    /// The variables.
    pub variables: Vec<String>,
}

/// Loads the project of `scope.input`; sets the scope's format. `None` when a finding says why
/// there is none.
pub(super) fn load(scope: &mut Scope<'_>) -> Option<Project> {
    read_dot_env(scope)?;
    let project = Project {
        services: Vec::new(),
        volumes: Vec::new(),
        needed: Vec::new(),
        unset_images: HashMap::new(),
        unreadable: false,
    };
    let mut loader = Loader {
        scope,
        project,
        detected: None,
        read_by_ecs_cli: true,
        expanded: 0,
        extended_files: HashMap::new(),
    };
    let files: &[SourceText] = &loader.scope.input.files;
    for source in files {
        loader.file(source, files.first().map_or("", |first| &first.name), 0);
    }
    let project = loader.project;
    (!project.unreadable).then_some(project)
}

/// Reads `.env` into the scope.
fn read_dot_env(scope: &mut Scope<'_>) -> Option<()> {
    let Some(file) = &scope.input.dot_env else { return Some(()) };
    match dotenv::read(&file.name, &file.text, scope.input.dialect, scope.input.lookup) {
        Ok(lines) => {
            let set = lines.into_iter().filter_map(|line| Some((line.name, line.value?)));
            scope.dot_env.extend(set);
            Some(())
        }
        Err(findings) => {
            findings.into_iter().for_each(|finding| scope.report(finding));
            None
        }
    }
}

/// A project while it is being loaded.
pub(super) struct Loader<'s, 'a> {
    pub scope: &'s mut Scope<'a>,
    pub project: Project,
    detected: Option<Detected>,
    read_by_ecs_cli: bool,
    /// Bytes of all values with variables so far.
    pub expanded: usize,
    /// Services of files that were read for `extends`, by path.
    pub extended_files: HashMap<String, Rc<Map>>,
}

impl Loader<'_, '_> {
    /// One compose file. Paths in it start at `base`.
    fn file(&mut self, source: &SourceText, base: &str, depth: usize) {
        let Some(root) = self.read(source) else { return };
        let Some(mut map) = self.sections(root) else { return };
        for entry in self.included(&map) {
            self.include(&entry, base, depth);
        }
        let services = section(&mut map, "services");
        if self.too_many(&services) {
            return;
        }
        // Only a file in which something is extended is needed twice.
        let extends =
            |entry: &Entry| entry.value.as_map().is_some_and(|map| map.get("extends").is_some());
        let any = services.entries.iter().any(extends);
        let siblings = if any { services.clone() } else { Map::default() };
        for entry in services.entries {
            self.service(entry, &siblings, base);
        }
        for entry in section(&mut map, "volumes").entries {
            match self.project.volumes.iter_mut().find(|old| old.key == entry.key) {
                Some(old) if entry.value.is_null() => old.at = entry.at,
                Some(old) => *old = entry,
                None => self.project.volumes.push(entry),
            }
        }
    }

    fn too_many(&mut self, services: &Map) -> bool {
        let over = services.entries.get(MOST_SERVICES);
        if let Some(entry) = over {
            let message = format!("more than {MOST_SERVICES} services");
            self.scope.report(entry.at.error(message).hint("A task definition has at most 10."));
        }
        over.is_some()
    }

    fn service(&mut self, entry: Entry, siblings: &Map, base: &str) {
        let (key, at) = (entry.key.clone(), entry.at.clone());
        let Some(service) = self.extended(entry, siblings, base, 0) else { return };
        match self.project.services.iter_mut().find(|old| old.key == key) {
            Some(old) => {
                let at = old.value.at.clone();
                let before = std::mem::replace(&mut old.value, Node::text(at, ""));
                old.value = match self.scope.legacy {
                    true => legacy_merge::service(self.scope, before, service),
                    false => merge::service(before, service),
                };
            }
            None => self.project.services.push(Entry { key, at, value: service }),
        }
    }

    /// Reads a file, tells its format and puts its variables in.
    pub(super) fn read(&mut self, source: &SourceText) -> Option<Node> {
        let read = yaml::read(&source.name, &source.text).and_then(|root| {
            let detected = detect(&root).map_err(|finding| vec![finding])?;
            self.agree(detected, &root.at).map_err(|finding| vec![finding])?;
            Ok(root)
        });
        match read {
            Ok(mut root) => {
                self.expand_file(&mut root);
                Some(root)
            }
            Err(findings) => {
                findings.into_iter().for_each(|finding| self.scope.report(finding));
                self.project.unreadable = true;
                None
            }
        }
    }

    /// The first file's format counts; another one must not say another version.
    fn agree(&mut self, detected: Detected, at: &Place) -> Result<(), Finding> {
        let first = *self.detected.get_or_insert(detected);
        self.scope.format = first.format;
        let by_name = self.scope.input.dialect == Dialect::EcsCli;
        self.read_by_ecs_cli &= detected.known_to_ecs_cli;
        self.scope.legacy = by_name && self.read_by_ecs_cli;
        let modern = |format: Format| format != Format::V1;
        let mixed = modern(first.format) != modern(detected.format)
            || (detected.declared && first.declared && first.format != detected.format);
        if mixed {
            let message =
                format!("this file is of {}, the first one of {}", detected.format, first.format);
            return Err(at.error(message).hint("All compose files need the same version."));
        }
        Ok(())
    }

    /// The file's sections; a version 1 file is one section, `services`.
    pub(super) fn sections(&mut self, root: Node) -> Option<Map> {
        let Value::Map(mut map) = root.value else { return None };
        if self.scope.format == Format::V1 {
            map.entries.retain(|entry| entry.key != "version" && !entry.key.starts_with("x-"));
            let services = Node::new(root.at.clone(), Value::Map(map));
            let at = root.at;
            return Some(Map {
                entries: vec![Entry { key: "services".into(), at, value: services }],
            });
        }
        for entry in map.entries.iter().filter(|entry| !entry.key.starts_with("x-")) {
            match TOP_KEYS.iter().find(|key| key.name == entry.key).map(|key| &key.fate) {
                Some(SubFate::Field(_)) => {}
                Some(SubFate::Ignored(severity, why)) => {
                    self.scope.ignored(&entry.at, &entry.key, *severity, why);
                }
                None => {
                    let names: Vec<&str> = TOP_KEYS.iter().map(|key| key.name).collect();
                    let finding = entry.at.error(format!("unknown key \"{}\"", entry.key));
                    self.scope.report(finding.hint(did_you_mean(&entry.key, &names)));
                }
            }
        }
        for key in ["services", "volumes"] {
            if let Some(node) =
                map.get(key).filter(|node| !node.is_null() && node.as_map().is_none())
            {
                self.scope.wrong(key, node, "a mapping");
            }
        }
        Some(map)
    }

    fn included(&mut self, map: &Map) -> Vec<(String, Place)> {
        let Some(node) = map.get("include") else { return Vec::new() };
        let mut paths = Vec::new();
        for item in self.scope.items("include", node) {
            let words = match item.as_map() {
                None => self.scope.words("include", item),
                Some(long) => {
                    for entry in long.entries.iter().filter(|entry| entry.key != "path") {
                        let key = format!("include.{}", entry.key);
                        let why = "paths and variables are those of the whole project";
                        self.scope.ignored(&entry.at, &key, Severity::Warning, why);
                    }
                    let path = long.get("path");
                    path.map(|path| self.scope.words("include.path", path)).unwrap_or_default()
                }
            };
            paths.extend(words.into_iter().map(|word| (word.text.to_owned(), word.at.clone())));
        }
        paths
    }

    fn include(&mut self, path: &(String, Place), base: &str, depth: usize) {
        let (path, at) = path;
        let path = beside(base, path);
        if depth >= MAX_DEPTH {
            self.scope.error(at, format!("{path}: included too deeply"));
        } else if let Some(text) = self.other(&path, at) {
            self.file(&SourceText::new(path.clone(), text), &path, depth + 1);
        }
    }

    /// The text of a file that a compose file names.
    pub(super) fn other(&mut self, path: &str, at: &Place) -> Option<String> {
        match self.scope.input.others.get(path) {
            Some(Some(text)) => return Some(text.clone()),
            Some(None) => self.scope.error(at, format!("{path}: no such file")),
            None => self.need(path, at, true),
        }
        None
    }

    pub(super) fn need(&mut self, path: &str, at: &Place, required: bool) {
        self.project.needed.push(NeededFile { path: at.locate(path.to_owned()), required });
    }
}

/// Takes a section out of a file; an empty one when there is none.
pub(super) fn section(map: &mut Map, key: &str) -> Map {
    let entry = map.entries.iter_mut().find(|entry| entry.key == key);
    match entry.map(|entry| &mut entry.value.value) {
        Some(Value::Map(section)) => std::mem::take(section),
        _ => Map::default(),
    }
}
