//! What a translation carries along: the input, the findings, and typed reading of values.
//! A value of the wrong kind becomes a finding with its place, and reading goes on.

use super::format::Format;
use super::input::{ComposeInput, Dialect};
use super::keys::{SubFate, SubKey};
use super::scalar::{self, Scalar, classify};
use super::units::ram_bytes;
use crate::config::yaml::{Map, Node, Place, duration, nearest};
use crate::model::{Finding, Location, Severity};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A text of a list, with its place.
pub(super) struct Word<'n> {
    /// The text.
    pub text: &'n str,
    /// Where it stands.
    pub at: &'n Place,
}

/// An entry of a mapping, or `KEY=VALUE` of a list.
pub(super) struct Pair<'n> {
    /// The key.
    pub key: &'n str,
    /// The value; `None` for null, or without the separator.
    pub value: Option<String>,
    /// Where it stands.
    pub at: &'n Place,
}

/// The state of a translation.
pub(super) struct Scope<'a> {
    /// The input.
    pub input: &'a ComposeInput<'a>,
    /// The file's format.
    pub format: Format,
    /// The command is `ecs-cli` and it read files of this version: its requests are the rule.
    pub legacy: bool,
    /// Everything found.
    pub findings: Vec<Finding>,
    /// Where parts of the result are written.
    pub places: BTreeMap<String, Location>,
    /// Variables of `.env`.
    pub dot_env: HashMap<String, String>,
    seen: HashSet<(String, usize, usize, String)>,
}

impl<'a> Scope<'a> {
    /// A scope without findings.
    pub(super) fn new(input: &'a ComposeInput<'a>) -> Self {
        Self {
            input,
            format: Format::Spec,
            legacy: false,
            findings: Vec::new(),
            places: BTreeMap::new(),
            dot_env: HashMap::new(),
            seen: HashSet::new(),
        }
    }

    /// Adds a finding, once: a value behind an anchor is read as often as it is used.
    pub(super) fn report(&mut self, finding: Finding) {
        let at = finding.location.as_ref();
        let (file, line, column) =
            at.map_or(("", 0, 0), |at| (at.file.as_str(), at.line, at.column));
        if self.seen.insert((file.to_owned(), line, column, finding.message.clone())) {
            self.findings.push(finding);
        }
    }

    /// An error at `at`.
    pub(super) fn error(&mut self, at: &Place, message: impl Into<String>) {
        self.report(at.error(message));
    }

    /// An error by our own commands, a warning by the name `ecs-cli`, which was silent.
    pub(super) fn strict(&mut self, finding: Finding) {
        let severity = match self.input.dialect {
            Dialect::Native => Severity::Error,
            Dialect::EcsCli => Severity::Warning,
        };
        self.report(Finding { severity, ..finding });
    }

    /// A key that is left out on purpose.
    pub(super) fn ignored(&mut self, at: &Place, key: &str, severity: Severity, why: &str) {
        let finding = at.note(format!("ignored: {key}: {why}"));
        self.report(Finding { severity, ..finding });
    }

    /// Remembers where `path` of the result is written.
    pub(super) fn remember(&mut self, path: String, at: &Place) {
        self.places.entry(path).or_insert_with(|| at.location());
    }

    /// `"key" is ...; ... is wanted`.
    pub(super) fn wrong(&mut self, key: &str, node: &Node, wanted: &str) {
        let message = format!("\"{key}\" is {}; {wanted} is wanted", node.describe());
        self.error(&node.at, message);
    }

