//! A whole file: passes until nothing changes, the guard after each, the difference.

use super::diff;
use super::fate::{Fate, Obstacle};
use super::pass::{Pass, Scene};
use super::tree::Tree;
use super::{keys, lines, native};
use crate::config::yaml;
use crate::model::{Finding, Severity, sort_by_place};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish<'a> {
    /// The file's name for findings and the difference.
    pub file: &'a str,
    /// The tag of the runner with this executor.
    pub tag: &'a str,
    /// Commands of ours in place of `docker` and `ecs-cli`, with a release file.
    pub native: bool,
}

/// A pipeline that fits this executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The whole file.
    pub text: String,
    /// What changed, as a unified diff; empty when nothing did.
    pub diff: String,
    /// What was left and why, with places in the file as it was.
    pub findings: Vec<Finding>,
    /// Names of the jobs that go to the runner.
    pub jobs: Vec<String>,
    /// The release file that the commands need.
    pub release_file: Option<String>,
}

/// Changes what is understood and says what is not.
///
/// # Errors
/// Findings with file and line: the file cannot be read, or the guard found that more than the
/// intended values would change.
pub fn migrate(text: &str, wish: &Wish<'_>) -> Result<Migration, Vec<Finding>> {
    // The reader of values refuses what is hostile, double or no YAML.
    let documents = yaml::read_documents(wish.file, text)?;
    if documents.iter().all(yaml::Node::is_null) {
        let finding = Finding::error("the file is empty: a pipeline is wanted");
        return Err(vec![finding.at(wish.file, 1, 1)]);
    }
    if let Some(other) = documents.iter().find(|node| node.as_map().is_none() && !node.is_null()) {
        let text = format!("a pipeline is a mapping, and this is {}", other.describe());
        return Err(vec![other.at.error(text)]);
    }
    let Rounds { text: out, mut findings, jobs, release_file } = rounds(text, wish)?;
    sort_by_place(&mut findings);
    findings.dedup();
    let diff = diff::unified(wish.file, text, &out);
    Ok(Migration { diff, text: out, findings, jobs, release_file })
}

/// A change may make room for another one: an image of the whole file that is gone uncovers
/// nothing any more. Few files need a third round.
const MOST_ROUNDS: usize = 12;

struct Rounds {
    text: String,
    findings: Vec<Finding>,
    jobs: Vec<String>,
    release_file: Option<String>,
}

/// Passes until nothing changes. What is left is what the last one left; warnings of the
/// rewriting are made once, when it is done.
fn rounds(text: &str, wish: &Wish<'_>) -> Result<Rounds, Vec<Finding>> {
    let mut done = Rounds {
        text: text.to_owned(),
        findings: Vec::new(),
        jobs: Vec::new(),
        release_file: None,
    };
    let mut warnings = Vec::new();
    for round in 0..MOST_ROUNDS {
        let before = std::mem::take(&mut done.text);
        let mut jobs = Vec::new();
        let (cleaned, left) = one_pass(&before, wish, |pass, scene| {
            settle(pass, scene, wish.tag);
            jobs.extend(scene.moving().map(|job| job.name.clone()));
            clean(pass, scene, wish.tag);
        })?;
        if round == 0 {
            done.jobs = jobs;
        }
        done.findings = at_old_lines(left, text, &before);
        if !wish.native {
            done.text = cleaned;
        } else {
            let mut release_file = None;
            let (out, said) = one_pass(&cleaned, wish, |pass, scene| {
                settle(pass, scene, wish.tag);
                release_file = native::rewrite(pass, scene).or(release_file.take());
            })?;
            let said = at_old_lines(said, text, &cleaned);
            if release_file.is_some() {
                warnings.extend(said.iter().filter(|f| f.severity == Severity::Warning).cloned());
            }
            done.release_file = done.release_file.or(release_file);
            done.findings.extend(said);
            done.text = out;
        }
        if done.text == before {
            break;
        }
    }
    done.findings.extend(warnings);
    Ok(done)
}

