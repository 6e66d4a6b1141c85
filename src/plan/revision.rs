//! Which revision a service is brought to: the one that runs, one that AWS holds, or a new one.

use super::{History, ReuseReason};
use crate::journal::Found;
use crate::model::{
    Goal, ImageRule, LiveTaskDefinition, Observed, ReleaseIdentity, ServiceWanted, TaskDefArn,
    TaskDefinitionSpec, TaskImage, Wanted, tag_keys,
};
use crate::taskdef;
use std::collections::BTreeMap;

/// The choice.
pub(super) enum Choice {
    /// The service wants a revision with this content already.
    Running(TaskDefArn),
    /// AWS holds a revision with this content.
    Reuse(Box<LiveTaskDefinition>, ReuseReason),
    /// A new one.
    Register {
        spec: TaskDefinitionSpec,
        tags: BTreeMap<String, String>,
        from: Option<TaskDefArn>,
        changes: Vec<String>,
    },
}

/// An image that AWS holds for a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldImage {
    /// The image as the revision has it.
    pub image: String,
    /// The image as it was written, where the revision's tags tell.
    pub written: Option<String>,
    /// The revision.
    pub revision: TaskDefArn,
}

/// Chooses for `service`, whose content is `spec`. What is `copied` from the other service is
/// that one's release, not the one that is wanted: its tags must not say otherwise.
pub(super) fn choose(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    spec: &TaskDefinitionSpec,
    copied: Option<&LiveTaskDefinition>,
) -> Choice {
    let theirs = copied.map(|copied| ReleaseIdentity::from_tags(&copied.tags));
    let identity = theirs.as_ref().unwrap_or(&wish.wanted.identity);
    let seen = wish.observed.services.get(&service.name);
    let running = seen.and_then(|seen| seen.task_definition.as_ref());
    let held = wish.held.as_ref();
    let spec = with_held_image(service, spec, held).with_family(service.name.as_str());
    let changes = running.map(|running| taskdef::changes(running, &spec));
    if let (Some(running), Some([])) = (running, changes.as_deref()) {
        return Choice::Running(running.arn.clone());
    }
    let revisions = seen.and_then(|seen| seen.revisions.known()).into_iter().flatten();
    let reusable = revisions
        .filter(|revision| revision.active && taskdef::changes(revision, &spec).is_empty())
        .filter_map(|revision| Some((revision, reason(wish, identity, revision)?)))
        .max_by_key(|(revision, _)| revision.arn.revision());
    if let Some((revision, why)) = reusable {
        return Choice::Reuse(Box::new(revision.clone()), why);
    }
    Choice::Register {
        tags: match copied {
            None => tags(wish, service, &spec),
            Some(copied) => tags_of_copy(service, copied),
        },
        from: running.map(|running| running.arn.clone()),
        changes: changes.unwrap_or_default(),
        spec,
    }
}

/// What a choice is made from.
pub(super) struct Wish<'a> {
    pub wanted: &'a Wanted,
    pub observed: &'a Observed,
    pub history: &'a History,
    /// The image that AWS holds for this commit, when the rule asks for it.
    pub held: Option<HeldImage>,
    /// What this run found of its release, or noted itself.
    pub found: Found,
}

/// The image that AWS holds for the commit of `wanted`, in the family of either service: the
/// same pipeline first, then the full service's family, then the newest.
pub fn held_image(wanted: &Wanted, observed: &Observed) -> Option<HeldImage> {
    let commit = wanted.identity.commit.as_ref()?;
    let services = wanted.full.iter().chain(&wanted.canary);
    let mut best: Option<(_, HeldImage)> = None;
    for (order, service) in services.enumerate() {
        if service.image_rule != ImageRule::HeldFirst {
            continue;
        }
        let Some(container) = release_container(service) else { continue };
        let seen = observed.services.get(&service.name);
        let revisions = seen.and_then(|seen| seen.revisions.known()).into_iter().flatten();
        for revision in revisions.filter(|revision| revision.active) {
            let identity = ReleaseIdentity::from_tags(&revision.tags);
            let Some(image) = revision.image(&container) else { continue };
            if identity.commit.as_ref() != Some(commit) {
                continue;
            }
            let same_pipeline = identity.pipeline == wanted.identity.pipeline;
            let rank = (same_pipeline, order == 0, revision.arn.revision());
            if best.as_ref().is_none_or(|(known, _)| *known < rank) {
                let written = revision.tags.get(tag_keys::IMAGE).cloned();
                let revision = revision.arn.clone();
                best = Some((rank, HeldImage { image: image.to_owned(), written, revision }));
            }
        }
    }
    best.map(|(_, held)| held)
}

