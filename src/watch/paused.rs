//! A hold at a pause of ECS's own deployment: it ends when the pause does, and the tasks of the
//! new revision have to stay well, whatever the old ones do.

use super::{End, EndKind, Look};
use crate::model::{DeploymentArn, ServiceDeployment, ServiceDeploymentStatus};

/// What the held deployment shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paused {
    /// Tasks of the new revision that run and that are wanted.
    Tasks(u32, u32),
    /// It was not read this time.
    Unread,
    /// It does not wait any more.
    Over,
}

/// What `deployment` shows in `look`.
pub(super) fn look(deployment: &DeploymentArn, look: &Look<Vec<ServiceDeployment>>) -> Paused {
    let Look::Seen(all) = look else { return Paused::Unread };
    let Some(held) = all.iter().find(|one| one.arn == *deployment) else { return Paused::Unread };
    let waits = held.lifecycle.as_ref().is_some_and(|one| one.open_pauses().next().is_some());
    if held.status != ServiceDeploymentStatus::InProgress || !waits {
        return Paused::Over;
    }
    let (requested, running, _) = held.target_tasks;
    Paused::Tasks(running, requested)
}

/// The end of a hold whose pause is over: the wait for the deployment tells what becomes of it.
pub(super) fn over() -> End {
    End::new(EndKind::Resumed, "it does not wait any more")
}
