//! Going back: by the circuit breaker, by an alarm, by StopServiceDeployment. Owns where a
//! rollback goes and what it leaves behind.

use super::rollout::{end_superseded, final_counts, finish};
use super::{native, wake};
use crate::cloud::brain::state::{
    BackOff, BreakerStatus, Deployment, DeploymentStatus, Rollback, RolloutState, Service,
    ServiceDeploymentStatus, World,
};
use crate::cloud::brain::time::SimTime;

/// What made a deployment fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// Too many tasks failed.
    Breaker,
    /// These alarms went off.
    Alarms(Vec<String>),
    /// StopServiceDeployment.
    Asked,
    /// A lifecycle hook said no.
    Hook,
    /// Nobody answered a pause in time.
    HookTimeout,
    /// A stage took too long.
    StageLimit,
    /// The load balancer is not set up for it.
    Setup(String),
}

impl Cause {
    /// The end of the service event, when there is one.
    fn event(&self) -> Option<&'static str> {
        match self {
            Self::Breaker => Some("deployment failed: tasks failed to start."),
            Self::Alarms(_) => Some("deployment failed: alarm detected."),
            Self::Asked | Self::Hook | Self::HookTimeout | Self::StageLimit | Self::Setup(_) => {
                None
            }
        }
    }

    /// The beginning of `rolloutStateReason`.
    fn rollout_reason(&self) -> &'static str {
        match self {
            Self::Breaker => "ECS deployment circuit breaker: ",
            Self::Alarms(_) => "ECS deployment alarm: ",
            Self::Asked => "ECS deployment stopped: ",
            Self::Hook | Self::HookTimeout => "ECS deployment lifecycle hook: ",
            Self::StageLimit | Self::Setup(_) => "ECS deployment failed: ",
        }
    }

    /// `rollback.reason` and `statusReason`.
    fn deployment_reason(&self) -> &str {
        match self {
            Self::Breaker => {
                "Service deployment rolled back because the circuit breaker threshold was exceeded."
            }
            Self::Alarms(_) => "Service deployment rolled back because an alarm was triggered.",
            Self::Asked => {
                "Service deployment rolled back because of a StopServiceDeployment call."
            }
            Self::Hook => "Service deployment rolled back because a lifecycle hook failed.",
            Self::HookTimeout => {
                "Service deployment rolled back because a lifecycle hook timed out."
            }
            Self::StageLimit => {
                "Service deployment rolled back because a lifecycle stage took longer than 24 \
                 hours."
            }
            Self::Setup(problem) => problem,
        }
    }
}

/// StopServiceDeployment: the scheduler goes back at its next look.
pub(crate) fn ask(world: &World, service: &mut Service, now: SimTime) {
    if let Some(current) = service.active_deployment_mut() {
        let goes_back_already = matches!(
            current.status,
            ServiceDeploymentStatus::RollbackRequested
                | ServiceDeploymentStatus::RollbackInProgress
        );
        if !goes_back_already {
            current.status = ServiceDeploymentStatus::RollbackRequested;
            current.updated_at = now;
        }
    }
    wake::look_soon(world, service, now);
}

/// The primary deployment failed: back to the last completed one, when that is wanted and
/// there is one; else it stays as it is.
pub(super) fn fail(
    world: &mut World,
    service: &mut Service,
    cause: &Cause,
    goes_back: bool,
    now: SimTime,
) {
    let (failed, was_rollback) = match service.primary() {
        Some(primary) => (primary.id.clone(), primary.is_rollback),
        None => return,
    };
    if let Some(event) = cause.event() {
        let text = format!("(service {}) (deployment {failed}) {event}", service.key.name);
        service.events.say(&mut world.ids, now, text);
    }
    native::leave(world, service);
    note_failure(service, cause, now);
    let way_back = service
        .last_completed
        .clone()
        .filter(|completed| goes_back && !was_rollback && completed.id != failed);
    match way_back {
        Some(completed) => go_back(world, service, &completed, cause, now),
        None => stay(world, service, cause, goes_back, now),
    }
}

