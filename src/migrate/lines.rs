//! Script lines that installed what is there now.

use super::cut::{Change, Piece};
use super::pass::{Pass, Scene};
use super::pipeline::{Found, Job, Line};
use super::shell::{Statement, statements};
use super::tools::{self, Meaning};
use super::tree::NodeId;
use super::waits::waits_for_docker;
use crate::model::Finding;
use std::collections::{HashMap, HashSet};

/// A scalar of a script, read.
struct Script {
    node: NodeId,
    parts: Parts,
}

enum Parts {
    /// One thing that goes as a whole, or stays.
    Whole(Meaning),
    /// Statements.
    Several(Vec<(Statement, Meaning)>),
}

/// Takes the lines away that moving jobs do not need any more, and says what is left.
pub(super) fn clean(pass: &mut Pass<'_>, scene: &Scene<'_>) {
    let scripts = read(pass, scene);
    let users = scene.users_of_lines();
    let unneeded = unneeded(pass, scene, &scripts);
    for script in &scripts {
        say_unknown(pass, script, &users);
    }
    let removable: HashMap<NodeId, HashSet<usize>> = scripts
        .iter()
        .filter(|script| users.get(&script.node).is_some_and(|(all_move, _)| *all_move))
        .map(|script| (script.node, unneeded[&script.node].clone()))
        .filter(|(_, gone)| !gone.is_empty())
        .collect();
    for script in &scripts {
        let shared = users.get(&script.node).is_some_and(|(all_move, _)| !all_move);
        if shared && !unneeded[&script.node].is_empty() {
            pass.left_line(script.node, "the line", "jobs that stay where they are use it too");
        }
    }
    take_away(pass, scene, &scripts, &removable);
}

/// All scalars of the moving jobs' scripts, each once, in file order.
fn read(pass: &Pass<'_>, scene: &Scene<'_>) -> Vec<Script> {
    let mut nodes: Vec<NodeId> =
        scene.moving().flat_map(|job| job.lines.iter().map(|line| line.node)).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let script = |node| {
        let text = pass.tree.text(node).unwrap_or_default();
        let parts = if waits_for_docker(text) {
            Parts::Whole(Meaning::Installs(Vec::new()))
        } else {
            match statements(text) {
                Some(found) => Parts::Several(
                    found
                        .into_iter()
                        .map(|s| (tools::meaning(&s), s))
                        .map(|(m, s)| (s, m))
                        .collect(),
                ),
                None => Parts::Whole(Meaning::Other),
            }
        };
        Script { node, parts }
    };
    nodes.into_iter().map(script).collect()
}

impl Script {
    fn meanings(&self) -> Vec<&Meaning> {
        match &self.parts {
            Parts::Whole(meaning) => vec![meaning],
            Parts::Several(parts) => parts.iter().map(|(_, meaning)| meaning).collect(),
        }
    }

    /// Programs that its parts call, without those that are gone.
    fn calls(&self, pass: &Pass<'_>, gone: &HashSet<usize>) -> Vec<String> {
        let text = pass.tree.text(self.node).unwrap_or_default();
        let kept = (0..self.meanings().len()).filter(|at| !gone.contains(at));
        kept.flat_map(|at| tools::called(self.text(text, at))).collect()
    }

    fn text<'a>(&self, text: &'a str, part: usize) -> &'a str {
        match &self.parts {
            Parts::Whole(_) => text,
            Parts::Several(parts) => text.get(parts[part].0.range.clone()).unwrap_or_default(),
        }
    }
}

/// Parts of scripts, by the script's node.
type PartsOf = HashMap<NodeId, HashSet<usize>>;

/// Parts that install what no remaining part of any user calls. A part that stays may call what
/// another one brings, so this is repeated until nothing changes.
fn unneeded(pass: &mut Pass<'_>, scene: &Scene<'_>, scripts: &[Script]) -> PartsOf {
    let installs = |script: &Script| {
        let all = script.meanings().into_iter().enumerate();
        let found = all.filter(|(_, meaning)| matches!(meaning, Meaning::Installs(_)));
        found.map(|(at, _)| at).collect::<HashSet<usize>>()
    };
    let mut gone: PartsOf = scripts.iter().map(|script| (script.node, installs(script))).collect();
    let mut why = Vec::new();
    loop {
        let mut changed = false;
        for (node, at, name) in needed(pass, scene, scripts, &gone) {
            if gone.get_mut(&node).is_some_and(|parts| parts.remove(&at)) {
                changed = true;
                why.push((node, name));
            }
        }
        if !changed {
            break;
        }
    }
    for (node, name) in why {
        let text = format!(
            "the line that installs {name} is left: {name} is still called, and nothing is \
             installed in a job here"
        );
        let finding = pass.at(node, Finding::warning(text));
        pass.findings.push(finding.hint(format!(
            "Install {name} on the runner's host and delete the line, or do without it."
        )));
    }
    gone
}