/// Finds the jobs that an edit cannot be made for and keeps them where they are, before anything
/// is changed. Each of them may stand in the way of another one, so this is repeated.
fn settle(pass: &mut Pass<'_>, scene: &mut Scene<'_>, tag: &str) {
    loop {
        let (edits, findings) = (pass.edits.save(), pass.findings.len());
        lines::clean(pass, scene);
        keys::tags(pass, scene, tag);
        pass.edits.restore(edits);
        pass.findings.truncate(findings);
        let stuck = pass.take_stuck();
        if stuck.is_empty() {
            break;
        }
        scene.hold(stuck);
    }
}

fn clean(pass: &mut Pass<'_>, scene: &Scene<'_>, tag: &str) {
    say_held(pass, scene);
    lines::clean(pass, scene);
    keys::images(pass, scene);
    keys::services(pass, scene);
    keys::variables(pass, scene);
    keys::tags(pass, scene, tag);
}

/// A later pass saw the lines of an earlier one's text.
fn at_old_lines(findings: Vec<Finding>, old: &str, new: &str) -> Vec<Finding> {
    if findings.is_empty() || old == new {
        return findings;
    }
    let origins = diff::origins(old, new);
    let moved = |mut finding: Finding| {
        if let Some(place) = &mut finding.location {
            place.line = origins.get(place.line.saturating_sub(1)).map_or(place.line, |at| at + 1);
        }
        finding
    };
    findings.into_iter().map(moved).collect()
}

fn one_pass(
    text: &str,
    wish: &Wish<'_>,
    mut work: impl FnMut(&mut Pass<'_>, &mut Scene<'_>),
) -> Result<(String, Vec<Finding>), Vec<Finding>> {
    let refused = |why: String| {
        let finding = Finding::error(format!("{}: not changed: {why}", wish.file));
        vec![finding.hint("Change the file by hand; `ecs-canary migrate --help` says what goes.")]
    };
    let tree = Tree::read(text).map_err(refused)?;
    let mut pass = Pass::new(wish.file, text, &tree);
    for document in &tree.documents {
        if let Some(mut scene) = Scene::of(&tree, *document) {
            work(&mut pass, &mut scene);
        }
    }
    let Pass { edits, findings: found, .. } = pass;
    Ok((edits.apply().map_err(refused)?, found))
}

/// Jobs that stay although they build or release, and what cannot be seen of the others.
fn say_held(pass: &mut Pass<'_>, scene: &Scene<'_>) {
    for (job, fate) in scene.jobs() {
        match fate {
            Fate::Held(obstacles) => {
                for Obstacle { node, why, hint } in obstacles {
                    let text = format!("job {} is left: {why}", job.name);
                    let finding = pass.at(*node, Finding::warning(text));
                    pass.findings.push(finding.hint(hint.clone()));
                }
            }
            Fate::Moves => say_foreign(pass, job),
            Fate::Stays => {}
        }
        let unseen = job.unseen.iter().filter(|_| *fate != Fate::Stays);
        for (node, name) in unseen {
            let text = format!("{name} of job {} is in a file that is not seen", job.name);
            let finding = pass.at(*node, Finding::could_not_tell(text));
            pass.findings.push(finding);
        }
    }
    if let Some(include) = scene.pipeline.include {
        let text = "included files are not seen: migrate each of them too";
        let finding = pass.at(include, Finding::could_not_tell(text));
        pass.findings.push(finding);
    }
}

/// Programs that the runner's host has to have.
fn say_foreign(pass: &mut Pass<'_>, job: &super::pipeline::Job) {
    for line in &job.lines {
        let text = pass.tree.text(line.node).unwrap_or_default();
        let Some(found) = super::shell::statements(text) else { continue };
        for statement in found {
            if super::tools::meaning(&statement) != super::tools::Meaning::Other {
                continue;
            }
            let part = text.get(statement.range.clone()).unwrap_or_default();
            for name in
                super::tools::called(part).into_iter().filter(|n| super::tools::is_foreign(n))
            {
                let text = format!("`{name}` has to be on the runner's host");
                let finding = pass.at(line.node, Finding::note(text));
                if !pass.findings.contains(&finding) {
                    pass.findings.push(finding);
                }
            }
        }
    }
}