/// Marks the primary deployment and the breaker.
fn note_failure(service: &mut Service, cause: &Cause, now: SimTime) {
    if let Some(primary) = service.primary_mut() {
        primary.rollout = RolloutState::Failed;
        primary.reason = format!("{}tasks failed to start.", cause.rollout_reason());
        if let Cause::Alarms(_) = cause {
            primary.reason = format!("{}alarm detected.", cause.rollout_reason());
        }
        primary.updated_at = now;
    }
    if let Some(current) = service.active_deployment_mut() {
        current.updated_at = now;
        match cause {
            Cause::Breaker => current.breaker = BreakerStatus::Triggered,
            Cause::Alarms(names) => current.triggered_alarms.clone_from(names),
            Cause::Asked
            | Cause::Hook
            | Cause::HookTimeout
            | Cause::StageLimit
            | Cause::Setup(_) => {}
        }
    }
}

/// Nowhere to go back to: the failed deployment stays PRIMARY, old tasks go on.
fn stay(world: &World, service: &mut Service, cause: &Cause, wanted_back: bool, now: SimTime) {
    let counts = final_counts(world, service);
    let was_rollback = service.primary().is_some_and(|primary| primary.is_rollback);
    if let Some(current) = service.active_deployment_mut() {
        let reason = cause.deployment_reason();
        if was_rollback {
            current.status = ServiceDeploymentStatus::RollbackFailed;
            current.status_reason = Some("The rollback failed: tasks failed to start.".to_owned());
        } else if wanted_back {
            current.status = ServiceDeploymentStatus::RollbackFailed;
            current.status_reason =
                Some(format!("{reason} No rollback candidate was found to run the rollback."));
        } else {
            current.status = ServiceDeploymentStatus::Stopped;
            current.status_reason =
                Some("Service deployment failed: tasks failed to start.".to_owned());
            current.stopped_at = Some(now);
        }
        finish(current, counts, now);
    }
    end_superseded(world, service, now);
}

fn go_back(
    world: &mut World,
    service: &mut Service,
    completed: &Deployment,
    cause: &Cause,
    now: SimTime,
) {
    let reused = world.switches.rollback_reuses_id;
    let id = if reused { completed.id.clone() } else { format!("ecs-svc/{}", world.ids.number()) };
    let back = Deployment {
        reason: format!("{}rolling back to deploymentId {id}.", cause.rollout_reason()),
        status: DeploymentStatus::Primary,
        created_at: if reused { completed.created_at } else { now },
        updated_at: now,
        rollout: RolloutState::InProgress,
        failed_tasks: 0,
        breaker_failures: 0,
        has_run: false,
        back_off: BackOff::default(),
        is_rollback: true,
        bakes_until: None,
        watches_alarms: false,
        id: id.clone(),
        ..completed.clone()
    };
    for deployment in &mut service.deployments {
        deployment.status = DeploymentStatus::Active;
    }
    service.deployments.retain(|deployment| deployment.id != completed.id);
    for task in world.tasks.values_mut() {
        if task.deployment.as_ref() == Some(&completed.id) {
            task.deployment = Some(id.clone());
        }
    }
    service.task_definition.clone_from(&back.task_definition);
    for (member, value) in &back.settings {
        service.settings.insert(member.clone(), value.clone());
    }
    let text = format!("(service {}) rolling back to deployment {id}.", service.key.name);
    service.events.say(&mut world.ids, now, text);
    if let Some(current) = service.active_deployment_mut() {
        current.status = ServiceDeploymentStatus::RollbackInProgress;
        current.status_reason = Some(cause.deployment_reason().to_owned());
        current.rollback = Some(Rollback {
            reason: cause.deployment_reason().to_owned(),
            started_at: now,
            revision_arn: back.revision_arn.clone(),
        });
    }
    service.deployments.insert(0, back);
    wake::look_soon(world, service, now);
}