/// Parts that bring a program which a job calls when `gone` is gone, with its name.
fn needed(
    pass: &Pass<'_>,
    scene: &Scene<'_>,
    scripts: &[Script],
    gone: &PartsOf,
) -> Vec<(NodeId, usize, &'static str)> {
    let mut found = Vec::new();
    for job in scene.moving() {
        let own: Vec<&Script> = scripts
            .iter()
            .filter(|script| job.lines.iter().any(|line| line.node == script.node))
            .collect();
        let called: HashSet<String> =
            own.iter().flat_map(|script| script.calls(pass, &gone[&script.node])).collect();
        for script in own {
            for (at, meaning) in script.meanings().into_iter().enumerate() {
                let Meaning::Installs(brought) = meaning else { continue };
                let name = brought.iter().find(|name| called.contains(**name));
                found.extend(name.map(|name| (script.node, at, *name)));
            }
        }
    }
    found
}

fn say_unknown(pass: &mut Pass<'_>, script: &Script, users: &HashMap<NodeId, (bool, Vec<&Job>)>) {
    if !users.contains_key(&script.node) {
        return;
    }
    let text = pass.tree.text(script.node).unwrap_or_default();
    if matches!(script.parts, Parts::Whole(Meaning::Other)) && tools::installs_somewhere(text) {
        pass.left_line(script.node, "an installation", "it stands inside a construct of the shell");
    }
    for meaning in script.meanings() {
        if let Meaning::InstallsUnknown(what) = meaning {
            let text = format!("the line that installs \"{what}\" is left: it is not known");
            let finding = pass.at(script.node, Finding::warning(text));
            pass.findings.push(finding.hint(
                "Nothing is installed in a job here: install it on the runner's host and \
                 delete the line.",
            ));
        }
    }
}

/// Edits, list by list.
fn take_away(
    pass: &mut Pass<'_>,
    scene: &Scene<'_>,
    scripts: &[Script],
    removable: &HashMap<NodeId, HashSet<usize>>,
) {
    let mut whole: HashMap<Option<NodeId>, Vec<(Line, Found, &str)>> = HashMap::new();
    for (key, found, line) in places(scene) {
        let Some(gone) = removable.get(&line.node) else { continue };
        let Some(script) = scripts.iter().find(|script| script.node == line.node) else { continue };
        if gone.len() < script.meanings().len() {
            cut_parts(pass, script, gone);
            continue;
        }
        if line.item != line.node && line.list.is_some() {
            pass.left_line(line.item, "the line", "it is an alias of a line elsewhere");
            continue;
        }
        let group = whole.entry(line.list.or(Some(found.value))).or_default();
        if !group.iter().any(|(other, ..)| other.node == line.node) {
            group.push((line, found, key));
        }
    }
    let mut whole: Vec<_> = whole.into_iter().collect();
    whole.sort_by_key(|(list, _)| *list);
    for (list, gone) in whole {
        let Some(list) = list else { continue };
        let nodes: Vec<NodeId> = gone.iter().map(|(line, ..)| line.node).collect();
        let (_, found, key) = &gone[0];
        let done = pass.remove_lines(scene, (key, found), (list, &nodes));
        if let Err(why) = done {
            pass.left_line(nodes[0], "the line", why);
        }
    }
}

/// Every line of every moving job with the keyword that brings it.
fn places(scene: &Scene<'_>) -> Vec<(&'static str, Found, Line)> {
    let mut found = Vec::new();
    for job in scene.moving() {
        for key in ["before_script", "script", "after_script"] {
            let Some(value) = scene.pipeline.find(job, key) else { continue };
            for line in scene.pipeline.lines_of(value) {
                found.push((key, value, line));
            }
        }
    }
    found
}

/// Takes statements out of one scalar.
fn cut_parts(pass: &mut Pass<'_>, script: &Script, gone: &HashSet<usize>) {
    let Parts::Several(parts) = &script.parts else { return };
    let pieces: Vec<Piece> = parts
        .iter()
        .enumerate()
        .map(|(at, (statement, _))| {
            let change = if gone.contains(&at) { Change::Gone } else { Change::Stays };
            Piece { range: statement.range.clone(), change }
        })
        .collect();
    if let Err(why) = pass.cut(script.node, &pieces) {
        pass.left_line(script.node, "a part of the line", why);
    }
}
