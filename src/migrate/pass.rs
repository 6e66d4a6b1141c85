//! One pass over one document: its edits, and what is left and said.

use super::edit::{Declined, Edits};
use super::fate::{Fate, Obstacle, fate};
use super::pipeline::{Found, Job, Pipeline};
use super::tree::{NodeId, Tree, Value};
use crate::model::Finding;
use std::collections::{HashMap, HashSet};

/// What both halves of a migration work with.
pub(super) struct Pass<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) tree: &'a Tree,
    pub(super) edits: Edits<'a>,
    pub(super) findings: Vec<Finding>,
    /// Jobs, by their mapping, that an edit could not be made for.
    stuck: Vec<(NodeId, Obstacle)>,
}

/// A document's jobs with their fates.
pub(super) struct Scene<'a> {
    pub(super) pipeline: Pipeline<'a>,
    fates: Vec<Fate>,
    /// Values that hide a weaker one, or one of a file that is not seen.
    covering: HashSet<NodeId>,
}

/// Keywords that are taken away.
const KEYWORDS: &[&str] = &["image", "services", "before_script", "after_script", "variables"];

impl<'a> Scene<'a> {
    pub(super) fn of(tree: &'a Tree, top: NodeId) -> Option<Self> {
        let pipeline = Pipeline::of(tree, top)?;
        let fates = pipeline.jobs.iter().map(|job| fate(&pipeline, job)).collect();
        let covering = covering(&pipeline);
        Some(Self { pipeline, fates, covering })
    }

    /// Keeps jobs, by their mapping, where they are.
    pub(super) fn hold(&mut self, stuck: Vec<(NodeId, Obstacle)>) {
        for (map, obstacle) in stuck {
            let all = self.pipeline.jobs.iter().zip(&mut self.fates);
            for (_, fate) in all.filter(|(job, _)| job.map == map) {
                match fate {
                    Fate::Held(obstacles) => obstacles.push(obstacle.clone()),
                    Fate::Moves | Fate::Stays => *fate = Fate::Held(vec![obstacle.clone()]),
                }
            }
        }
    }

    /// Jobs with their fates.
    pub(super) fn jobs(&self) -> impl Iterator<Item = (&Job, &Fate)> {
        self.pipeline.jobs.iter().zip(&self.fates)
    }

    /// Jobs that go to the new runner.
    pub(super) fn moving(&self) -> impl Iterator<Item = &Job> {
        self.jobs().filter(|(_, fate)| **fate == Fate::Moves).map(|(job, _)| job)
    }

    /// A job that stays where it is and would get what is written into this one.
    pub(super) fn heir(&self, job: &Job, key: &str) -> Option<&Job> {
        let others = self.jobs().filter(|(_, fate)| **fate != Fate::Moves).map(|(other, _)| other);
        others.into_iter().find(|other| self.pipeline.takes_from(other, job.map, key))
    }

    /// Effective values of a keyword, each with whether all its users move; in file order.
    pub(super) fn values(&self, key: &str) -> Vec<(Found, Users<'_>)> {
        let mut found: Vec<(Found, Users<'_>)> = Vec::new();
        let mut places: HashMap<NodeId, usize> = HashMap::new();
        for (job, fate) in self.jobs() {
            let Some(value) = self.pipeline.find(job, key) else { continue };
            let at = *places.entry(value.value).or_insert_with(|| {
                found.push((value, Users::default()));
                found.len() - 1
            });
            found[at].1.add(job, fate, value);
        }
        for (value, users) in &mut found {
            // Jobs of files that are not seen inherit what is global.
            users.unseen = value.global && self.pipeline.include.is_some();
        }
        found.retain(|(_, users)| !users.moving.is_empty());
        found
    }

    /// Script lines that moving jobs have, each once, with all their users.
    pub(super) fn users_of_lines(&self) -> HashMap<NodeId, (bool, Vec<&Job>)> {
        let mut users: HashMap<NodeId, (bool, Vec<&Job>)> = HashMap::new();
        for (job, fate) in self.jobs() {
            for line in &job.lines {
                let entry = users.entry(line.node).or_insert((true, Vec::new()));
                entry.0 &= *fate == Fate::Moves;
                if !entry.1.iter().any(|other| other.map == job.map) {
                    entry.1.push(job);
                }
            }
        }
        users
    }
}

fn covering(pipeline: &Pipeline<'_>) -> HashSet<NodeId> {
    let mut found = HashSet::new();
    for job in &pipeline.jobs {
        let unseen = job.unseen.iter().any(|(_, name)| !name.starts_with('!'));
        for key in KEYWORDS {
            let all = pipeline.find_all(job, key);
            let first = all.first().filter(|_| all.len() > 1 || unseen);
            found.extend(first.map(|first| first.value));
        }
    }
    found
}

/// Who uses a value.
#[derive(Default)]
pub(super) struct Users<'a> {
    /// Jobs that move, with where each of them has it from.
    pub(super) moving: Vec<(&'a Job, Found)>,
    /// One that does not.
    pub(super) other: Option<&'a Job>,
    unseen: bool,
}

impl<'a> Users<'a> {
    fn add(&mut self, job: &'a Job, fate: &Fate, found: Found) {
        if *fate == Fate::Moves {
            self.moving.push((job, found));
        } else if self.other.is_none() {
            self.other = Some(job);
        }
    }

