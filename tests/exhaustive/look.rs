//! The abstract cloud as the program sees it.

use crate::cloud::{Cloud, Motion, Revision, Right, Service, Side, Status};
use crate::scaling;
use crate::world::{self, World};
use ecs_canary::journal::ScalingNote;
use ecs_canary::model::{
    BreakerSetting, DeploymentArn, DeploymentId, HealthyPercents, Knowledge, ListenerRule,
    LiveTaskDefinition, Observed, ObservedService, RollingDeployment, RolloutState,
    ServiceDeployment, ServiceDeploymentStatus, ServiceName, ServiceState, TargetGroupArn,
    TargetHealth, TaskDefArn, Timestamp, Traffic, tag_keys,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// The day on which everything happens, in seconds since 1970.
const DAY: i64 = 1_790_000_000;

/// What one look shows: services and deployments may be of different ages.
pub(crate) struct View<'a> {
    pub services: &'a Cloud,
    /// What else is looked at beside the services: their deployments, their autoscaling.
    pub deployments: &'a Cloud,
    /// Autoscaling cannot be looked at.
    pub is_blind: bool,
    pub now: i64,
}

pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_millis((DAY + seconds) * 1000)
}

pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.as_seconds() - DAY
}

pub(crate) fn name(side: Side) -> ServiceName {
    ServiceName::new(word(side))
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Full => "release",
        Side::Canary => "canary",
    }
}

pub(crate) fn side(name: &ServiceName) -> Side {
    if name.as_str() == "release" { Side::Full } else { Side::Canary }
}

pub(crate) fn task_definition(side: Side, number: u8) -> TaskDefArn {
    TaskDefArn::new(format!("arn:aws:ecs:eu-west-1:1:task-definition/{}:{number}", word(side)))
}

pub(crate) fn deployment_arn(side: Side, id: u8) -> DeploymentArn {
    DeploymentArn::new(format!("arn:aws:ecs:eu-west-1:1:service-deployment/c/{}/{id}", word(side)))
}

pub(crate) fn service_arn(side: Side) -> String {
    format!("arn:aws:ecs:eu-west-1:1:service/c/{}", word(side))
}

