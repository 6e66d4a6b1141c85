//! What the state of our service deployment means. Only SUCCESSFUL with PRIMARY on our revision
//! is success; a status that this program does not know is neither an end nor good.

use super::EndKind;
use super::pace::Tempo;
use crate::model::{
    RolloutState, ServiceDeployment, ServiceDeploymentStatus, ServiceState, TaskDefArn,
};
use std::time::Duration;

/// How long SUCCESSFUL and another PRIMARY may be seen together: one of them is stale.
const STALE_FOR: Duration = Duration::from_secs(30);
/// How long a FAILED rollout may stand while its deployment is called in progress: a rollback
/// begins within one tick of ECS's scheduler, ten seconds or so.
pub(super) const FAILED_FOR: Duration = Duration::from_secs(45);

/// What is looked at.
pub(super) struct Case<'a> {
    pub ours: &'a ServiceDeployment,
    /// The newest deployment that was made after ours.
    pub newer: Option<&'a ServiceDeployment>,
    /// Deployments made after ours were looked for.
    pub listed: bool,
    pub state: &'a ServiceState,
    pub revision: &'a TaskDefArn,
    pub previous: Option<&'a TaskDefArn>,
}

/// What it means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    GoOn(Tempo),
    /// Our deployment was not read this time.
    Unread(Tempo),
    /// Something to say once.
    Tell {
        key: &'static str,
        text: String,
        tempo: Tempo,
    },
    /// An end, if it is still so after a while.
    Doubtful {
        doubt: Doubt,
        limit: Duration,
        then: (EndKind, String),
    },
    Ended(EndKind, String),
}

/// What has to last until it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The service is MISSING.
    Missing,
    /// Our deployment is not known any more.
    Unlisted,
    /// It is done, and PRIMARY runs something else.
    Elsewhere,
    /// PRIMARY is ours and FAILED.
    Failed,
    /// It was stopped, and by what is not seen yet.
    Stopped,
    /// Our entry is gone from `deployments`.
    Gone,
}

/// The newest of `deployments` that was made after `ours`.
pub(super) fn newer<'a>(
    ours: &ServiceDeployment,
    deployments: &'a [ServiceDeployment],
) -> Option<&'a ServiceDeployment> {
    deployments
        .iter()
        .filter(|one| one.arn != ours.arn && one.created_at > ours.created_at)
        .max_by_key(|one| one.created_at)
}

pub(super) fn of(case: &Case<'_>) -> Verdict {
    use ServiceDeploymentStatus as Status;
    match &case.ours.status {
        Status::Pending | Status::InProgress => rolling(case),
        Status::Successful => successful(case),
        Status::StopRequested | Status::RollbackRequested | Status::RollbackInProgress => {
            Verdict::Tell {
                key: "back",
                text: format!("ECS takes {} back: {}", case.revision.short(), why(case)),
                tempo: Tempo::Usual,
            }
        }
        Status::RollbackSuccessful => Verdict::Ended(EndKind::FailedRolledBack, why(case)),
        Status::RollbackFailed if case.previous.is_none() => {
            Verdict::Ended(EndKind::FailedNotRolledBack, not_taken_back(case, None))
        }
        Status::RollbackFailed => Verdict::Ended(
            EndKind::RollbackFailed,
            format!("{}; and ECS could not go back", why(case)),
        ),
        Status::Stopped => stopped(case),
        Status::Unknown(text) if case.ours.is_over() => Verdict::Ended(
            EndKind::CouldNotTell,
            format!("ECS calls the end of the deployment {text}, which this program does not know"),
        ),
        Status::Unknown(text) => Verdict::Tell {
            key: "unknown",
            text: format!(
                "ECS calls the deployment {text}, which this program does not know: waits on"
            ),
            tempo: Tempo::Slow,
        },
    }
}