    /// Why the value cannot be changed for all; `None` when it can.
    pub(super) fn obstacle(&self) -> Option<String> {
        match (&self.other, self.unseen) {
            (Some(job), _) => Some(format!("job {} uses it too and stays where it is", job.name)),
            (None, true) => Some("jobs of included files may use it too".to_owned()),
            (None, false) => None,
        }
    }
}

impl<'a> Pass<'a> {
    pub(super) fn new(file: &'a str, text: &'a str, tree: &'a Tree) -> Self {
        let edits = Edits::new(text, tree);
        Self { file, text, tree, edits, findings: Vec::new(), stuck: Vec::new() }
    }
}

impl Pass<'_> {
    /// A finding at a node's place.
    pub(super) fn at(&self, node: NodeId, finding: Finding) -> Finding {
        let node = self.tree.node(node);
        let start = node.span.start;
        let line = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let column = self.text[line..start].chars().count() + 1;
        finding.at(self.file, node.line, column)
    }

    /// Says that something is left as it is.
    pub(super) fn left(&mut self, node: NodeId, what: &str, why: &str) {
        let finding = self.at(node, Finding::note(format!("{what} is left: {why}")));
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Notes that a job cannot move.
    pub(super) fn stuck(&mut self, job: &Job, obstacle: Obstacle) {
        let known = |(map, other): &(NodeId, Obstacle)| *map == job.map && *other == obstacle;
        if !self.stuck.iter().any(known) {
            self.stuck.push((job.map, obstacle));
        }
    }

    /// The jobs noted so far, by their mapping.
    pub(super) fn take_stuck(&mut self) -> Vec<(NodeId, Obstacle)> {
        std::mem::take(&mut self.stuck)
    }

    /// Notes that a line that is of no use on the runner's host stays in the jobs that have it:
    /// they would fail there.
    pub(super) fn left_line(&mut self, scene: &Scene<'_>, node: NodeId, why: (&str, &str)) {
        self.left_line_but(scene, node, why, &HashSet::new());
    }

    /// `left_line`, but not for jobs, by their mapping, that do not have the line any more.
    pub(super) fn left_line_but(
        &mut self,
        scene: &Scene<'_>,
        node: NodeId,
        (why, hint): (&str, &str),
        others: &HashSet<(NodeId, NodeId)>,
    ) {
        let words = self.tree.text(self.tree.real(node)).unwrap_or_default();
        let why = format!("`{}` stays in it, {why}", shortened(words));
        let has = |job: &&Job| {
            !others.contains(&(job.map, node))
                && job.lines.iter().any(|l| l.node == node || l.item == node)
        };
        for job in scene.moving().filter(has) {
            self.stuck(job, Obstacle { node, why: why.clone(), hint: hint.to_owned() });
        }
    }

    /// True when taking this entry away could bring another value to light.
    pub(super) fn uncovers(&self, scene: &Scene<'_>, found: &Found) -> bool {
        scene.pipeline.include.is_some() || scene.covering.contains(&found.value)
    }

    /// Takes a list's items or the whole entry away; an empty list stays where its absence
    /// would bring another value to light.
    pub(super) fn remove_all(&mut self, scene: &Scene<'_>, found: &Found) -> Result<(), Declined> {
        let anchored = self.tree.has_anchor(found.value);
        let is_alias = matches!(self.tree.node(found.written).value, Value::Alias(_));
        if !anchored && !is_alias && !self.uncovers(scene, found) {
            match self.edits.remove_entry(found.map, found.written) {
                Err("nothing would be left beside it") => {}
                other => return other,
            }
        }
        let owner = self.owner(found).ok_or("it is written elsewhere")?;
        self.edits.empty(owner, found.value)
    }

    /// Takes lines out of one list that the keyword `key` brings; a list that has no other
    /// lines is emptied.
    pub(super) fn remove_lines(
        &mut self,
        scene: &Scene<'_>,
        (key, found): (&str, &Found),
        (list, lines): (NodeId, &[NodeId]),
    ) -> Result<(), Declined> {
        let all = self.tree.items(list).is_none_or(|items| items.len() == lines.len());
        if !all {
            return self.edits.remove_items(list, lines);
        }
        if key == "script" {
            return Err("a script cannot be empty; take the whole job out");
        }
        if found.value == list {
            return self.remove_all(scene, found);
        }
        let owner = self.tree.key_of(list).ok_or("nothing would be left in its list")?;
        self.edits.empty(owner, list)
    }

    /// The key that a value is written behind, also when an alias brought it here.
    fn owner(&self, found: &Found) -> Option<NodeId> {
        if found.written == found.value {
            return Some(found.key);
        }
        self.tree.key_of(found.value)
    }
}

/// Letters of a line that are shown of it.
const SHOWN: usize = 40;

/// The beginning of a text, in one line.
fn shortened(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= SHOWN {
        return words;
    }
    words.chars().take(SHOWN).chain("...".chars()).collect()
}
