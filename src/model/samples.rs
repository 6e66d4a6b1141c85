//! Small worlds for tests of the pure modules.

use super::{
    AfterFull, BreakerSetting, ClusterName, CommitSha, CountRule, Course, DeploymentArn,
    DeploymentId, Goal, HealthyPercents, Knowledge, LiveTaskDefinition, Observed, ObservedService,
    OlderRule, OnCancel, ReleaseIdentity, RollingDeployment, RolloutState, ServiceDeployment,
    ServiceDeploymentStatus, ServiceEvent, ServiceName, ServiceState, ServiceWanted, TaskDefArn,
    TaskDefinitionSpec, Timestamp, Wanted, tag_keys,
};
use serde_json::json;
use std::collections::BTreeMap;

/// A second of the test's day.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((1_000_000 + seconds) * 1000)
}

/// `web:7` and so on, of family `web`.
pub(crate) fn revision(number: u64) -> TaskDefArn {
    TaskDefArn::new(format!("arn:aws:ecs:eu-west-1:111122223333:task-definition/web:{number}"))
}

/// A service deployment's ARN.
pub(crate) fn arn(name: &str) -> DeploymentArn {
    DeploymentArn::new(format!(
        "arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/web/{name}"
    ))
}

/// An entry of `deployments`: id `ecs-svc/N` for revision N.
pub(crate) fn rolling(status: &str, number: u64, rollout: RolloutState) -> RollingDeployment {
    RollingDeployment {
        id: DeploymentId::new(format!("ecs-svc/{number}")),
        status: status.to_owned(),
        task_definition: revision(number),
        desired: 3,
        running: 3,
        pending: 0,
        failed: 0,
        rollout,
        reason: None,
        created_at: Some(at(i64::try_from(number).unwrap() * 10)),
    }
}

/// Service `web` with these entries; the first one is what it wants.
pub(crate) fn service(deployments: Vec<RollingDeployment>) -> ServiceState {
    ServiceState {
        name: ServiceName::new("web"),
        arn: "arn:aws:ecs:eu-west-1:111122223333:service/prod/web".to_owned(),
        status: "ACTIVE".to_owned(),
        desired: deployments[0].desired,
        running: deployments.iter().map(|one| one.running).sum(),
        pending: deployments.iter().map(|one| one.pending).sum(),
        task_definition: deployments[0].task_definition.clone(),
        deployments,
        current_deployment: None,
        events: Vec::new(),
        load_balancers: Vec::new(),
        percents: HealthyPercents { minimum: 100, maximum: 200 },
        controller: Some("ECS".to_owned()),
        strategy: None,
        scheduling: "REPLICA".to_owned(),
        breaker: BreakerSetting { enabled: true, rollback: true },
        health_grace_seconds: None,
        alarms: Vec::new(),
        tags: BTreeMap::new(),
    }
}

/// An event.
pub(crate) fn event(id: &str, message: &str) -> ServiceEvent {
    ServiceEvent { id: id.to_owned(), at: at(0), message: format!("(service web) {message}") }
}

/// Service deployment `name` of revision `number`, made ten seconds after the one before.
pub(crate) fn deployment(
    name: &str,
    number: u64,
    status: ServiceDeploymentStatus,
) -> ServiceDeployment {
    ServiceDeployment {
        arn: arn(name),
        status,
        status_reason: None,
        created_at: at(i64::try_from(number).unwrap() * 10),
        finished_at: None,
        target_revision: None,
        target_task_definition: Some(revision(number)),
        target_tasks: (3, 0, 0),
        breaker: None,
        rollback_reason: None,
        triggered_alarms: Vec::new(),
        lifecycle: None,
    }
}

/// The content of revision `number`: its own image.
pub(crate) fn spec(number: u64) -> TaskDefinitionSpec {
    let image = format!("registry.example/web@sha256:{number:0>64}");
    let body = json!({
        "family": "web",
        "containerDefinitions": [{ "name": "web", "image": image, "memory": 128 }],
    });
    TaskDefinitionSpec::new(body.as_object().unwrap().clone())
}

/// A registered revision with the tags of commit and pipeline `number`.
pub(crate) fn live(number: u64) -> LiveTaskDefinition {
    let mut described = spec(number).body().clone();
    described.insert("status".to_owned(), json!("ACTIVE"));
    let tags = identity(number).tags();
    LiveTaskDefinition { arn: revision(number), active: true, described, tags }
}

/// Commit and pipeline `number`.
pub(crate) fn identity(number: u64) -> ReleaseIdentity {
    ReleaseIdentity {
        commit: Some(CommitSha::new(format!("{number:0>40}"))),
        pipeline: Some(number),
        job: Some(1000 + number),
        ..ReleaseIdentity::default()
    }
}

/// A service that was seen with `state`, these deployments and revisions.
pub(crate) fn seen(
    state: Option<ServiceState>,
    deployments: Vec<ServiceDeployment>,
    revisions: &[u64],
) -> ObservedService {
    let running = state.as_ref().and_then(|state| state.task_definition.revision());
    let mut revisions: Vec<u64> = revisions.to_vec();
    revisions.sort_unstable_by(|one, other| other.cmp(one));
    let task_definition = running.map(|number| {
        let mut running = live(number);
        running.tags.insert(tag_keys::SUCCEEDED.to_owned(), at(0).to_string());
        running
    });
    ObservedService {
        task_definition,
        state,
        deployments: Knowledge::Known(deployments),
        revisions: Knowledge::Known(revisions.into_iter().map(live).collect()),
    }
}

/// A look at service `web`.
pub(crate) fn look(web: ObservedService) -> Observed {
    Observed {
        at: at(1000),
        cluster_found: true,
        services: BTreeMap::from([(ServiceName::new("web"), web)]),
        target_groups: BTreeMap::new(),
        rule: None,
        scaling: BTreeMap::new(),
    }
}

/// The wish to release `number` to service `web`, without a canary.
pub(crate) fn wanted(goal: Goal, number: u64) -> Wanted {
    let needs_task = !matches!(goal, Goal::Rollback(_) | Goal::Scale);
    Wanted {
        goal,
        cluster: ClusterName::new("prod"),
        full: Some(ServiceWanted {
            task: needs_task.then(|| spec(number)),
            container: Some("web".to_owned()),
            written_image: Some(format!("registry.example/web:{number}")),
            ..ServiceWanted::of_count(ServiceName::new("web"), CountRule::AtCreate(3))
        }),
        canary: None,
        identity: identity(number),
        after_full: AfterFull::Keep,
        course: Course::default(),
        on_cancel: OnCancel::Stop.into(),
        older: OlderRule::Refuse,
        deadline: at(100_000),
    }
}