    /// A text. Numbers and booleans are refused as Compose does, with a hint to quote them;
    /// null is no text and no fault.
    pub(super) fn text<'n>(&mut self, key: &str, node: &'n Node) -> Option<&'n str> {
        match self.classify(node) {
            Some(Scalar::Text) => node.as_text(),
            Some(Scalar::OldBool) if !self.legacy => node.as_text(),
            Some(Scalar::Null) => None,
            Some(Scalar::Bool | Scalar::OldBool | Scalar::Number(_)) => {
                let text = node.as_text().unwrap_or_default();
                let message = format!("\"{key}\" is {}; a text is wanted", node.describe());
                self.report(node.at.error(message).hint(format!("Write \"{text}\" with quotes.")));
                None
            }
            None => {
                self.wrong(key, node, "a text");
                None
            }
        }
    }

    /// What the scalar is. To ecs-cli's reader of YAML `1e20` was a text, and `1e+20` a number.
    fn classify(&self, node: &Node) -> Option<Scalar> {
        let is_text = |text: &str| {
            let exponent = text.split_once(['e', 'E']).map(|(_, exponent)| exponent);
            exponent.is_some_and(|exponent| exponent.starts_with(|c: char| c.is_ascii_digit()))
        };
        match classify(node) {
            Some(Scalar::Number(_)) if self.legacy && node.as_text().is_some_and(is_text) => {
                Some(Scalar::Text)
            }
            other => other,
        }
    }

    /// A text or a list of texts.
    pub(super) fn words<'n>(&mut self, key: &str, node: &'n Node) -> Vec<Word<'n>> {
        let items = node.as_list().unwrap_or(std::slice::from_ref(node));
        let word = |item: &'n Node| self.text(key, item).map(|text| Word { text, at: &item.at });
        items.iter().filter_map(word).collect()
    }

    /// The items of a list; nothing, with a finding, when it is none.
    pub(super) fn items<'n>(&mut self, key: &str, node: &'n Node) -> &'n [Node] {
        if node.is_null() {
            return &[];
        }
        node.as_list().unwrap_or_else(|| {
            self.wrong(key, node, "a list");
            &[]
        })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &str, node: &Node) -> Option<bool> {
        if node.is_null() {
            return None;
        }
        let value = scalar::boolean(node);
        if value.is_none() {
            self.wrong(key, node, "true or false");
        }
        value
    }

    /// A whole number, with quotes or without.
    pub(super) fn integer(&mut self, key: &str, node: &Node) -> Option<i64> {
        self.parsed(key, node, "a whole number", |text| text.trim().parse().ok())
    }

    /// A size in bytes.
    pub(super) fn ram(&mut self, key: &str, node: &Node) -> Option<i64> {
        self.parsed(key, node, "a size such as 512m", ram_bytes)
    }

    /// A time in whole seconds. A part of a second is cut off, and named.
    pub(super) fn seconds(&mut self, key: &str, node: &Node) -> Option<i64> {
        let time = self.parsed(key, node, "a time such as 1m30s", duration)?;
        let seconds = i64::try_from(time.as_secs()).ok()?;
        if time.subsec_nanos() > 0 {
            let message = format!("\"{key}\" is {}: ECS takes whole seconds", node.describe());
            if seconds == 0 {
                self.strict(node.at.error(message));
            } else {
                self.report(node.at.note(format!("{message}, {seconds} here")));
            }
        }
        Some(seconds)
    }

    /// A scalar that `parse` understands; null is no fault.
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        node: &Node,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if node.is_null() {
            return None;
        }
        let value = node.as_text().and_then(parse);
        if value.is_none() {
            self.wrong(key, node, wanted);
        }
        value
    }

    /// The entries of a mapping with scalars, or of a list of `KEY{separator}VALUE`.
    pub(super) fn pairs<'n>(
        &mut self,
        key: &str,
        node: &'n Node,
        separator: char,
    ) -> Vec<Pair<'n>> {
        if let Some(map) = node.as_map() {
            let pair = |entry: &'n crate::config::yaml::Entry| {
                let value = self.scalar(&format!("{key}.{}", entry.key), &entry.value)?;
                Some(Pair { key: &entry.key, value, at: &entry.at })
            };
            return map.entries.iter().filter_map(pair).collect();
        }
        if node.is_null() {
            return Vec::new();
        }
        if node.as_list().is_none() {
            self.wrong(key, node, "a list or a mapping");
            return Vec::new();
        }
        let split = |word: Word<'n>| match word.text.split_once(separator) {
            Some((key, value)) => Pair { key, value: Some(value.to_owned()), at: word.at },
            None => Pair { key: word.text, value: None, at: word.at },
        };
        self.words(key, node).into_iter().map(split).collect()
    }

    /// A scalar as text: numbers as Compose prints them, booleans refused (but by the
    /// Specification outside of `environment`). The outer `None` is a fault.
    fn scalar(&mut self, key: &str, node: &Node) -> Option<Option<String>> {
        let text = node.as_text().unwrap_or_default();
        let number_of_yaml = "quotes keep it as it is written";
        match self.classify(node) {
            Some(Scalar::Null) => Some(None),
            Some(Scalar::Text) => Some(Some(text.to_owned())),
            Some(Scalar::OldBool) if !self.legacy => Some(Some(text.to_owned())),
            Some(Scalar::Number(number)) => {
                if number != text {
                    let message =
                        format!("\"{key}\" is the number {text} and becomes \"{number}\"");
                    self.report(node.at.warning(format!("{message}; {number_of_yaml}")));
                }
                Some(Some(number))
            }
            Some(Scalar::Bool)
                if self.format == Format::Spec && !key.starts_with("environment.") =>
            {
                Some(Some(text.to_owned()))
            }
            Some(Scalar::Bool | Scalar::OldBool) => {
                let message =
                    format!("\"{key}\" is the boolean {text}; a text or number is wanted");
                self.report(node.at.error(message).hint(format!("Write \"{text}\" with quotes.")));
                None
            }
            None => {
                self.wrong(key, node, "a text or number");
                None
            }
        }
    }

    /// A mapping whose keys are in `known`: unknown ones are errors, those left out are named.
    pub(super) fn sub<'n>(
        &mut self,
        name: &str,
        node: &'n Node,
        known: &[SubKey],
    ) -> Option<&'n Map> {
        if node.is_null() {
            return None;
        }
        let (map, unknown) = self.split(name, node, known)?;
        unknown.into_iter().for_each(|finding| self.report(finding));
        Some(map)
    }

    /// `sub` in ecs-params, where ecs-cli was silent about unknown keys.
    pub(super) fn sub_params<'n>(
        &mut self,
        name: &str,
        node: &'n Node,
        known: &[SubKey],
    ) -> Option<&'n Map> {
        if node.is_null() {
            return None;
        }
        let (map, unknown) = self.split(name, node, known)?;
        unknown.into_iter().for_each(|finding| self.strict(finding));
        Some(map)
    }

    /// The mapping, and findings for its unknown keys.
    fn split<'n>(
        &mut self,
        name: &str,
        node: &'n Node,
        known: &[SubKey],
    ) -> Option<(&'n Map, Vec<Finding>)> {
        let Some(map) = node.as_map() else {
            self.wrong(name, node, "a mapping");
            return None;
        };
        let names: Vec<&str> = known.iter().map(|key| key.name).collect();
        let mut unknown = Vec::new();
        for entry in map.entries.iter().filter(|entry| !entry.key.starts_with("x-")) {
            match known.iter().find(|key| key.name == entry.key).map(|key| &key.fate) {
                Some(SubFate::Field(_)) => {}
                Some(SubFate::Ignored(severity, why)) => {
                    self.ignored(&entry.at, &format!("{name}.{}", entry.key), *severity, why);
                }
                None => {
                    let finding =
                        entry.at.error(format!("unknown key \"{}\" in {name}", entry.key));
                    unknown.push(finding.hint(did_you_mean(&entry.key, &names)));
                }
            }
        }
        Some((map, unknown))
    }

    /// A scalar of any type as text (ecs-params: `cpu_limit: 256`).
    pub(super) fn loose<'n>(&mut self, key: &str, node: &'n Node) -> Option<&'n str> {
        let text = node.as_text();
        if text.is_none() && !node.is_null() {
            self.wrong(key, node, "a text");
        }
        text
    }

    /// A variable: the process's, else that of `.env`.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.input.lookup)(name).or_else(|| self.dot_env.get(name).cloned())
    }
}

/// `Did you mean ...?`, or the known keys when none is near.
pub(super) fn did_you_mean(key: &str, known: &[&str]) -> String {
    /// More names than this are no help.
    const MOST_NAMES: usize = 20;
    match nearest(key, known) {
        Some(word) => format!("Did you mean \"{word}\"?"),
        None if known.len() <= MOST_NAMES => format!("Known keys: {}.", known.join(", ")),
        None => "docs/compose.md lists the known keys.".to_owned(),
    }
}
