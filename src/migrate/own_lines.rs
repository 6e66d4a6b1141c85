//! A list of lines that a moving job shares with one that stays: the moving job gets a list of
//! its own, without what it does not need any more.

use super::edit::Declined;
use super::keys::word;
use super::pass::{Pass, Scene};
use super::pipeline::{Found, Job};
use super::shape::Kind;
use super::tree::NodeId;
use std::collections::HashSet;

/// Keywords whose list may become empty.
const LISTS: &[&str] = &["before_script", "after_script"];

/// Gives each moving job that has one of the lines in `shared` a list of its own. `rest` says what
/// is left of a line; `None` = it cannot be said in one line. The answer holds the jobs, by their
/// mapping, with the lines that they do not have any more.
pub(super) fn give(
    pass: &mut Pass<'_>,
    scene: &Scene<'_>,
    shared: &HashSet<NodeId>,
    rest: &dyn Fn(NodeId) -> Option<String>,
) -> HashSet<(NodeId, NodeId)> {
    let mut given = HashSet::new();
    if shared.is_empty() {
        return given;
    }
    for job in scene.moving() {
        for key in LISTS {
            let Some(found) = scene.pipeline.find(job, key) else { continue };
            let lines = scene.pipeline.lines_of(found);
            if !lines.iter().any(|line| shared.contains(&line.node)) {
                continue;
            }
            let left: Option<Vec<String>> = lines.iter().map(|line| rest(line.node)).collect();
            let Some(mut left) = left else { continue };
            left.retain(|line| !line.trim().is_empty());
            if own_list(pass, scene, (job, key, found), &left).is_ok() {
                given.extend(lines.iter().map(|line| (job.map, line.node)));
            }
        }
    }
    given
}

fn own_list(
    pass: &mut Pass<'_>,
    scene: &Scene<'_>,
    (job, key, found): (&Job, &str, Found),
    lines: &[String],
) -> Result<(), Declined> {
    if scene.heir(job, key).is_some() {
        return Err("a job that stays where it is is made of this one");
    }
    let (written, kinds): (Vec<String>, Vec<Kind>) = lines.iter().map(|line| word(line)).unzip();
    let (words, kind) = (format!("[{}]", written.join(", ")), Kind::list(kinds));
    if found.map != job.map {
        pass.edits.add_first(job.map, (key, &words, kind))
    } else if found.written != found.value {
        pass.edits.rewrite(found.key, found.written, (&words, kind))
    } else {
        Err("the list is written here and used elsewhere")
    }
}
