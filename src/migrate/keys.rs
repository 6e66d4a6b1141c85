//! Keywords that tell other runners how to give a job Docker, and the tags that name the runner.

use super::fate::{ImageKind, Obstacle, image_kind};
use super::pass::{Pass, Scene};
use super::pipeline::{Found, Job};
use super::shape::Kind;
use super::tree::{NodeId, Value};
use granit_parser::ScalarStyle;
use std::collections::HashSet;

/// Variables that only Docker-in-Docker reads.
const DIND_VARIABLES: &[&str] = &[
    "DOCKER_HOST",
    "DOCKER_TLS_CERTDIR",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_DRIVER",
];

/// `image: docker`.
pub(super) fn images(pass: &mut Pass<'_>, scene: &Scene<'_>) {
    for (found, users) in scene.values("image") {
        if image_kind(&scene.pipeline, found.value) != ImageKind::Docker {
            pass.left(found.value, "image", "this runner starts no images and ignores it");
            continue;
        }
        let done = match users.obstacle() {
            Some(why) => Err(why),
            None if pass.uncovers(scene, &found) => {
                Err("another image would count in its place; this runner ignores it".to_owned())
            }
            None if found.value != found.written => {
                Err("it is an alias; this runner ignores it".to_owned())
            }
            None => pass.edits.remove_entry(found.map, found.written).map_err(str::to_owned),
        };
        if let Err(why) = done {
            pass.left(found.value, "image", &why);
        }
    }
}

/// `services: docker:dind`; a job with any other service does not move.
pub(super) fn services(pass: &mut Pass<'_>, scene: &Scene<'_>) {
    for (found, users) in scene.values("services") {
        let Some(items) = pass.tree.items(found.value) else { continue };
        if items.is_empty() {
            continue;
        }
        let done = match users.obstacle() {
            Some(why) => Err(why),
            None => pass.remove_all(scene, &found).map_err(str::to_owned),
        };
        if let Err(why) = done {
            pass.left(found.value, "docker:dind", &format!("{why}; this runner does not start it"));
        }
    }
}

/// Variables of Docker-in-Docker.
pub(super) fn variables(pass: &mut Pass<'_>, scene: &Scene<'_>) {
    let mut maps: Vec<(Found, NodeId)> = Vec::new();
    let mut known = HashSet::new();
    for job in scene.moving() {
        for found in scene.pipeline.variables(job) {
            let own = scene.pipeline.merged(found.value).into_iter();
            maps.extend(own.filter(|map| known.insert(*map)).map(|map| (found, map)));
        }
    }
    let moving: HashSet<NodeId> = scene.moving().map(|job| job.map).collect();
    let staying = scene.jobs().map(|(job, _)| job).filter(|job| !moving.contains(&job.map));
    let staying: Vec<&Job> = staying.collect();
    for (found, map) in maps {
        let entries = pass.tree.entries(map).to_vec();
        let ours = |key: NodeId| DIND_VARIABLES.contains(&pass.tree.text(key).unwrap_or_default());
        let gone: Vec<NodeId> =
            entries.iter().filter(|(key, _)| ours(*key)).map(|(_, value)| *value).collect();
        if gone.is_empty() {
            continue;
        }
        let saved = pass.edits.save();
        let why = variables_obstacle(scene, (found, map), &staying);
        let done = match why {
            Some(why) => Err(why),
            None if gone.len() < entries.len() => {
                let each = gone.iter().map(|value| pass.edits.remove_entry(map, *value));
                each.collect::<Result<Vec<()>, _>>().map(drop).map_err(str::to_owned)
            }
            None if found.value == map => pass.remove_all(scene, &found).map_err(str::to_owned),
            None => Err("nothing would be left in its mapping".to_owned()),
        };
        if let Err(why) = done {
            pass.edits.restore(saved);
            pass.left(gone[0], "the variable of docker:dind", &why);
        }
    }
}

fn variables_obstacle(
    scene: &Scene<'_>,
    (found, map): (Found, NodeId),
    staying: &[&Job],
) -> Option<String> {
    if found.global && scene.pipeline.include.is_some() {
        return Some("jobs of included files may use it too".to_owned());
    }
    let uses = |job: &Job| {
        let maps = scene.pipeline.variables(job).into_iter();
        maps.flat_map(|found| scene.pipeline.merged(found.value)).any(|other| other == map)
    };
    let other = staying.iter().find(|job| uses(job));
    other.map(|job| format!("job {} uses it too and stays where it is", job.name))
}

