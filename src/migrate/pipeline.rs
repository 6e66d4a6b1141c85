//! The jobs of a `.gitlab-ci.yml` and where each of their keywords comes from: the job itself,
//! merge keys, `extends`, `default:`, the old global keywords.

use super::tree::{NodeId, Tree, Value};
use std::collections::HashSet;

/// Keywords at the top that are no jobs.
const GLOBAL: &[&str] = &[
    "stages",
    "variables",
    "default",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "include",
    "workflow",
    "spec",
    "types",
];
/// Old global keywords that jobs inherit.
const INHERITED: &[&str] = &["image", "services", "before_script", "after_script"];
const SCRIPTS: &[&str] = &["before_script", "script", "after_script"];
/// GitLab follows fewer.
const DEEPEST: usize = 20;

/// One document with jobs.
pub(super) struct Pipeline<'a> {
    /// The text's tree.
    pub(super) tree: &'a Tree,
    /// The top mapping.
    pub(super) top: NodeId,
    /// Where `include:` is written.
    pub(super) include: Option<NodeId>,
    /// The mapping of `default:`.
    default: Option<NodeId>,
    /// The jobs.
    pub(super) jobs: Vec<Job>,
}

/// One job that a runner would run.
#[derive(Debug)]
pub(super) struct Job {
    /// Its name.
    pub(super) name: String,
    /// The node of its name.
    pub(super) key: NodeId,
    /// Its mapping.
    pub(super) map: NodeId,
    /// Mappings that it is made of, the strongest first.
    layers: Vec<NodeId>,
    /// Templates and references that are not in this file: the node that names each.
    pub(super) unseen: Vec<(NodeId, String)>,
    /// The lines of its scripts.
    pub(super) lines: Vec<Line>,
}

/// One item of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The scalar.
    pub(super) node: NodeId,
    /// The item of its list, an alias perhaps; the scalar itself when there is no list.
    pub(super) item: NodeId,
    /// The list.
    pub(super) list: Option<NodeId>,
}

/// Where an effective value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The mapping.
    pub(super) map: NodeId,
    /// Its key.
    pub(super) key: NodeId,
    /// The value as written, an alias perhaps.
    pub(super) written: NodeId,
    /// The value.
    pub(super) value: NodeId,
    /// It is a default of all jobs.
    pub(super) global: bool,
}

impl<'a> Pipeline<'a> {
    /// The jobs of a document; `None` when it is no mapping.
    pub(super) fn of(tree: &'a Tree, top: NodeId) -> Option<Self> {
        let Value::Map { entries, .. } = &tree.node(top).value else { return None };
        let include = tree.get(top, "include");
        let default = tree.get(top, "default").map(|map| tree.real(map));
        let mut pipeline = Self { tree, top, include, default, jobs: Vec::new() };
        let mut jobs: Vec<Job> = entries.iter().filter_map(|entry| pipeline.job(*entry)).collect();
        let visible = jobs.iter().filter(|job| !job.name.starts_with('.'));
        let used: HashSet<NodeId> = visible.flat_map(|job| job.layers.clone()).collect();
        // A template is judged with its users; one that nobody here uses stands for itself.
        jobs.retain(|job| !job.name.starts_with('.') || !used.contains(&job.map));
        for job in &mut jobs {
            pipeline.read_lines(job);
        }
        jobs.retain(|job| !job.lines.is_empty() || !job.unseen.is_empty());
        pipeline.jobs = jobs;
        Some(pipeline)
    }

    fn job(&self, (key, value): (NodeId, NodeId)) -> Option<Job> {
        let name = self.tree.text(key)?.to_owned();
        let map = self.tree.real(value);
        let is_map = matches!(self.tree.node(map).value, Value::Map { .. });
        if !is_map || GLOBAL.contains(&name.as_str()) || self.tree.get(map, "trigger").is_some() {
            return None;
        }
        let (mut layers, mut unseen) = (Vec::new(), Vec::new());
        self.collect(map, &mut layers, &mut unseen);
        Some(Job { name, key, map, layers, unseen, lines: Vec::new() })
    }

    /// The mapping, what it merges, and what it extends; later ones are weaker.
    fn collect(&self, map: NodeId, layers: &mut Vec<NodeId>, unseen: &mut Vec<(NodeId, String)>) {
        if layers.contains(&map) {
            return;
        }
        let own = self.merged(map);
        let extends = own.iter().find_map(|layer| self.tree.get(*layer, "extends"));
        layers.extend(own.into_iter().filter(|layer| !layers.contains(layer)).collect::<Vec<_>>());
        let Some(extends) = extends else { return };
        let names = match self.tree.items(extends) {
            Some(items) => items.to_vec(),
            None => vec![extends],
        };
        for node in names.iter().rev() {
            let Some(name) = self.tree.text(*node) else { continue };
            match self.tree.get(self.top, name) {
                Some(base) => self.collect(self.tree.real(base), layers, unseen),
                None => unseen.push((*node, name.to_owned())),
            }
        }
    }

