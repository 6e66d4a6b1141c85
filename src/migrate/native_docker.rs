//! `docker build` and `docker push` as `ecs-canary build`.

use super::cut::{Change, Piece};
use super::pass::{Pass, Scene};
use super::pipeline::Job;
use super::shell::{Statement, program, statements};
use super::tree::NodeId;
use std::collections::BTreeMap;

/// A docker command of a job.
struct Call {
    node: NodeId,
    part: usize,
    /// Words behind `docker build` and the like, without quotes, and as written.
    words: Vec<String>,
    raw: Vec<String>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Build,
    Push,
    Login,
    Other,
}

/// Options of `docker build` that `ecs-canary build` has, by their long name.
const OPTIONS: &[(&str, &str)] =
    &[("--tag", "-t"), ("--file", "-f"), ("--build-arg", ""), ("--target", ""), ("--platform", "")];

/// Rewrites every job of which all docker lines are understood.
pub(super) fn rewrite(pass: &mut Pass<'_>, scene: &Scene<'_>) {
    let users = scene.users_of_lines();
    for job in scene.moving() {
        let calls = calls(pass, job);
        let Some(first) = calls.iter().find(|call| call.kind == Kind::Build) else { continue };
        let alone =
            calls.iter().all(|call| users.get(&call.node).is_some_and(|(_, u)| u.len() == 1));
        let changes = match commands(&calls) {
            Ok(changes) if alone => changes,
            Ok(_) => {
                pass.left(first.node, "docker", "jobs share these lines");
                continue;
            }
            Err(why) => {
                pass.left(first.node, "docker", why);
                continue;
            }
        };
        let saved = pass.edits.save();
        if let Err((node, why)) = apply(pass, scene, job, &changes) {
            pass.edits.restore(saved);
            pass.left(node, "docker", why);
        }
    }
}

fn calls(pass: &Pass<'_>, job: &Job) -> Vec<Call> {
    let mut found = Vec::new();
    for line in &job.lines {
        let text = pass.tree.text(line.node).unwrap_or_default();
        for (part, statement) in statements(text).unwrap_or_default().iter().enumerate() {
            found.extend(call(line.node, part, statement));
        }
    }
    found
}

fn call(node: NodeId, part: usize, statement: &Statement) -> Option<Call> {
    let at = statement.commands.iter().position(|words| program(words) == "docker")?;
    let words = &statement.commands[at];
    let alone = statement.commands.len() == 1;
    let second = words.get(1).map(String::as_str).unwrap_or_default();
    let third = words.get(2).map(String::as_str).unwrap_or_default();
    let (kind, skip) = match (second, third) {
        ("build", _) if alone => (Kind::Build, 2),
        ("buildx", "build") if alone => (Kind::Build, 3),
        ("push", _) if alone && words.len() == 3 => (Kind::Push, 2),
        ("login", _) if !statement.fallback => (Kind::Login, 2),
        _ => (Kind::Other, 1),
    };
    let rest = |all: &[String]| all.iter().skip(skip).cloned().collect();
    Some(Call { node, part, kind, words: rest(words), raw: rest(&statement.raw[at]) })
}

/// What becomes of each call.
fn commands(calls: &[Call]) -> Result<Vec<(NodeId, usize, Change)>, &'static str> {
    if calls.iter().any(|call| call.kind == Kind::Other) {
        return Err("it is used for more than build and push; it works by its name");
    }
    let pushed: Vec<&str> = calls
        .iter()
        .filter(|call| call.kind == Kind::Push)
        .filter_map(|call| call.words.first().map(String::as_str))
        .collect();
    let mut tags = Vec::new();
    let mut changes = Vec::new();
    for call in calls {
        let change = match call.kind {
            Kind::Build => {
                let (command, own) = build(call)?;
                let explicit = call.words.iter().any(|word| word == "--push");
                if own.is_empty()
                    || !(explicit || own.iter().all(|tag| pushed.contains(&tag.as_str())))
                {
                    return Err("not every tag that is built is pushed here; it works by its name");
                }
                tags.extend(own);
                Change::Becomes(command)
            }
            Kind::Login if !is_projects_registry(call) => Change::Stays,
            Kind::Push | Kind::Login | Kind::Other => Change::Gone,
        };
        changes.push((call.node, call.part, change));
    }
    if pushed.iter().all(|tag| tags.iter().any(|built| built == tag)) {
        Ok(changes)
    } else {
        Err("it pushes a tag that is not built here; it works by its name")
    }
}