/// `tags:`, replaced or added.
pub(super) fn tags(pass: &mut Pass<'_>, scene: &Scene<'_>, tag: &str) {
    for (found, users) in scene.values("tags") {
        if is_only(pass, found.value, tag) {
            continue;
        }
        let saved = pass.edits.save();
        if users.obstacle().is_none() && replace(pass, &found, tag).is_ok() {
            continue;
        }
        pass.edits.restore(saved);
        for (job, found) in &users.moving {
            let own = found.map == job.map;
            let is_alias = found.written != found.value;
            let done = match (own, is_alias) {
                (true, true) if heir(scene, job).is_none() => {
                    let (written, kind) = word(tag);
                    let words = format!("[{written}]");
                    let list = Kind::list_of(kind);
                    pass.edits.rewrite(found.key, found.written, (&words, list))
                }
                (true, _) => Err("jobs that stay where they are use the same list"),
                (false, _) => add(pass, scene, (job, tag)),
            };
            if let Err(why) = done {
                held_back(pass, (job, found.written), why);
            }
        }
    }
    let without: Vec<&Job> =
        scene.moving().filter(|job| scene.pipeline.find(job, "tags").is_none()).collect();
    for job in without {
        if let Err(why) = add(pass, scene, (job, tag)) {
            held_back(pass, (job, job.key), why);
        }
    }
}

fn held_back(pass: &mut Pass<'_>, (job, node): (&Job, NodeId), why: &str) {
    let hint = "Without the runner's tag the job does not go to the runner: give it its own list.";
    let why = format!("its tags cannot be changed: {why}");
    pass.stuck(job, Obstacle { node, why, hint: hint.to_owned() });
}

/// A job that stays where it is and would get the tags that are written into this one.
fn heir<'a>(scene: &'a Scene<'_>, job: &Job) -> Option<&'a Job> {
    scene.heir(job, "tags")
}

fn is_only(pass: &Pass<'_>, value: NodeId, tag: &str) -> bool {
    match pass.tree.items(value) {
        Some([only]) => pass.tree.text(*only) == Some(tag),
        Some(_) => false,
        None => pass.tree.text(value) == Some(tag),
    }
}

/// The list in brackets, or the first item of a block list with the others gone.
fn replace(pass: &mut Pass<'_>, found: &Found, tag: &str) -> Result<(), &'static str> {
    let (written, kind) = word(tag);
    match &pass.tree.node(found.value).value {
        Value::List { items, flow: false } if !items.is_empty() => {
            let (first, rest) = (items[0], items[1..].to_vec());
            let scalar = matches!(
                pass.tree.node(first).value,
                Value::Scalar(
                    _,
                    ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted
                )
            );
            if !scalar || items.iter().any(|item| pass.tree.has_anchor(*item)) {
                return Err("its items are no plain texts");
            }
            if !rest.is_empty() {
                pass.edits.remove_items(found.value, &rest)?;
            }
            pass.edits.replace_scalar(first, &written, kind);
            Ok(())
        }
        _ => {
            let key = pass.tree.key_of(found.value).ok_or("it is written elsewhere")?;
            pass.edits.rewrite(key, found.value, (&format!("[{written}]"), Kind::list_of(kind)))
        }
    }
}

fn add(
    pass: &mut Pass<'_>,
    scene: &Scene<'_>,
    (job, tag): (&Job, &str),
) -> Result<(), &'static str> {
    if heir(scene, job).is_some() {
        return Err("a job that stays where it is is made of this one and would get them too");
    }
    let (written, kind) = word(tag);
    pass.edits.add_first(job.map, ("tags", &format!("[{written}]"), Kind::list_of(kind)))
}

/// A text as it is written in a list, and what that says.
pub(super) fn word(tag: &str) -> (String, Kind) {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = tag.starts_with(|c: char| c.is_ascii_alphabetic())
        && tag.bytes().all(safe)
        && !words.contains(&tag.to_ascii_lowercase().as_str());
    let quoted = || format!("\"{}\"", tag.replace('\\', "\\\\").replace('"', "\\\""));
    let written = if plain { tag.to_owned() } else { quoted() };
    (written, Kind::Scalar { text: tag.to_owned(), plain })
}
