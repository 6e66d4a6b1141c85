//! Variables of a compose file: `${...}` in values, never in keys.

use super::format::Format;
use super::load::{Loader, UnsetImage};
use crate::config::yaml::{self, Entry, Grammar, InterpolationError, Map, Node, Place, Value};

/// What all variables of a project may add, in bytes.
const MAX_EXPANDED: usize = 16 << 20;

impl Loader<'_, '_> {
    /// Puts variables into every value of a file. What stands under `x-` is put in where it is
    /// used.
    pub(super) fn expand_file(&mut self, root: &mut Node) {
        let Value::Map(map) = &mut root.value else { return };
        if self.scope.format == Format::V1 {
            return self.expand_services(map);
        }
        for entry in map.entries.iter_mut().filter(|entry| !entry.key.starts_with("x-")) {
            match &mut entry.value.value {
                Value::Map(services) if entry.key == "services" => self.expand_services(services),
                _ => self.expand(&mut entry.value, Key::Other),
            }
        }
    }

    fn expand_services(&mut self, services: &mut Map) {
        for service in services.entries.iter_mut().filter(|entry| !entry.key.starts_with("x-")) {
            let Value::Map(keys) = &mut service.value.value else {
                self.expand(&mut service.value, Key::Other);
                continue;
            };
            for Entry { key, value, .. } in &mut keys.entries {
                self.expand(value, if key == "image" { Key::Image } else { Key::Other });
            }
        }
    }

    fn expand(&mut self, node: &mut Node, key: Key) {
        match &mut node.value {
            Value::List(items) => items.iter_mut().for_each(|item| self.expand(item, key)),
            Value::Map(map) => {
                let values = map.entries.iter_mut().map(|entry| &mut entry.value);
                values.for_each(|value| self.expand(value, key));
            }
            Value::Scalar { text, plain } if text.contains('$') => {
                if let Some(done) = self.expanded(text, &node.at, key) {
                    *text = done;
                    *plain = false;
                }
            }
            Value::Scalar { .. } => {}
        }
    }

    fn expanded(&mut self, text: &str, at: &Place, key: Key) -> Option<String> {
        let grammar = match self.scope.format {
            Format::V3 if self.scope.legacy => Grammar::DockerCli2019,
            Format::V1 | Format::V2 if self.scope.legacy => Grammar::Libcompose,
            _ => Grammar::Compose,
        };
        let scope = &*self.scope;
        let expanded = match yaml::expand_as(grammar, text, &|name| scope.variable(name)) {
            Ok(expanded) => expanded,
            Err(error) => {
                if key == Key::Image {
                    self.unset_image(text, at, Vec::new());
                }
                let finding = at.error(error.to_string());
                self.scope.report(match error {
                    InterpolationError::Syntax { .. } => {
                        finding.hint("A dollar sign of its own is written $$.")
                    }
                    _ => finding,
                });
                return None;
            }
        };
        self.expanded += expanded.text.len();
        if self.expanded > MAX_EXPANDED {
            self.scope.error(at, "the project becomes too large once its variables are put in");
            return None;
        }
        for swallowed in &expanded.swallowed {
            let message = format!("ecs-cli reads \"{swallowed}\" behind a variable as its default");
            self.scope.report(at.warning(message).hint("Write ${VARIABLE} with braces."));
        }
        if key == Key::Image && !expanded.unset.is_empty() {
            // An error, unless another file or the caller replaces the image.
            self.unset_image(text, at, expanded.unset);
        } else {
            for name in &expanded.unset {
                let message = format!("variable {name} is not set: an empty text is put in");
                self.scope.report(at.warning(message));
            }
        }
        Some(expanded.text)
    }
}

impl Loader<'_, '_> {
    fn unset_image(&mut self, written: &str, at: &Place, variables: Vec<String>) {
        let place = (at.file.to_string(), at.line, at.column);
        let image = UnsetImage { written: written.to_owned(), variables };
        self.project.unset_images.insert(place, image);
    }
}

/// Which key of a service a value belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Image,
    Other,
}
