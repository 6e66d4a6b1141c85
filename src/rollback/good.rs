//! Which releases were good, in the order in which they would be taken back.

use crate::model::{
    CommitSha, Knowledge, LiveTaskDefinition, ObservedService, ReleaseIdentity, RolloutState,
    ServiceDeploymentStatus, TaskDefArn, Timestamp, tag_keys,
};

/// Revisions that were released with success, oldest first, each once: the last one is the
/// release that would run after every deployment under way has ended well or was taken back.
///
/// A deployment that went back to an earlier release takes those after it off the list: what
/// somebody took back once is no place to go back to. Sources: ECS's service deployments
/// (90 days), the finished entries of the service, and our tag on revisions (for ever).
pub fn good_releases(service: &ObservedService) -> Vec<TaskDefArn> {
    let mut successes = successes(service);
    successes.sort_by_key(|(at, _)| *at);
    let mut good: Vec<TaskDefArn> = Vec::new();
    for (_, revision) in successes {
        match good.iter().position(|known| *known == revision) {
            Some(place) => good.truncate(place + 1),
            None => good.push(revision),
        }
    }
    good
}

fn successes(service: &ObservedService) -> Vec<(Timestamp, TaskDefArn)> {
    let deployments = service.deployments.known().into_iter().flatten();
    let of_ecs = deployments
        .filter(|deployment| deployment.status == ServiceDeploymentStatus::Successful)
        .filter_map(|deployment| {
            Some((deployment.created_at, deployment.target_task_definition.clone()?))
        });
    let of_ecs: Vec<(Timestamp, TaskDefArn)> = of_ecs.collect();
    let is_blind = of_ecs.is_empty();
    let state = service.state.iter().flat_map(|state| &state.deployments);
    let of_state = state
        .filter(|deployment| deployment.rollout == RolloutState::Completed)
        .filter(|deployment| is_blind || deployment.status == "ACTIVE")
        .filter_map(|deployment| {
            Some((deployment.created_at?, deployment.task_definition.clone()))
        });
    let revisions = service.revisions.known().into_iter().flatten();
    let of_tags = revisions.filter_map(|revision| Some((tagged(revision)?, revision.arn.clone())));
    let mut all: Vec<(Timestamp, TaskDefArn)> = of_ecs.into_iter().chain(of_state).collect();
    // The tag is written after the end of the deployment it speaks of: where ECS still lists
    // that deployment, its own order counts.
    let listed: Vec<TaskDefArn> = all.iter().map(|(_, revision)| revision.clone()).collect();
    all.extend(of_tags.filter(|(_, revision)| !listed.contains(revision)));
    all
}

fn tagged(revision: &LiveTaskDefinition) -> Option<Timestamp> {
    revision.tags.get(tag_keys::SUCCEEDED)?.parse().ok()
}

/// True when a revision of `commit` was released on `service` with success.
pub fn was_released(service: &ObservedService, commit: &CommitSha) -> Knowledge<bool> {
    let revisions = match &service.revisions {
        Knowledge::Known(revisions) => revisions,
        Knowledge::CouldNotTell(why) => return Knowledge::CouldNotTell(why.clone()),
    };
    let successes = successes(service);
    let released = revisions.iter().any(|revision| {
        revision.tags.get(tag_keys::COMMIT).map(String::as_str) == Some(commit.as_str())
            && successes.iter().any(|(_, arn)| *arn == revision.arn)
    });
    match (&service.deployments, released) {
        (_, true) => Knowledge::Known(true),
        (Knowledge::Known(_), false) => Knowledge::Known(false),
        (Knowledge::CouldNotTell(why), false) => Knowledge::CouldNotTell(why.clone()),
    }
}

/// True when `ours` is older than the release that runs on `service` and was released there
/// with success before: GitLab's Rollback button runs an old job again.
pub fn is_way_back(service: &ObservedService, ours: &ReleaseIdentity) -> bool {
    let Some(running) = &service.task_definition else { return false };
    let theirs = ReleaseIdentity::from_tags(&running.tags);
    let is_older = ours.pipeline.zip(theirs.pipeline).is_some_and(|(ours, theirs)| ours < theirs);
    let (Some(commit), true) = (&ours.commit, is_older) else { return false };
    theirs.commit.as_ref() != Some(commit)
        && was_released(service, commit) == Knowledge::Known(true)
}
