//! Script lines that installed what is there now.

use super::cut::{Change, Piece, without};
use super::fate::Fate;
use super::own_lines;
use super::pass::{Pass, Scene};
use super::pipeline::{Found, Job, Line};
use super::shell::{Statement, statements};
use super::tidy;
use super::tools::{self, Meaning};
use super::tree::NodeId;
use super::waits::{needs_daemon, waits_for_docker};
use std::collections::{HashMap, HashSet};

/// What to do with a line that cannot be taken away.
const BY_HAND: &str = "Nothing is installed in a job here: change the line by hand.";

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

/// Takes the lines away that moving jobs do not need any more, and notes the jobs that cannot
/// move because of one that has to be left.
pub(super) fn clean(pass: &mut Pass<'_>, scene: &Scene<'_>) {
    let scripts = read(pass, scene);
    let users = scene.users_of_lines();
    let unneeded = unneeded(pass, scene, &scripts);
    for script in &scripts {
        hold_unknown(pass, scene, script);
    }
    let removable: HashMap<NodeId, HashSet<usize>> = scripts
        .iter()
        .filter(|script| users.get(&script.node).is_some_and(|(all_move, _)| *all_move))
        .map(|script| (script.node, unneeded[&script.node].clone()))
        .filter(|(_, gone)| !gone.is_empty())
        .collect();
    let shared: HashSet<NodeId> = scripts
        .iter()
        .filter(|script| users.get(&script.node).is_some_and(|(all_move, _)| !all_move))
        .filter(|script| script.has_to_go(&unneeded[&script.node]))
        .map(|script| script.node)
        .collect();
    let given = own_lines::give(pass, scene, &shared, &|node| {
        let script = by_node(&scripts, node)?;
        script.rest(pass_text(scene, node), &unneeded[&node])
    });
    for node in scripts.iter().map(|script| script.node).filter(|node| shared.contains(node)) {
        let has = |job: &Job| job.lines.iter().any(|line| line.node == node);
        let other = scene.jobs().find(|(job, fate)| **fate != Fate::Moves && has(job));
        let name = other.map(|(job, _)| job.name.as_str()).unwrap_or_default();
        let why = format!("for job {name} uses it too and stays where it is");
        pass.left_line_but(scene, node, (&why, BY_HAND), &given);
    }
    take_away(pass, scene, &scripts, &removable);
}

/// The script of a scalar; `scripts` are in the order of their nodes.
fn by_node(scripts: &[Script], node: NodeId) -> Option<&Script> {
    let at = scripts.binary_search_by_key(&node, |script| script.node).ok()?;
    scripts.get(at)
}

fn pass_text<'a>(scene: &Scene<'a>, node: NodeId) -> &'a str {
    scene.pipeline.tree.text(node).unwrap_or_default()
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
            Parts::Whole(if needs_daemon(text) {
                Meaning::Installs(Vec::new())
            } else {
                Meaning::Idle
            })
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

    /// True when one of these parts would fail where it stays.
    fn has_to_go(&self, parts: &HashSet<usize>) -> bool {
        let meanings = self.meanings();
        parts.iter().any(|part| matches!(meanings[*part], Meaning::Installs(_)))
    }

    /// What is left of its text without `gone`: nothing is an empty text. `None` where that
    /// cannot be said in one line.
    fn rest(&self, text: &str, gone: &HashSet<usize>) -> Option<String> {
        if gone.len() == self.meanings().len() {
            return Some(String::new());
        }
        if text.trim_end().contains('\n') {
            return None;
        }
        let Parts::Several(parts) = &self.parts else { return Some(text.trim_end().to_owned()) };
        let piece = |(at, (statement, _)): (usize, &(Statement, Meaning))| {
            let change = if gone.contains(&at) { Change::Gone } else { Change::Stays };
            Piece { range: statement.range.clone(), change }
        };
        let pieces: Vec<Piece> = parts.iter().enumerate().map(piece).collect();
        Some(without(text, &pieces))
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
        let found =
            all.filter(|(_, meaning)| matches!(meaning, Meaning::Installs(_) | Meaning::Idle));
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
        let why = format!("for {name} is still called, and nothing is installed in a job here");
        let hint = format!("Install {name} on the runner's host and delete it, or do without it.");
        pass.left_line(scene, node, (&why, &hint));
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
        let mut nodes: Vec<NodeId> = job.lines.iter().map(|line| line.node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let own: Vec<&Script> =
            nodes.into_iter().filter_map(|node| by_node(scripts, node)).collect();
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

/// Holds the users of a script with an installation that is not known or not reached.
fn hold_unknown(pass: &mut Pass<'_>, scene: &Scene<'_>, script: &Script) {
    let text = pass.tree.text(script.node).unwrap_or_default();
    let inside = match &script.parts {
        Parts::Whole(Meaning::Other) => tools::installs_somewhere(text),
        Parts::Whole(_) => false,
        Parts::Several(parts) => parts.iter().enumerate().any(|(at, (_, meaning))| {
            *meaning == Meaning::Other && tidy::tidies(script.text(text, at))
        }),
    };
    if inside {
        pass.left_line(scene, script.node, ("inside a construct of the shell", BY_HAND));
    }
    for meaning in script.meanings() {
        if let Meaning::InstallsUnknown(what) = meaning {
            let why = format!("for what it installs is not known (\"{what}\")");
            let hint = "Nothing is installed in a job here: install it on the runner's host and \
                        delete the line.";
            pass.left_line(scene, script.node, (&why, hint));
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
        let Some(script) = by_node(scripts, line.node) else { continue };
        if gone.len() < script.meanings().len() {
            cut_parts(pass, scene, (script, gone));
            continue;
        }
        let harmless = !script.has_to_go(gone);
        if line.item != line.node && line.list.is_some() {
            if harmless {
                continue;
            }
            pass.left_line(scene, line.item, ("for it is an alias of a line elsewhere", BY_HAND));
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
            let harmful = |node: &NodeId| {
                by_node(scripts, *node).is_some_and(|s| s.has_to_go(&removable[node]))
            };
            for node in nodes.into_iter().filter(harmful) {
                pass.left_line(scene, node, (&format!("for {why}"), BY_HAND));
            }
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
fn cut_parts(pass: &mut Pass<'_>, scene: &Scene<'_>, (script, gone): (&Script, &HashSet<usize>)) {
    let Parts::Several(parts) = &script.parts else { return };
    let pieces: Vec<Piece> = parts
        .iter()
        .enumerate()
        .map(|(at, (statement, _))| {
            let change = if gone.contains(&at) { Change::Gone } else { Change::Stays };
            Piece { range: statement.range.clone(), change }
        })
        .collect();
    if let Err(why) = pass.cut(script.node, &pieces)
        && script.has_to_go(gone)
    {
        pass.left_line(scene, script.node, (&format!("for {why}"), BY_HAND));
    }
}
