//! The release that a rollback goes to.

use super::{Intent, good_releases};
use crate::model::{
    Knowledge, LiveTaskDefinition, ObservedService, PinnedImage, RollbackTo, RolloutState,
    ServiceDeployment, TaskDefArn, tag_keys,
};

/// The release to go back to.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its revision; active.
    pub revision: LiveTaskDefinition,
    /// What the service wants now.
    pub from: TaskDefArn,
    /// Good releases in between that were deregistered.
    pub skipped: Vec<TaskDefArn>,
}

/// Why there is nothing to go back to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTarget {
    /// The service does not exist.
    #[error("the service does not exist")]
    NoService,
    /// Nothing was released before.
    #[error("no release before {running} succeeded and is left to go back to")]
    Nothing {
        /// What runs.
        running: String,
    },
    /// Every good release before was deregistered.
    #[error("each release that succeeded before {running} was deregistered: {}", .gone.join(", "))]
    Deregistered {
        /// What runs.
        running: String,
        /// Those that were good.
        gone: Vec<String>,
    },
    /// The history could not be read and no tag helps.
    #[error("could not tell what succeeded before {running}: {why}")]
    CouldNotTell {
        /// What runs.
        running: String,
        /// Why.
        why: String,
    },
    /// No revision of this commit.
    #[error("no revision of {family} carries commit {commit}")]
    NoSuchCommit {
        /// The family that was searched.
        family: String,
        /// The commit as it was asked for.
        commit: String,
    },
    /// No such revision.
    #[error("{revision} does not exist")]
    NoSuchRevision {
        /// As it was asked for.
        revision: String,
    },
    /// It was deregistered: ECS takes it for no service any more.
    #[error("{revision} was deregistered (INACTIVE)")]
    Inactive {
        /// The revision.
        revision: String,
    },
    /// No revision with this image.
    #[error("no revision of {family} has image {image}")]
    NoSuchImage {
        /// The family that was searched.
        family: String,
        /// The image as it was asked for.
        image: String,
    },
    /// A hash too short to be sure.
    #[error("\"{commit}\" is too short for a commit: at least 7 digits")]
    ShortCommit {
        /// As it was asked for.
        commit: String,
    },
}

/// The release to go back to on `service`, asked for by `job`.
///
/// # Errors
/// When there is none, or when it cannot be told.
pub fn target(
    service: &ObservedService,
    to: &RollbackTo,
    job: Option<u64>,
) -> Result<Target, NoTarget> {
    let state = service.state.as_ref().ok_or(NoTarget::NoService)?;
    let from = state.task_definition.clone();
    match to {
        RollbackTo::LastGood => last_good(service, from, job),
        RollbackTo::Commit(commit) => {
            let revision = by_commit(service, &from, commit)?;
            Ok(Target { revision, from, skipped: Vec::new() })
        }
        RollbackTo::Revision(revision) => {
            let revision = by_revision(service, &from, revision)?;
            Ok(Target { revision, from, skipped: Vec::new() })
        }
        RollbackTo::Image(image) => {
            let revision = by_image(service, &from, image)?;
            Ok(Target { revision, from, skipped: Vec::new() })
        }
    }
}

fn last_good(
    service: &ObservedService,
    from: TaskDefArn,
    job: Option<u64>,
) -> Result<Target, NoTarget> {
    if let Some(revision) = resumed(service, &from, job) {
        return Ok(Target { revision, from, skipped: Vec::new() });
    }
    let mut candidates = candidates(service, &from);
    let mut skipped = Vec::new();
    while let Some(candidate) = candidates.pop() {
        match described(service, &candidate) {
            Some(revision) if revision.active => {
                return Ok(Target { revision: revision.clone(), from, skipped });
            }
            Some(_) => skipped.push(candidate),
            None => {
                if let Knowledge::CouldNotTell(why) = &service.revisions {
                    let running = from.short().to_owned();
                    return Err(NoTarget::CouldNotTell { running, why: why.clone() });
                }
                skipped.push(candidate);
            }
        }
    }
    let running = from.short().to_owned();
    let nameless =
        |all: &Vec<ServiceDeployment>| all.iter().any(|one| one.target_task_definition.is_none());
    Err(match (&service.deployments, skipped.is_empty()) {
        (_, false) => {
            let gone = skipped.iter().map(|arn| arn.short().to_owned()).collect();
            NoTarget::Deregistered { running, gone }
        }
        (Knowledge::CouldNotTell(why), true) => {
            NoTarget::CouldNotTell { running, why: why.clone() }
        }
        (Knowledge::Known(all), true) if nameless(all) => {
            NoTarget::CouldNotTell { running, why: "service revisions cannot be read".to_owned() }
        }
        (Knowledge::Known(_), true) => NoTarget::Nothing { running },
    })
}

/// The target of a rollback that was begun before and not finished.
fn resumed(
    service: &ObservedService,
    from: &TaskDefArn,
    job: Option<u64>,
) -> Option<LiveTaskDefinition> {
    let intent = Intent::read(service.state.as_ref()?)?;
    if !intent.is_resumed(from, job) {
        return None;
    }
    let known = service.revisions.known()?;
    known.iter().find(|known| known.active && known.arn.short() == intent.to).cloned()
}