/// `ecs-canary build` logs in to the project's own registry by itself.
fn is_projects_registry(call: &Call) -> bool {
    call.words.iter().any(|word| matches!(word.as_str(), "$CI_REGISTRY" | "${CI_REGISTRY}"))
}

/// The command of ours with the options as they are written, and the tags.
fn build(call: &Call) -> Result<(String, Vec<String>), &'static str> {
    let mut command = "ecs-canary build".to_owned();
    let mut tags = Vec::new();
    let mut context = None;
    let mut words = call.words.iter().zip(&call.raw);
    while let Some((word, raw)) = words.next() {
        if matches!(word.as_str(), "--push" | "--pull" | "--no-cache") {
            continue;
        }
        if !word.starts_with('-') {
            if context.replace(raw.clone()).is_some() {
                return Err("it has two contexts");
            }
            continue;
        }
        let (name, given) = match (word.split_once('='), raw.split_once('=')) {
            (Some((name, value)), Some((_, raw))) => {
                (name, Some((value.to_owned(), raw.to_owned())))
            }
            _ => (word.as_str(), None),
        };
        let known = OPTIONS.iter().find(|(long, short)| *long == name || *short == name);
        let Some((long, _)) = known else {
            return Err("it has options that ecs-canary build has not; it works by its name");
        };
        let value = given.or_else(|| words.next().map(|(word, raw)| (word.clone(), raw.clone())));
        let (value, raw) = value.ok_or("an option has no value")?;
        if *long == "--tag" {
            tags.push(value);
        }
        command.push_str(&format!(" {long} {raw}"));
    }
    match context.as_deref() {
        None => Err("it has no context"),
        Some("-") => Err("its context comes from standard input"),
        Some(".") => Ok((command, tags)),
        Some(context) => Ok((format!("{command} {context}"), tags)),
    }
}

fn apply(
    pass: &mut Pass<'_>,
    scene: &Scene<'_>,
    job: &Job,
    changes: &[(NodeId, usize, Change)],
) -> Result<(), (NodeId, &'static str)> {
    let mut by_node: BTreeMap<NodeId, Vec<Piece>> = BTreeMap::new();
    for (node, part, change) in changes {
        let text = pass.tree.text(*node).unwrap_or_default();
        let pieces = by_node.entry(*node).or_insert_with(|| {
            let all = statements(text).unwrap_or_default().into_iter();
            all.map(|s| Piece { range: s.range, change: Change::Stays }).collect()
        });
        pieces[*part].change = change.clone();
    }
    let gone = |pieces: &Vec<Piece>| pieces.iter().all(|piece| piece.change == Change::Gone);
    let whole: Vec<NodeId> =
        by_node.iter().filter(|(_, pieces)| gone(pieces)).map(|(node, _)| *node).collect();
    for (node, pieces) in by_node.iter().filter(|(_, pieces)| !gone(pieces)) {
        pass.cut(*node, pieces).map_err(|why| (*node, why))?;
    }
    for key in ["before_script", "script", "after_script"] {
        let Some(found) = scene.pipeline.find(job, key) else { continue };
        let mut lists: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        for line in scene.pipeline.lines_of(found) {
            if whole.contains(&line.node) {
                lists.entry(line.list.unwrap_or(found.value)).or_default().push(line.node);
            }
        }
        for (list, mine) in lists {
            let done = pass.remove_lines(scene, (key, &found), (list, &mine));
            done.map_err(|why| (mine[0], why))?;
        }
    }
    Ok(())
}
