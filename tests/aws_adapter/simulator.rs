//! The adapter against the simulated account: another reading of the same API.

use crate::{access, object};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ecs_canary::aws::{AwsAccess, AwsCloud, Patience, connect};
use ecs_canary::model::{
    CallErrorKind, ClusterName, ServiceDeployment, ServiceDeploymentStatus, ServiceName,
    ServiceRequest, TargetGroupArn, TaskDefArn, TaskDefinitionSpec,
};
use ecs_canary::ports::{DeploymentFilter, Ecs as _, LoadBalancer as _};
use ecs_sim::cloud::{
    CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, EXAMPLE_REGION, EXAMPLE_TARGET_GROUP, Fault,
    FaultKind, Role, SimCloud, SimCloudHandle, SimOptions, WebIdentityTrust,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) fn to(sim: &SimCloudHandle) -> AwsAccess {
    let mut access = access(sim.endpoint.clone());
    access.region = Some(EXAMPLE_REGION.to_owned());
    access.variables.insert("AWS_ACCESS_KEY_ID".to_owned(), EXAMPLE_ACCESS_KEY.to_owned());
    access.variables.remove("AWS_SESSION_TOKEN");
    access.patience = Patience { change: Duration::from_secs(3), ..access.patience };
    access
}

fn cluster() -> ClusterName {
    ClusterName::new(EXAMPLE_CLUSTER)
}

fn web() -> ServiceName {
    ServiceName::new("release")
}

pub(crate) async fn register(cloud: &AwsCloud, version: &str) -> TaskDefArn {
    let spec = TaskDefinitionSpec::new(object(json!({
        "family": "web",
        "containerDefinitions": [{
            "name": "web", "image": format!("registry.example/app:{version}"), "memory": 128,
            "essential": true, "portMappings": [{"containerPort": 80, "hostPort": 0}],
        }],
    })));
    let tags = BTreeMap::from([("ecs-canary:commit".to_owned(), version.to_owned())]);
    let live = cloud.register(&spec, &tags).await.unwrap();
    assert_eq!(live.tags, tags);
    live.arn
}

pub(crate) fn create(revision: &TaskDefArn) -> ServiceRequest {
    ServiceRequest::new(object(json!({
        "cluster": EXAMPLE_CLUSTER, "serviceName": "release", "desiredCount": 3,
        "taskDefinition": revision.as_str(), "clientToken": "job-1",
        "loadBalancers": [
            {"targetGroupArn": EXAMPLE_TARGET_GROUP, "containerName": "web", "containerPort": 80}],
        "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": true, "rollback": true}},
    })))
}

fn update(revision: &TaskDefArn) -> ServiceRequest {
    let body: Value = json!({
        "cluster": EXAMPLE_CLUSTER, "service": "release", "taskDefinition": revision.as_str()});
    ServiceRequest::new(object(body))
}

/// The newest service deployment, after so much virtual time that it has ended.
pub(crate) async fn ended(sim: &SimCloudHandle, cloud: &AwsCloud) -> ServiceDeployment {
    for _ in 0..100 {
        let filter = DeploymentFilter::default();
        let seen = cloud.service_deployments(&cluster(), &web(), filter).await.unwrap();
        if let Some(newest) = seen.value.first().filter(|newest| newest.status.is_terminal()) {
            return newest.clone();
        }
        sim.jump(Duration::from_secs(10));
    }
    panic!("no end in sight");
}

#[tokio::test]
async fn a_service_lives_from_its_first_revision_to_its_end() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    let first = register(&cloud, "1.0.0").await;
    let created = cloud.create_service(&create(&first)).await.unwrap();
    assert_eq!((created.value.desired, created.value.running), (3, 0));
    let done = ended(&sim, &cloud).await;
    assert_eq!(done.status, ServiceDeploymentStatus::Successful);
    assert_eq!(done.target_task_definition.as_ref(), Some(&first));

    let seen = cloud.services(&cluster(), &[web()]).await.unwrap();
    let release = seen.value[0].as_ref().unwrap();
    assert_eq!((release.running, release.pending), (3, 0));
    assert!(release.breaker.rollback && !release.events.is_empty());
    assert_eq!(release.current_deployment.as_ref(), Some(&done.arn));
    let health = cloud.target_health(&TargetGroupArn::new(EXAMPLE_TARGET_GROUP)).await.unwrap();
    assert!(health.len() == 3 && health.iter().all(|target| target.state == "healthy"));

    let second = register(&cloud, "2.0.0").await;
    cloud.update_service(&update(&second)).await.unwrap();
    sim.jump(Duration::from_secs(10));
    let filter = DeploymentFilter { created_after: Some(seen.at), limit: 0 };
    let seen = cloud.service_deployments(&cluster(), &web(), filter).await.unwrap();
    let [ours] = seen.value.as_slice() else { panic!("{:?}", seen.value) };
    assert_eq!(ours.target_task_definition.as_ref(), Some(&second));
    cloud.stop_deployment(&ours.arn).await.unwrap();
    let stopped = ended(&sim, &cloud).await;
    assert_ne!(stopped.status, ServiceDeploymentStatus::Successful);
    let asked = cloud.service_deployment(&ours.arn).await.unwrap().unwrap();
    assert_eq!(asked.status, stopped.status);
    let stopped = cloud.stopped_tasks(&cluster(), &web()).await.unwrap();
    assert!(stopped.iter().any(|task| task.task_definition == second), "{stopped:?}");

    assert_eq!(cloud.revisions("web", 9).await.unwrap(), [second.clone(), first]);
    let more = BTreeMap::from([("ecs-canary:job".to_owned(), "7".to_owned())]);
    cloud.tag(second.as_str(), &more).await.unwrap();
    let live = cloud.task_definition("web").await.unwrap().unwrap();
    assert_eq!((live.arn, live.tags.len()), (second, 2));
    cloud.delete_service(&cluster(), &web()).await.unwrap();
    sim.jump(Duration::from_secs(120));
    assert_eq!(cloud.services(&cluster(), &[web()]).await.unwrap().value, [None]);
    assert_eq!(cloud.task_definition("nobody").await.unwrap(), None);
    assert_eq!(sim.unknown_actions(), Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_answer_of_a_change_that_was_made_is_told_and_nothing_is_made_twice() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    let first = register(&cloud, "1.0.0").await;
    cloud.create_service(&create(&first)).await.unwrap();
    for kind in [FaultKind::Close { applied: true }, FaultKind::NoAnswer { applied: true }] {
        let next = register(&cloud, "2.0.0").await;
        let before = sim.changes().len();
        sim.fault(Fault::times("UpdateService", 1, kind.clone()));
        let error = cloud.update_service(&update(&next)).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::NoAnswer, "{error}");
        assert_eq!(sim.changes().len(), before + 1);
        let seen = cloud.services(&cluster(), &[web()]).await.unwrap();
        assert_eq!(seen.value[0].as_ref().unwrap().task_definition, next);
    }
    sim.fault(Fault::times("RegisterTaskDefinition", 1, FaultKind::Close { applied: true }));
    let spec = TaskDefinitionSpec::new(object(json!({"family": "web",
        "containerDefinitions": [{"name": "web", "image": "x", "memory": 4}]})));
    let error = cloud.register(&spec, &BTreeMap::new()).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
    assert_eq!(cloud.revisions("web", 9).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_makes_one_service() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    let first = register(&cloud, "1.0.0").await;
    sim.fault(Fault::times("CreateService", 1, FaultKind::Close { applied: true }));
    let created = cloud.create_service(&create(&first)).await.unwrap();
    assert_eq!(created.value.name, web());
    assert_eq!(sim.services().len(), 1);
}

