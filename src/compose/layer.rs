//! Files on top of each other, and `include`: files beside each other.

use super::extend::MAX_DEPTH;
use super::files::beside;
use super::input::SourceText;
use super::load::Loader;
use super::table::INCLUDE;
use super::{legacy_merge, merge};
use crate::config::yaml::{Entry, Map, Node, Place, Tag};

/// What one file says, with what it includes.
#[derive(Default)]
pub(super) struct Layer {
    /// Services in order.
    pub services: Vec<Entry>,
    /// Top-level volumes in order.
    pub volumes: Vec<Entry>,
}

/// One entry of `include`: files that are merged as several `-f` files are.
pub(super) struct Group {
    paths: Vec<(String, Place)>,
    /// Where their paths start, when that is said.
    directory: Option<String>,
}

impl Loader<'_, '_> {
    /// A later `-f` file over the earlier ones.
    pub(super) fn over(&mut self, all: &mut Layer, later: Layer) {
        for Entry { key, at, value } in later.services {
            match all.services.iter_mut().find(|old| old.key == key) {
                _ if value.tag == Tag::Reset => all.services.retain(|old| old.key != key),
                Some(old) => {
                    let before = std::mem::replace(&mut old.value, Node::text(at, ""));
                    old.value = match self.scope.legacy {
                        true => legacy_merge::service(self.scope, before, value),
                        false => merge::service(before, value),
                    };
                }
                None => all.services.push(Entry { key, at, value }),
            }
        }
        for entry in later.volumes {
            match all.volumes.iter_mut().find(|old| old.key == entry.key) {
                _ if entry.value.tag == Tag::Reset => {
                    all.volumes.retain(|old| old.key != entry.key);
                }
                Some(old) if entry.value.is_null() => old.at = entry.at,
                Some(old) if self.scope.legacy => *old = entry,
                Some(old) => {
                    let before =
                        std::mem::replace(&mut old.value, Node::text(entry.at.clone(), ""));
                    *old = Entry { value: merge::section(before, entry.value), ..entry };
                }
                None => all.volumes.push(entry),
            }
        }
    }

    /// An included file beside the others, or a file beside what it includes: the same name
    /// twice is an error, says the Compose Specification, unless both say the same.
    pub(super) fn beside(&mut self, all: &mut Layer, more: Layer) {
        let sections = [
            ("service", &mut all.services, more.services),
            ("volume", &mut all.volumes, more.volumes),
        ];
        for (what, known, more) in sections {
            for entry in more {
                match known.iter().find(|old| old.key == entry.key) {
                    Some(old) if merge::same(&old.value, &entry.value) => {}
                    Some(old) => {
                        let place = old.at.location();
                        let message = format!(
                            "{what} \"{}\" is in {}:{} too",
                            entry.key, place.file, place.line
                        );
                        let hint = "What is included cannot be changed here: use a second compose \
                                    file, or another name.";
                        self.scope.report(entry.at.error(message).hint(hint));
                    }
                    None => known.push(entry),
                }
            }
        }
    }

    pub(super) fn included(&mut self, map: &Map) -> Vec<Group> {
        let Some(node) = map.get("include") else { return Vec::new() };
        let mut groups = Vec::new();
        for item in self.scope.items("include", node) {
            let (words, directory) = if item.as_map().is_none() {
                (self.scope.words("include", item), None)
            } else {
                let Some(long) = self.scope.sub("include", item, INCLUDE) else { continue };
                let Some(path) = long.get("path").filter(|path| !path.is_null()) else {
                    self.scope.error(&item.at, "include has no \"path\"");
                    continue;
                };
                let directory = long.get("project_directory");
                let directory =
                    directory.and_then(|node| self.scope.text("include.project_directory", node));
                (self.scope.words("include.path", path), directory.map(str::to_owned))
            };
            let paths = words.into_iter().map(|word| (word.text.to_owned(), word.at.clone()));
            groups.push(Group { paths: paths.collect(), directory });
        }
        groups
    }

    pub(super) fn include(&mut self, group: &Group, base: &str, depth: usize) -> Option<Layer> {
        let mut all = Layer::default();
        let (first, _) = group.paths.first()?;
        let start = match &group.directory {
            Some(directory) => format!("{}/", beside(base, directory)),
            None => beside(base, first),
        };
        for (path, at) in &group.paths {
            let path = beside(base, path);
            if depth >= MAX_DEPTH {
                self.scope.error(at, format!("{path}: included too deeply"));
            } else if let Some(text) = self.other(&path, at)
                && let Some(layer) = self.layer(&SourceText::new(path, text), &start, depth + 1)
            {
                self.over(&mut all, layer);
            }
        }
        Some(all)
    }
}