/// Good releases that the service may go back to, the best one last.
fn candidates(service: &ObservedService, from: &TaskDefArn) -> Vec<TaskDefArn> {
    let mut good = good_releases(service);
    let moving = in_progress(service);
    let running = moving.as_ref().unwrap_or(from);
    if let Some(place) = good.iter().position(|known| known == running) {
        // A deployment that is under way to a release below the newest good one is a way back
        // already: its target stays. Otherwise what runs is what is left.
        let is_going_back = moving.is_some() && place + 1 < good.len();
        good.truncate(if is_going_back { place + 1 } else { place });
    }
    good
}

/// The revision that a deployment under way brings.
fn in_progress(service: &ObservedService) -> Option<TaskDefArn> {
    if let Some(newest) = service.deployments.known().and_then(|all| newest(all)) {
        let moving = !newest.is_over();
        return newest.target_task_definition.clone().filter(|_| moving);
    }
    let primary = service.state.as_ref()?.primary()?;
    (primary.rollout == RolloutState::InProgress).then(|| primary.task_definition.clone())
}

fn newest(deployments: &[ServiceDeployment]) -> Option<&ServiceDeployment> {
    deployments.iter().max_by_key(|deployment| deployment.created_at)
}

fn described<'a>(service: &'a ObservedService, arn: &TaskDefArn) -> Option<&'a LiveTaskDefinition> {
    let revisions = service.revisions.known().into_iter().flatten();
    revisions.chain(service.task_definition.as_ref()).find(|revision| revision.arn == *arn)
}

fn by_commit(
    service: &ObservedService,
    from: &TaskDefArn,
    commit: &str,
) -> Result<LiveTaskDefinition, NoTarget> {
    if commit.len() < 7 {
        return Err(NoTarget::ShortCommit { commit: commit.to_owned() });
    }
    let carries = |revision: &LiveTaskDefinition| {
        let tag = revision.tags.get(tag_keys::COMMIT);
        tag.is_some_and(|tag| tag.starts_with(commit))
    };
    newest_active(service, from, carries)?.ok_or_else(|| NoTarget::NoSuchCommit {
        family: from.family().to_owned(),
        commit: commit.to_owned(),
    })
}

/// The bytes count: whoever registered the revision may have written the image otherwise.
fn by_image(
    service: &ObservedService,
    from: &TaskDefArn,
    image: &PinnedImage,
) -> Result<LiveTaskDefinition, NoTarget> {
    let digest = image.digest().as_str();
    let has = |revision: &LiveTaskDefinition| {
        let mut images =
            revision.containers().filter_map(|container| container.get("image")?.as_str());
        images.any(|image| image.rsplit_once('@').is_some_and(|(_, theirs)| theirs == digest))
    };
    newest_active(service, from, has)?.ok_or_else(|| NoTarget::NoSuchImage {
        family: from.family().to_owned(),
        image: image.to_string(),
    })
}

/// The newest revision that `is_it`; `None` when there is none at all.
///
/// # Errors
/// Only deregistered ones are, or the revisions could not be read.
fn newest_active(
    service: &ObservedService,
    from: &TaskDefArn,
    is_it: impl Fn(&LiveTaskDefinition) -> bool,
) -> Result<Option<LiveTaskDefinition>, NoTarget> {
    let revisions = match &service.revisions {
        Knowledge::Known(revisions) => revisions,
        Knowledge::CouldNotTell(why) => {
            let running = from.short().to_owned();
            return Err(NoTarget::CouldNotTell { running, why: why.clone() });
        }
    };
    let mut found: Vec<&LiveTaskDefinition> = revisions.iter().filter(|one| is_it(one)).collect();
    found.sort_by_key(|revision| (revision.active, revision.arn.revision()));
    match found.last() {
        Some(revision) if revision.active => Ok(Some((*revision).clone())),
        Some(revision) => Err(NoTarget::Inactive { revision: revision.arn.short().to_owned() }),
        None => Ok(None),
    }
}

fn by_revision(
    service: &ObservedService,
    from: &TaskDefArn,
    wanted: &str,
) -> Result<LiveTaskDefinition, NoTarget> {
    let last = wanted.rsplit('/').next().unwrap_or(wanted);
    let short =
        if last.contains(':') { last.to_owned() } else { format!("{}:{last}", from.family()) };
    let revisions = service.revisions.known().into_iter().flatten();
    let mut all = revisions.chain(service.task_definition.as_ref());
    match all.find(|revision| revision.arn.short() == short) {
        Some(revision) if revision.active => Ok(revision.clone()),
        Some(_) => Err(NoTarget::Inactive { revision: short }),
        None => Err(match &service.revisions {
            Knowledge::Known(_) => NoTarget::NoSuchRevision { revision: short },
            Knowledge::CouldNotTell(why) => {
                NoTarget::CouldNotTell { running: from.short().to_owned(), why: why.clone() }
            }
        }),
    }
}
