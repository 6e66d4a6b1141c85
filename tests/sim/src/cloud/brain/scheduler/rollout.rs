//! Deployments of a service: how they begin, are superseded and complete. Owns their
//! bookkeeping in `deployments`, service deployments and service revisions.

use super::{breaker, native, shift, stopping, wake};
use crate::cloud::brain::body;
use crate::cloud::brain::state::{
    BackOff, BreakerStatus, Deployment, DeploymentStatus, Lifecycle, RolloutState, Service,
    ServiceDeployment, ServiceDeploymentStatus, ServiceRevision, ServiceStatus, Stage, Stop, World,
};
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value, json};

/// Members of a service that belong to its revision: a change of one starts a deployment.
const REVISION_MEMBERS: [&str; 10] = [
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "platformFamily",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// The settings that belong to a revision.
pub(crate) fn revision_settings(settings: &Map<String, Value>) -> Map<String, Value> {
    settings
        .iter()
        .filter(|(member, _)| REVISION_MEMBERS.contains(&member.as_str()))
        .map(|(member, value)| (member.clone(), value.clone()))
        .collect()
}

/// Begins a new deployment of what the service now wants; one that is going on is superseded.
pub(crate) fn begin(world: &mut World, service: &mut Service, now: SimTime) {
    let number = world.ids.number();
    let place = format!("{}/{}", service.key.cluster, service.key.name);
    let revision_arn = world.ids.ecs(&format!("service-revision/{place}/{number}"));
    let sources = sources(service);
    let live_groups = shift::groups_to_come(service);
    let lifecycle = native::is_native(service).then(|| Lifecycle::new(now));
    supersede(world, service, now);
    let id = format!("ecs-svc/{number}");
    let deployment = Deployment {
        reason: format!("ECS deployment {id} in progress."),
        status: DeploymentStatus::Primary,
        revision_arn: revision_arn.clone(),
        task_definition: service.task_definition.clone(),
        settings: revision_settings(&service.settings),
        live_groups: live_groups.clone(),
        created_at: now,
        updated_at: now,
        rollout: RolloutState::InProgress,
        failed_tasks: 0,
        breaker_failures: 0,
        has_run: false,
        back_off: BackOff::default(),
        is_rollback: false,
        bakes_until: None,
        watches_alarms: watches_alarms(world, service),
        id: id.clone(),
    };
    service.deployments.insert(0, deployment);
    service.revisions.push(ServiceRevision {
        arn: revision_arn.clone(),
        created_at: now,
        task_definition: service.task_definition.clone(),
        settings: revision_settings(&service.settings),
        live_groups,
        images: images(world, &service.task_definition),
    });
    let word = world.ids.word(21);
    let (enabled, _) = breaker::setting(service);
    service.service_deployments.push(ServiceDeployment {
        arn: world.ids.ecs(&format!("service-deployment/{place}/{word}")),
        deployment_id: id,
        status: ServiceDeploymentStatus::Pending,
        status_reason: None,
        created_at: now,
        started_at: None,
        finished_at: None,
        stopped_at: None,
        updated_at: now,
        target_revision: revision_arn,
        source_revisions: sources,
        rollback: None,
        breaker: if enabled { BreakerStatus::Monitoring } else { BreakerStatus::Disabled },
        breaker_counts: (0, breaker::threshold(service)),
        triggered_alarms: Vec::new(),
        lifecycle,
        configuration: service
            .settings
            .get("deploymentConfiguration")
            .cloned()
            .unwrap_or_else(|| json!({})),
        final_counts: None,
    });
    service.events.resolved("");
    wake::look_soon(world, service, now);
}

/// Revisions that have tasks when a deployment begins.
fn sources(service: &Service) -> Vec<String> {
    service.deployments.iter().map(|deployment| deployment.revision_arn.clone()).collect()
}

/// Containers and images of a task definition; digests come when a task has pulled.
fn images(world: &World, task_definition: &str) -> Vec<(String, String, Option<String>)> {
    world
        .task_definition(task_definition)
        .into_iter()
        .flat_map(|definition| definition.containers())
        .map(|container| {
            let text = |member| body::text(container, member).unwrap_or_default().to_owned();
            let image = text("image");
            let digest = image.split_once('@').map(|(_, digest)| digest.to_owned());
            (text("name"), image, digest)
        })
        .collect()
}

/// ECS ignores alarms that are in ALARM already when a deployment begins.
fn watches_alarms(world: &World, service: &Service) -> bool {
    let alarms = service.configuration("alarms");
    let names = body::texts(alarms, "alarmNames");
    body::flag(alarms, "enable")
        && !names.is_empty()
        && !names.iter().any(|name| world.is_raised(name))
}

/// The deployment that was going on is no longer the one.
fn supersede(world: &mut World, service: &mut Service, now: SimTime) {
    native::leave(world, service);
    for deployment in &mut service.deployments {
        deployment.status = DeploymentStatus::Active;
        deployment.updated_at = now;
    }
    let switches = &world.switches;
    if !switches.superseded_is_stopped || !switches.superseded_stops_at_once {
        return;
    }
    let counts = final_counts(world, service);
    if let Some(current) = service.active_deployment_mut() {
        stop_superseded(current, counts, now);
    }
}

fn stop_superseded(one: &mut ServiceDeployment, counts: (u32, u32, u32), now: SimTime) {
    one.status = ServiceDeploymentStatus::Stopped;
    one.status_reason =
        Some("Service deployment stopped because a newer one was started.".to_owned());
    finish(one, counts, now);
    one.stopped_at = Some(now);
}

/// Older service deployments that waited for the end of the newest.
pub(super) fn end_superseded(world: &World, service: &mut Service, now: SimTime) {
    if !world.switches.superseded_is_stopped {
        return;
    }
    let Some((_, older)) = service.service_deployments.split_last_mut() else { return };
    for one in older.iter_mut().filter(|one| !one.status.is_terminal()) {
        stop_superseded(one, (0, 0, 0), now);
    }
}

/// Ends a service deployment whose status is set.
pub(super) fn finish(deployment: &mut ServiceDeployment, counts: (u32, u32, u32), now: SimTime) {
    deployment.finished_at = Some(now);
    deployment.updated_at = now;
    deployment.final_counts = Some(counts);
    if deployment.breaker == BreakerStatus::Monitoring {
        deployment.breaker = BreakerStatus::MonitoringComplete;
    }
}

/// Requested, running and pending tasks of the revision that the last service deployment
/// rolls out.
pub(super) fn final_counts(world: &World, service: &Service) -> (u32, u32, u32) {
    let Some(current) = service.current() else { return (0, 0, 0) };
    let tasks = world.tasks_of(&service.key);
    let own = super::Counts::of(
        world,
        tasks
            .iter()
            .copied()
            .filter(|task| task.deployment.as_ref() == Some(&current.deployment_id)),
    );
    let is_primary = service.primary().is_some_and(|primary| primary.id == current.deployment_id);
    (if is_primary { service.desired } else { 0 }, own.running, own.pending)
}

/// Completes the primary deployment: every wanted task runs and is healthy, the old ones are
/// gone.
pub(super) fn complete(world: &mut World, service: &mut Service, now: SimTime) {
    service.deployments.retain(|deployment| deployment.status == DeploymentStatus::Primary);
    let counts = final_counts(world, service);
    let Some(primary) = service.primary_mut() else { return };
    primary.rollout = RolloutState::Completed;
    primary.reason = format!("ECS deployment {} completed.", primary.id);
    primary.updated_at = now;
    primary.bakes_until = None;
    let (id, was_rollback) = (primary.id.clone(), std::mem::take(&mut primary.is_rollback));
    service.last_completed = Some(primary.clone());
    if let Some(current) = service.active_deployment_mut() {
        current.status = if was_rollback {
            ServiceDeploymentStatus::RollbackSuccessful
        } else {
            ServiceDeploymentStatus::Successful
        };
        finish(current, counts, now);
    }
    end_superseded(world, service, now);
    let name = &service.key.name;
    let text = format!("(service {name}) (deployment {id}) deployment completed.");
    service.events.say(&mut world.ids, now, text);
}

/// Deletes a service: all its tasks are stopped.
pub(crate) fn drain(world: &mut World, service: &mut Service, now: SimTime) {
    service.status = ServiceStatus::Draining;
    service.desired = 0;
    let ids: Vec<String> =
        world.tasks_of(&service.key).iter().map(|task| task.id.clone()).collect();
    for id in ids {
        let reason = "Service deleted".to_owned();
        stopping::stop(world, &id, Stop { code: "ServiceSchedulerInitiated", reason }, now);
    }
    let counts = final_counts(world, service);
    if let Some(current) = service.active_deployment_mut() {
        current.status = ServiceDeploymentStatus::Stopped;
        current.status_reason = Some("Service deleted.".to_owned());
        finish(current, counts, now);
    }
    wake::look_soon(world, service, now);
}

/// A deleted service is INACTIVE when its last task is gone.
pub(super) fn finish_drain(world: &World, service: &mut Service) {
    if world.tasks_of(&service.key).iter().all(|task| task.stage == Stage::Stopped) {
        service.status = ServiceStatus::Inactive;
        service.deployments.clear();
    }
}