/// The container that carries the release: the named one, or the only one.
pub(super) fn release_container(service: &ServiceWanted) -> Option<String> {
    if let Some(name) = &service.container {
        return Some(name.clone());
    }
    let mut containers = service.task.as_ref()?.containers();
    let only = containers.next()?;
    match containers.next() {
        None => only.get("name")?.as_str().map(str::to_owned),
        Some(_) => None,
    }
}

fn with_held_image(
    service: &ServiceWanted,
    spec: &TaskDefinitionSpec,
    held: Option<&HeldImage>,
) -> TaskDefinitionSpec {
    match (release_container(service), held) {
        (Some(container), Some(held)) => {
            let image = match held.image.parse() {
                Ok(pinned) => TaskImage::Pinned(pinned),
                Err(_) => TaskImage::Unresolved(held.image.clone()),
            };
            spec.with_image(&container, &image)
        }
        (None, _) | (_, None) => spec.clone(),
    }
}

/// Why a revision with the wanted content may be used; `None` = its tags speak of another
/// release, and a rollback by commit would find the wrong one.
fn reason(
    wish: &Wish<'_>,
    wanted: &ReleaseIdentity,
    revision: &LiveTaskDefinition,
) -> Option<ReuseReason> {
    let identity = ReleaseIdentity::from_tags(&revision.tags);
    if wanted.same_release(&identity) {
        return Some(ReuseReason::SameRelease);
    }
    let same_commit = wanted.commit == identity.commit;
    match (&wanted.commit, &wish.wanted.goal) {
        // Nobody knows a commit, so nobody can look for one.
        (None, _) if same_commit => Some(ReuseReason::SameRelease),
        (Some(_), Goal::Full | Goal::Promote | Goal::Release) if same_commit => {
            Some(ReuseReason::SameCommit)
        }
        _ => None,
    }
}

fn tags(
    wish: &Wish<'_>,
    service: &ServiceWanted,
    spec: &TaskDefinitionSpec,
) -> BTreeMap<String, String> {
    let container = release_container(service).unwrap_or_default();
    let image = spec.image(&container);
    let held = wish.held.as_ref().filter(|held| Some(held.image.as_str()) == image);
    let written = match held {
        Some(held) => held.written.as_deref(),
        None => service.written_image.as_deref(),
    };
    let mut tags = service.tags.clone();
    tags.extend(release_tags(&wish.wanted.identity, written, spec, &container));
    tags
}

fn tags_of_copy(service: &ServiceWanted, copied: &LiveTaskDefinition) -> BTreeMap<String, String> {
    let mut tags = service.tags.clone();
    let is_own = |key: &str| [tag_keys::SUCCEEDED, tag_keys::VERDICT].contains(&key);
    let is_ours = |key: &str| key.starts_with("ecs-canary:") && !is_own(key);
    let theirs = copied.tags.iter().filter(|(key, _)| is_ours(key));
    tags.extend(theirs.map(|(key, value)| (key.clone(), value.clone())));
    tags
}

/// Tags of a revision with this content: who, and which image in `container`.
pub fn release_tags(
    identity: &ReleaseIdentity,
    written: Option<&str>,
    spec: &TaskDefinitionSpec,
    container: &str,
) -> BTreeMap<String, String> {
    let mut tags = identity.tags();
    let image = spec.image(container);
    let digest = image.and_then(|image| image.split_once('@')).map(|(_, digest)| digest);
    for (key, value) in [(tag_keys::IMAGE, written), (tag_keys::DIGEST, digest)] {
        if let Some(value) = value {
            tags.insert(key.to_owned(), crate::model::tag_value(value));
        }
    }
    tags
}