/// The number at the end of a name: of a revision, of a deployment.
pub(crate) fn last_number(text: &str) -> u8 {
    text.rsplit([':', '/']).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

pub(crate) fn observed(view: &View<'_>, world: &World) -> Observed {
    let services = [Side::Full, Side::Canary].map(|side| (name(side), one(view, side)));
    Observed {
        at: time(view.now),
        cluster_found: true,
        services: BTreeMap::from(services),
        target_groups: targets(view.services, world),
        rule: rule(view.services, world),
        scaling: scaling::targets(view),
    }
}

/// Health of the full service's targets.
fn targets(
    cloud: &Cloud,
    world: &World,
) -> BTreeMap<TargetGroupArn, Knowledge<Option<Vec<TargetHealth>>>> {
    let Traffic::Weighted(traffic) = &world.wanted.course.traffic else { return BTreeMap::new() };
    let healthy = cloud.of(Side::Full).map_or(0, Service::healthy);
    let one = |number| TargetHealth {
        target: format!("i-{number}:80"),
        state: "healthy".to_owned(),
        reason: None,
        description: None,
    };
    let all = (0..healthy).map(one).collect();
    BTreeMap::from([(traffic.full.clone(), Knowledge::Known(Some(all)))])
}

fn rule(cloud: &Cloud, world: &World) -> Option<Knowledge<Option<ListenerRule>>> {
    let Traffic::Weighted(traffic) = &world.wanted.course.traffic else { return None };
    let (full, canary) = cloud.weights?;
    let groups = vec![(traffic.full.clone(), full), (traffic.canary.clone(), canary)];
    let arn = traffic.rule.clone();
    Some(Knowledge::Known(Some(ListenerRule { arn, is_default: false, groups, sticky: false })))
}

fn one(view: &View<'_>, side: Side) -> ObservedService {
    let Some(service) = view.services.of(side) else {
        return ObservedService {
            state: None,
            task_definition: None,
            deployments: Knowledge::Known(Vec::new()),
            revisions: Knowledge::Known(revisions(view.services, side)),
        };
    };
    let running = view.services.revision(side, service.revision);
    ObservedService {
        state: Some(state(service, side)),
        task_definition: running.map(live),
        deployments: deployments(view, side),
        revisions: Knowledge::Known(revisions(view.services, side)),
    }
}

fn deployments(view: &View<'_>, side: Side) -> Knowledge<Vec<ServiceDeployment>> {
    if view.deployments.may(Right::ReadDeployments) {
        Knowledge::Known(listed(view.deployments, side))
    } else {
        Knowledge::CouldNotTell("denied".to_owned())
    }
}

/// Service deployments, newest first.
pub(crate) fn listed(cloud: &Cloud, side: Side) -> Vec<ServiceDeployment> {
    let all = cloud.of(side).into_iter().flat_map(|service| &service.deployments).rev();
    let shown = all.map(|one| ServiceDeployment {
        arn: deployment_arn(side, one.id),
        status: status(one.status),
        status_reason: None,
        created_at: time(one.at),
        finished_at: None,
        target_revision: None,
        target_task_definition: Some(task_definition(side, one.revision)),
        target_tasks: (0, 0, 0),
        breaker: (one.status == Status::Stopped
            && cloud.of(side).is_some_and(|service| service.motion == Motion::Stuck))
        .then_some((2, 2)),
        rollback_reason: None,
        triggered_alarms: Vec::new(),
        lifecycle: None,
    });
    shown.collect()
}

fn status(status: Status) -> ServiceDeploymentStatus {
    match status {
        Status::InProgress => ServiceDeploymentStatus::InProgress,
        Status::Successful => ServiceDeploymentStatus::Successful,
        Status::Stopped => ServiceDeploymentStatus::Stopped,
        Status::RollbackInProgress => ServiceDeploymentStatus::RollbackInProgress,
        Status::RollbackSuccessful => ServiceDeploymentStatus::RollbackSuccessful,
        Status::RollbackFailed => ServiceDeploymentStatus::RollbackFailed,
    }
}

/// Revisions of a family, newest first.
fn revisions(cloud: &Cloud, side: Side) -> Vec<LiveTaskDefinition> {
    cloud.revisions.iter().rev().filter(|one| one.side == side).map(live).collect()
}

thread_local! {
    /// Every look shows the same few revisions: each is made once.
    static MADE: RefCell<HashMap<Revision, LiveTaskDefinition>> = RefCell::default();
}

pub(crate) fn live(revision: &Revision) -> LiveTaskDefinition {
    let known = MADE.with_borrow(|made| made.get(revision).cloned());
    known.unwrap_or_else(|| {
        let made = made(revision);
        MADE.with_borrow_mut(|all| all.insert(revision.clone(), made.clone()));
        made
    })
}

fn made(revision: &Revision) -> LiveTaskDefinition {
    let spec = world::spec(word(revision.side), revision.version);
    let mut tags = revision.by.map(|by| world::identity(by).tags()).unwrap_or_default();
    if let Some(at) = revision.succeeded {
        tags.insert(tag_keys::SUCCEEDED.to_owned(), time(at).to_string());
    }
    LiveTaskDefinition {
        arn: task_definition(revision.side, revision.number),
        active: revision.active,
        described: spec.body().clone(),
        tags,
    }
}

pub(crate) fn state(service: &Service, side: Side) -> ServiceState {
    let (running, pending, entries) = entries(service, side);
    let mut tags = service.record.as_ref().map(|record| record.tags()).unwrap_or_default();
    let intent = service.intent.clone().map(|text| (tag_keys::ROLLBACK.to_owned(), text));
    tags.extend(intent);
    tags.extend(service.scaling_note.iter().flat_map(ScalingNote::tags));
    ServiceState {
        name: name(side),
        arn: service_arn(side),
        strategy: None,
        status: "ACTIVE".to_owned(),
        desired: u32::from(service.desired),
        running,
        pending,
        task_definition: task_definition(side, service.revision),
        deployments: entries,
        current_deployment: service.deployments.last().map(|one| deployment_arn(side, one.id)),
        events: Vec::new(),
        load_balancers: Vec::new(),
        percents: if service.in_place {
            HealthyPercents { minimum: 0, maximum: 100 }
        } else {
            HealthyPercents { minimum: 100, maximum: 200 }
        },
        controller: None,
        scheduling: "REPLICA".to_owned(),
        breaker: BreakerSetting { enabled: true, rollback: true },
        health_grace_seconds: None,
        alarms: Vec::new(),
        tags,
    }
}

/// Running and pending tasks, and the entries of `deployments`.
fn entries(service: &Service, side: Side) -> (u32, u32, Vec<RollingDeployment>) {
    let desired = u32::from(service.desired);
    let entry = |status: &str, id: u8, revision: u8, rollout: RolloutState| RollingDeployment {
        id: DeploymentId::new(format!("ecs-svc/{id}")),
        status: status.to_owned(),
        task_definition: task_definition(side, revision),
        desired,
        running: desired,
        pending: 0,
        failed: 0,
        rollout,
        reason: None,
        created_at: None,
    };
    let primary = |rollout| entry("PRIMARY", service.primary, service.revision, rollout);
    match service.motion {
        Motion::Still => {
            let running = u32::from(service.running);
            (running, desired.saturating_sub(running), vec![primary(RolloutState::Completed)])
        }
        Motion::Rolling { from, healthy, failures } => {
            let mut ours = primary(RolloutState::InProgress);
            ours.running = u32::from(healthy);
            ours.pending = desired - u32::from(healthy).min(desired);
            ours.failed = u32::from(failures);
            let mut old =
                from.map(|from| entry("ACTIVE", service.before, from, RolloutState::Completed));
            old.iter_mut().filter(|_| service.in_place).for_each(|old| old.running = 0);
            let before = old.as_ref().map_or(0, |old| old.running);
            let pending = ours.pending;
            (before + u32::from(healthy), pending, std::iter::once(ours).chain(old).collect())
        }
        Motion::GoingBack { failed, .. } => {
            let id = service.before;
            let mut failed = entry("ACTIVE", id, failed, RolloutState::Failed);
            let mut back = primary(RolloutState::InProgress);
            if service.in_place {
                failed.running = 0;
                back.running = u32::from(service.healthy());
            }
            (back.running, desired - back.running, vec![back, failed])
        }
        Motion::Stuck => (0, 0, vec![primary(RolloutState::Failed)]),
    }
}