fn rolling(case: &Case<'_>) -> Verdict {
    if let Some(newer) = case.newer {
        return superseded(newer);
    }
    let primary = case.state.primary();
    if primary.is_some_and(|primary| primary.task_definition != *case.revision) && !case.listed {
        // A newer deployment, or the beginning of a rollback: the list tells which.
        return Verdict::Doubtful {
            doubt: Doubt::Elsewhere,
            limit: Duration::MAX,
            then: (EndKind::CouldNotTell, String::new()),
        };
    }
    let failed = primary.is_some_and(|primary| {
        primary.task_definition == *case.revision && primary.rollout == RolloutState::Failed
    });
    if failed {
        let reason = primary.and_then(|primary| primary.reason.clone());
        return Verdict::Doubtful {
            doubt: Doubt::Failed,
            limit: FAILED_FOR,
            then: (EndKind::FailedNotRolledBack, not_taken_back(case, reason)),
        };
    }
    Verdict::GoOn(Tempo::Usual)
}

fn successful(case: &Case<'_>) -> Verdict {
    // Without any entry the service itself says what it runs.
    let primary = case.state.primary().map(|primary| &primary.task_definition);
    let own = Some(&case.state.task_definition).filter(|_| case.state.deployments.is_empty());
    let primary = primary.or(own);
    if primary == Some(case.revision) {
        return Verdict::Ended(
            EndKind::Successful,
            "ECS calls the deployment successful".to_owned(),
        );
    }
    if let Some(newer) = case.newer {
        return superseded(newer);
    }
    let revision = primary.cloned();
    let other = revision.as_ref().map_or("nothing", |arn| arn.short());
    let reason = format!("the deployment was successful, but {other} runs now");
    Verdict::Doubtful {
        doubt: Doubt::Elsewhere,
        limit: STALE_FOR,
        then: (EndKind::Superseded { by: None, revision }, reason),
    }
}

/// STOPPED: by a person, by a newer deployment, or by a failure with rollback off.
fn stopped(case: &Case<'_>) -> Verdict {
    if let Some(newer) = case.newer {
        return superseded(newer);
    }
    if !case.listed {
        return Verdict::Doubtful {
            doubt: Doubt::Stopped,
            limit: Duration::MAX,
            then: (EndKind::CouldNotTell, String::new()),
        };
    }
    let is_ours = case.state.task_definition == *case.revision;
    if is_ours && by_failure(case) {
        let reason = case.state.primary().and_then(|primary| primary.reason.clone());
        return Verdict::Ended(EndKind::FailedNotRolledBack, not_taken_back(case, reason));
    }
    let reason = format!("somebody stopped the deployment: {}", why(case));
    Verdict::Ended(EndKind::Stopped { rolled_back: !is_ours }, reason)
}

fn by_failure(case: &Case<'_>) -> bool {
    let tripped = case.ours.breaker.is_some_and(|(failures, limit)| limit > 0 && failures >= limit);
    let failed =
        case.state.primary().is_some_and(|primary| primary.rollout == RolloutState::Failed);
    tripped || failed || !case.ours.triggered_alarms.is_empty()
}

fn superseded(newer: &ServiceDeployment) -> Verdict {
    let revision = newer.target_task_definition.clone();
    let what = revision.as_ref().map_or("another revision", |arn| arn.short());
    let reason = format!("somebody deployed {what} after us, at {}", newer.created_at);
    Verdict::Ended(EndKind::Superseded { by: Some(newer.arn.clone()), revision }, reason)
}

/// ECS's own words, the most telling first, without the full stop.
fn why(case: &Case<'_>) -> String {
    if !case.ours.triggered_alarms.is_empty() {
        return format!("alarm {}", case.ours.triggered_alarms.join(", "));
    }
    let words = case.ours.rollback_reason.as_ref().or(case.ours.status_reason.as_ref());
    match (words, case.ours.breaker) {
        (Some(words), _) => words.trim_end_matches('.').to_owned(),
        (None, Some((failures, limit))) if failures > 0 => {
            format!("{failures} tasks failed of {limit} that the circuit breaker allows")
        }
        (None, _) => "ECS gives no reason".to_owned(),
    }
}

pub(super) fn not_taken_back(case: &Case<'_>, reason: Option<String>) -> String {
    let why = reason.map_or_else(|| why(case), |reason| reason.trim_end_matches('.').to_owned());
    match case.previous {
        Some(previous) => format!("{why}; ECS did not go back to {}", previous.short()),
        None => format!("{why}; there is no earlier release to go back to"),
    }
}