#[tokio::test]
async fn refusals_of_the_account_are_told_apart() {
    let sim = SimCloud::start(SimOptions::at_speed(60.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    let first = register(&cloud, "1.0.0").await;
    cloud.create_service(&create(&first)).await.unwrap();
    let table = [
        (FaultKind::Deny, CallErrorKind::Denied, 1),
        (FaultKind::ExpiredToken, CallErrorKind::Credentials, 1),
        (FaultKind::MissingAction, CallErrorKind::Unsupported, 1),
        (FaultKind::Throttle, CallErrorKind::Throttled, 10),
        (FaultKind::ServerError { status: 500 }, CallErrorKind::NoAnswer, 1),
    ];
    for (fault, kind, sent) in table {
        let before = sim.changes().len();
        sim.fault(Fault::times("UpdateService", sent, fault.clone()));
        let error = cloud.update_service(&update(&first)).await.unwrap_err();
        assert_eq!(error.kind, kind, "{fault:?}: {error}");
        assert_eq!(sim.changes().len() - before, sent as usize, "{fault:?}");
    }
    sim.fault(Fault::times("UpdateService", 4, FaultKind::Throttle));
    cloud.update_service(&update(&first)).await.unwrap();
    let nowhere = ClusterName::new("nowhere");
    let error = cloud.services(&nowhere, &[web()]).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NotFound);
    let error = cloud.target_health(&TargetGroupArn::new("arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/none/0123456789abcdef")).await;
    assert_eq!(error.unwrap_err().kind, CallErrorKind::NotFound);
    let mut stranger = to(&sim);
    stranger.variables.insert("AWS_ACCESS_KEY_ID".to_owned(), "AKIASTRANGER".to_owned());
    let error = connect(&stranger).await.unwrap().caller_identity().await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Credentials);
}

#[tokio::test]
async fn a_token_that_the_role_trusts_opens_the_account_and_another_does_not() {
    let role = Role {
        arn: "arn:aws:iam::111122223333:role/deploy".to_owned(),
        allow: vec!["ecs:*".to_owned()],
        trusted: Vec::new(),
        web_identity: Some(WebIdentityTrust {
            issuer: "https://gitlab.example".to_owned(),
            audience: "https://aws".to_owned(),
            subject: "project_id:7:*".to_owned(),
        }),
    };
    let cloud = CloudOptions { roles: vec![role], ..CloudOptions::default() };
    let sim = SimCloud::start(SimOptions { cloud, ..SimOptions::at_speed(1.0) }).await.unwrap();
    let with = |subject: &str| {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({"iss": "https://gitlab.example", "aud": "https://aws",
            "sub": subject, "exp": 4_102_444_800_u64});
        let head = json!({"alg": "RS256", "typ": "JWT"});
        let token = format!("{}.{}.c2ln", part(head), part(claims));
        let mut access = to(&sim);
        access.variables = [
            ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/deploy"),
            ("AWS_WEB_IDENTITY_TOKEN", token.as_str()),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
        access
    };
    let cloud = connect(&with("project_id:7:ref_type:tag:ref:1.0.0")).await.unwrap();
    let identity = cloud.caller_identity().await.unwrap();
    assert!(identity.arn.contains(":assumed-role/deploy/group-project-1-2"), "{}", identity.arn);
    cloud.services(&cluster(), &[web()]).await.unwrap();
    let other = connect(&with("project_id:8:ref_type:tag:ref:1.0.0")).await.unwrap();
    let error = other.services(&cluster(), &[web()]).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Denied, "{error}");
    assert_eq!(error.operation, "sts:AssumeRoleWithWebIdentity");
}
