//! Compose texts to one project: read, variables put in, extended, included and merged.

use super::files::NeededFile;
use super::format::{Detected, Format, detect};
use super::input::{Dialect, SourceText};
use super::layer::Layer;
use super::scope::{Scope, did_you_mean};
use super::table::TOP_KEYS;
use super::{dotenv, keys::SubFate, merge};
use crate::config::yaml::{self, Entry, Map, Node, Place, Tag, Value};
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
    let mut all = Layer::default();
    for source in files {
        let base = files.first().map_or("", |first| &first.name);
        if let Some(layer) = loader.layer(source, base, 0) {
            loader.over(&mut all, layer);
        }
    }
    let mut project = loader.project;
    project.services = all.services;
    project.volumes = all.volumes;
    project.services.iter_mut().for_each(|entry| merge::take_away(&mut entry.value));
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
        Err(findings) if scope.input.dialect == Dialect::EcsCli => {
            for finding in findings {
                let message = format!("{}: ecs-cli leaves the whole file out", finding.message);
                scope.report(Finding { message, severity: Severity::Warning, ..finding });
            }
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
    /// One compose file with what it includes. Paths in it start at `base`.
    pub(super) fn layer(&mut self, source: &SourceText, base: &str, depth: usize) -> Option<Layer> {
        let root = self.read(source)?;
        let mut map = self.sections(root)?;
        let mut layer = Layer::default();
        for group in self.included(&map) {
            if let Some(included) = self.include(&group, base, depth) {
                self.beside(&mut layer, included);
            }
        }
        let services = section(&mut map, "services");
        if self.too_many(&services) {
            return None;
        }
        // Only a file in which something is extended is needed twice.
        let extends =
            |entry: &Entry| entry.value.as_map().is_some_and(|map| map.get("extends").is_some());
        let any = services.entries.iter().any(extends);
        let siblings = if any { services.clone() } else { Map::default() };
        let mut own = Layer::default();
        for Entry { key, at, value } in services.entries {
            let value = match value.tag {
                // The whole service is taken away.
                Tag::Reset => Some(value),
                _ => self.extended(
                    Entry { key: key.clone(), at: at.clone(), value },
                    &siblings,
                    base,
                    0,
                ),
            };
            own.services.extend(value.map(|value| Entry { key, at, value }));
        }
        own.volumes = section(&mut map, "volumes").entries;
        self.beside(&mut layer, own);
        Some(layer)
    }

    fn too_many(&mut self, services: &Map) -> bool {
        let over = services.entries.get(MOST_SERVICES);
        if let Some(entry) = over {
            let message = format!("more than {MOST_SERVICES} services");
            self.scope.report(entry.at.error(message).hint("A task definition has at most 10."));
        }
        over.is_some()
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
                if let Some(item) = merge::reset_item(&root) {
                    let message = "!reset stands at an item of a list; it takes a whole key away";
                    let hint = "Write `!override` before the list, with the items that count.";
                    self.scope.report(item.at.error(message).hint(hint));
                }
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
