//! Our deployment by its entry in the service's `deployments`, where service deployments cannot
//! be read. Less is known: an entry that is gone is never success.

use super::pace::Tempo;
use super::verdict::{Doubt, FAILED_FOR, Verdict};
use super::{EndKind, Followed};
use crate::model::{DeploymentId, RollingDeployment, RolloutState, ServiceState};
use std::time::Duration;

/// How long our entry may be missing: answers may still be older than our change.
const STALE_FOR: Duration = Duration::from_secs(60);
/// How long an entry that was seen must be gone: one look may be older than our change.
const GONE_FOR: Duration = Duration::from_secs(20);

/// Our entry, when the answer of our change did not name it: a PRIMARY of our revision that is
/// not the one from before; or one that failed before it was seen, and was not there before.
pub(super) fn find(followed: &Followed, state: &ServiceState) -> Option<DeploymentId> {
    let ours = |one: &&RollingDeployment| one.task_definition == followed.revision;
    let primary = state.primary().filter(ours);
    let primary = primary.filter(|one| Some(&one.id) != followed.primary_before.as_ref());
    let failed = || {
        let mut all = state.deployments.iter().filter(ours);
        let is_new = |id: &DeploymentId| !followed.entries_before.contains(id);
        all.find(|one| one.rollout == RolloutState::Failed && is_new(&one.id))
    };
    let failed = || followed.sent_at.and_then(|_| failed());
    primary.or_else(failed).map(|one| one.id.clone())
}

/// The entry of `id`.
pub(super) fn entry<'a>(
    id: &DeploymentId,
    state: &'a ServiceState,
) -> Option<&'a RollingDeployment> {
    state.deployments.iter().find(|one| one.id == *id)
}

/// `seen_entry`: our entry was seen at this look or an earlier one.
pub(super) fn judge(
    followed: &Followed,
    id: Option<&DeploymentId>,
    seen_entry: bool,
    state: &ServiceState,
) -> Verdict {
    match id.and_then(|id| entry(id, state)) {
        Some(ours) if ours.status == "PRIMARY" => primary(followed, ours),
        Some(ours) => pushed_aside(followed, ours, state),
        None if seen_entry => gone(followed, state),
        None => {
            let reason = format!(
                "could not tell how it ended: no PRIMARY deployment of {} was seen",
                followed.revision.short()
            );
            let then = (EndKind::CouldNotTell, reason);
            Verdict::Doubtful { doubt: Doubt::Gone, limit: STALE_FOR, then }
        }
    }
}

fn primary(followed: &Followed, ours: &RollingDeployment) -> Verdict {
    match &ours.rollout {
        RolloutState::Completed if ours.task_definition == followed.revision => {
            Verdict::Ended(EndKind::Successful, "ECS calls the rollout completed".to_owned())
        }
        RolloutState::Failed => {
            let why = ours.reason.clone().unwrap_or_else(|| "ECS gives no reason".to_owned());
            let then = (EndKind::FailedNotRolledBack, why);
            Verdict::Doubtful { doubt: Doubt::Failed, limit: FAILED_FOR, then }
        }
        RolloutState::Completed | RolloutState::InProgress | RolloutState::Unknown(_) => {
            Verdict::GoOn(Tempo::Usual)
        }
    }
}

/// Another deployment is PRIMARY now: the way back, or somebody else's.
fn pushed_aside(followed: &Followed, ours: &RollingDeployment, state: &ServiceState) -> Verdict {
    let goes_back = ours.rollout == RolloutState::Failed || is_previous(followed, state);
    let settled = state.primary().is_some_and(|primary| primary.rollout == RolloutState::Completed);
    match (goes_back, settled) {
        (true, true) => {
            let why = ours.reason.clone();
            rolled_back(why.or_else(|| Some("ECS took it back and gives no reason".to_owned())))
        }
        (true, false) => Verdict::Tell {
            key: "back",
            text: format!("{} is taken back by ECS", followed.revision.short()),
            tempo: Tempo::Usual,
        },
        (false, _) => superseded(state),
    }
}

/// The entry was there and is gone from `deployments`: the end of it, or a stale look.
fn gone(followed: &Followed, state: &ServiceState) -> Verdict {
    let moves = state.primary().is_some_and(|primary| primary.rollout == RolloutState::InProgress);
    let end = match is_previous(followed, state) {
        true if moves => return Verdict::GoOn(Tempo::Usual),
        true => rolled_back(None),
        false => superseded(state),
    };
    match end {
        Verdict::Ended(kind, reason) => {
            Verdict::Doubtful { doubt: Doubt::Gone, limit: GONE_FOR, then: (kind, reason) }
        }
        other => other,
    }
}

fn is_previous(followed: &Followed, state: &ServiceState) -> bool {
    followed.previous.as_ref() == Some(&state.task_definition)
}

fn rolled_back(reason: Option<String>) -> Verdict {
    let why = reason.unwrap_or_else(|| "our deployment is gone from the service".to_owned());
    Verdict::Ended(EndKind::FailedRolledBack, why.trim_end_matches('.').to_owned())
}

fn superseded(state: &ServiceState) -> Verdict {
    let revision = Some(state.task_definition.clone());
    let reason = format!("somebody deployed {} after us", state.task_definition.short());
    Verdict::Ended(EndKind::Superseded { by: None, revision }, reason)
}