    /// A mapping and those that its merge keys name.
    pub(super) fn merged(&self, map: NodeId) -> Vec<NodeId> {
        let mut found = vec![map];
        let mut at = 0;
        while let Some(map) = found.get(at).copied() {
            for (key, value) in self.tree.entries(map) {
                if self.tree.text(*key) != Some("<<") {
                    continue;
                }
                let value = self.tree.real(*value);
                let several = self.tree.items(value).map(<[NodeId]>::to_vec);
                for other in several.unwrap_or_else(|| vec![value]) {
                    let other = self.tree.real(other);
                    if !found.contains(&other) {
                        found.push(other);
                    }
                }
            }
            at += 1;
        }
        found
    }

    /// The value of a keyword that counts for a job.
    pub(super) fn find(&self, job: &Job, key: &str) -> Option<Found> {
        self.find_all(job, key).first().copied()
    }

    /// All values of a keyword for a job; the first one counts.
    pub(super) fn find_all(&self, job: &Job, key: &str) -> Vec<Found> {
        let own = job.layers.iter().filter_map(|map| self.entry(*map, key));
        let mut found: Vec<Found> = own.collect();
        if self.inherits(job, key) {
            found.extend(self.default.and_then(|map| self.entry(map, key)));
            let old = INHERITED.contains(&key).then_some(self.top);
            found.extend(old.and_then(|top| self.entry(top, key)));
        }
        found
    }

    /// True when a keyword written into a mapping would count for a job made of it.
    pub(super) fn takes_from(&self, job: &Job, map: NodeId, key: &str) -> bool {
        let stronger = job.layers.iter().take_while(|layer| **layer != map);
        job.layers.contains(&map) && stronger.into_iter().all(|m| self.entry(*m, key).is_none())
    }

    /// A key of one mapping.
    pub(super) fn entry(&self, map: NodeId, key: &str) -> Option<Found> {
        let global = map == self.top || Some(map) == self.default;
        let entries = self.tree.entries(map).iter();
        let found = entries.copied().find(|(name, _)| self.tree.text(*name) == Some(key));
        found.map(|(key, written)| Found {
            map,
            key,
            written,
            value: self.tree.real(written),
            global,
        })
    }

    /// `inherit: {default: false}` or a list of keywords.
    fn inherits(&self, job: &Job, key: &str) -> bool {
        let inherit = job.layers.iter().find_map(|map| self.tree.get(*map, "inherit"));
        let Some(default) = inherit.and_then(|map| self.tree.get(map, "default")) else {
            return true;
        };
        match self.tree.items(default) {
            Some(items) => items.iter().any(|item| self.tree.text(*item) == Some(key)),
            None => self.tree.text(default) != Some("false"),
        }
    }

    /// All mappings of variables that a job sees, the strongest first.
    pub(super) fn variables(&self, job: &Job) -> Vec<Found> {
        let own = job.layers.iter().filter_map(|map| self.entry(*map, "variables"));
        own.chain(self.entry(self.top, "variables")).collect()
    }

    fn read_lines(&self, job: &mut Job) {
        let (mut lines, mut unseen) = (Vec::new(), Vec::new());
        for found in SCRIPTS.iter().filter_map(|key| self.find(job, key)) {
            let first = Line { node: found.value, item: found.written, list: None };
            self.flatten(first, (&mut lines, &mut unseen), 0);
        }
        job.lines = lines;
        job.unseen.extend(unseen);
    }

    /// The lines that one keyword's value brings.
    pub(super) fn lines_of(&self, found: Found) -> Vec<Line> {
        let mut lines = Vec::new();
        let first = Line { node: found.value, item: found.written, list: None };
        self.flatten(first, (&mut lines, &mut Vec::new()), 0);
        lines
    }

    fn flatten(
        &self,
        line: Line,
        (lines, unseen): (&mut Vec<Line>, &mut Vec<(NodeId, String)>),
        depth: usize,
    ) {
        if depth > DEEPEST {
            return;
        }
        let node = self.tree.node(line.node);
        match &node.value {
            Value::Scalar(..) => lines.push(line),
            Value::List { items, .. } if node.tag.as_deref() == Some("!reference") => {
                match self.referenced(items) {
                    Some(target) => {
                        let line = Line { node: target, item: line.node, list: None };
                        self.flatten(line, (lines, unseen), depth + 1);
                    }
                    None => {
                        let words = items.iter().filter_map(|item| self.tree.text(*item));
                        let path = words.collect::<Vec<_>>().join(", ");
                        unseen.push((line.node, format!("!reference [{path}]")));
                    }
                }
            }
            Value::List { items, .. } => {
                for item in items {
                    let node = self.tree.real(*item);
                    let line = Line { node, item: *item, list: Some(line.node) };
                    self.flatten(line, (lines, unseen), depth + 1);
                }
            }
            Value::Map { .. } | Value::Alias(_) => {}
        }
    }

    /// The value that `!reference [job, keyword, ...]` names.
    fn referenced(&self, path: &[NodeId]) -> Option<NodeId> {
        let mut words = path.iter().map(|item| self.tree.text(*item));
        let name = words.next()??;
        let mut at = self.tree.real(self.tree.get(self.top, name)?);
        for (number, word) in words.enumerate() {
            let word = word?;
            let own = self.tree.get(at, word);
            let found = own.or_else(|| {
                let (mut layers, mut unseen) = (Vec::new(), Vec::new());
                self.collect(at, &mut layers, &mut unseen);
                let mut layers = layers.into_iter().filter(|_| number == 0);
                layers.find_map(|map| self.tree.get(map, word))
            });
            at = self.tree.real(found?);
        }
        Some(at)
    }
}
