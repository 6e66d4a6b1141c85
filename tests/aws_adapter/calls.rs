//! What is sent and what is made of the answers.

use crate::recorder::{Recorder, Reply};
use crate::{SECRET, access, cloud, object, ok, refusal, signature};
use ecs_canary::aws::connect;
use ecs_canary::model::{
    CallErrorKind, ClusterName, DeploymentArn, RolloutState, ServiceDeploymentStatus, ServiceName,
    ServiceRequest, TargetGroupArn, TaskDefinitionSpec, Timestamp,
};
use ecs_canary::ports::{DeploymentFilter, Ecs as _, LoadBalancer as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn prod() -> ClusterName {
    ClusterName::new("prod")
}

fn service(name: &str) -> Value {
    json!({
        "serviceName": name, "serviceArn": format!("arn:aws:ecs:r:1:service/prod/{name}"),
        "status": "ACTIVE", "desiredCount": 3, "runningCount": 2, "pendingCount": 1,
        "taskDefinition": "arn:aws:ecs:r:1:task-definition/web:42",
    })
}

#[tokio::test]
async fn register_sends_every_member_and_signs_it() {
    let answer = json!({
        "taskDefinition": {
            "taskDefinitionArn": "arn:aws:ecs:r:1:task-definition/web:7", "family": "web",
            "status": "ACTIVE", "memberOfTomorrow": {"deep": [1, 2.5]},
        },
        "tags": [{"key": "k", "value": "v"}],
    });
    let recorder = Recorder::start(vec![ok(&answer)]);
    let spec = TaskDefinitionSpec::new(object(json!({
        "family": "web",
        "containerDefinitions": [{"name": "web", "image": "app@sha256:0", "newKnob": true}],
        "memberOfTomorrow": {"deep": [1, 2.5]},
        "tags": [{"key": "own", "value": "1"}, {"key": "k", "value": "old"}],
    })));
    let tags = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    let live = cloud(&recorder).await.register(&spec, &tags).await.unwrap();

    let request = &recorder.requests()[0];
    let mut wanted = Value::Object(spec.body().clone());
    wanted["tags"] = json!([{"key": "own", "value": "1"}, {"key": "k", "value": "v"}]);
    assert_eq!(request.json(), wanted);
    assert_eq!(request.action(), "RegisterTaskDefinition");
    assert_eq!(request.headers["content-length"], request.body.len().to_string());
    signature::check(request, SECRET);

    assert_eq!(live.arn.short(), "web:7");
    assert!(live.active);
    assert_eq!(live.described["memberOfTomorrow"], json!({"deep": [1, 2.5]}));
    assert_eq!(live.tags, tags);
}

#[tokio::test]
async fn create_and_update_send_exactly_the_given_body() {
    let recorder = Recorder::start(vec![ok(&json!({"service": service("release")}))]);
    let cloud = cloud(&recorder).await;
    let create = json!({"serviceName": "release", "desiredCount": 3, "ünknown": {"a": null}});
    let update = json!({"service": "release", "taskDefinition": "web:42"});
    let request = ServiceRequest::new(object(create.clone()));
    assert_eq!(cloud.create_service(&request).await.unwrap().value.desired, 3);
    let request = ServiceRequest::new(object(update.clone()));
    assert_eq!(cloud.update_service(&request).await.unwrap().value.pending, 1);
    let requests = recorder.requests();
    assert_eq!(recorder.actions(), ["CreateService", "UpdateService"]);
    assert_eq!([requests[0].json(), requests[1].json()], [create, update]);
    requests.iter().for_each(|request| signature::check(request, SECRET));
}

#[tokio::test]
async fn an_answer_that_leaves_a_service_out_is_no_answer() {
    for answer in [json!({}), json!({"services": [service("web")]})] {
        let recorder = Recorder::start(vec![ok(&answer)]);
        let names = ["web", "other"].map(ServiceName::new);
        let error = cloud(&recorder).await.services(&prod(), &names).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::NoAnswer);
        assert!(error.message.contains("is not one of ECS"), "{}", error.message);
    }
}

#[tokio::test]
async fn services_come_in_order_ten_a_call_with_the_time_of_aws() {
    let names: Vec<ServiceName> = (0..12).map(|n| ServiceName::new(format!("s{n}"))).collect();
    let mut second = service("s3");
    second["status"] = json!("INACTIVE");
    let missing =
        |n| json!({"arn": format!("arn:aws:ecs:r:1:service/prod/s{n}"), "reason": "MISSING"});
    let failures: Vec<Value> = [2, 4, 5, 6, 7, 8, 9].map(missing).into();
    let first = json!({"services": [service("s1"), service("s0"), second], "failures": failures});
    let date = "Mon, 23 Nov 2026 14:05:09 GMT";
    let last = json!({"services": [service("s11")], "failures": [missing(10)]}).to_string();
    let recorder = Recorder::start(vec![ok(&first), Reply::Dated(date.to_owned(), last)]);
    let seen = cloud(&recorder).await.services(&prod(), &names).await.unwrap();
    let found: Vec<usize> = (0..12).filter(|n| seen.value[*n].is_some()).collect();
    assert_eq!(found, [0, 1, 11]);
    assert_eq!(seen.at, "2026-11-23T14:05:09Z".parse::<Timestamp>().unwrap());
    let asked = recorder.requests();
    assert_eq!(asked[0].json()["services"].as_array().unwrap().len(), 10);
    assert_eq!(asked[0].json()["include"], json!(["TAGS"]));
    assert_eq!(asked[1].json()["services"], json!(["s10", "s11"]));
}

#[tokio::test]
async fn a_service_is_read_whole_and_unknown_words_keep_their_text() {
    let mut web = service("web");
    web["deployments"] = json!([
        {"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": "x/web:42", "desiredCount": 3,
         "failedTasks": 2, "rolloutState": "REWINDING", "rolloutStateReason": "why",
         "createdAt": 1_795_442_400.5},
        {"id": "ecs-svc/0", "status": "ACTIVE", "rolloutState": "COMPLETED"},
    ]);
    web["events"] = json!([{"id": "e1", "createdAt": 1_795_442_400, "message": "(service web) x"}]);
    web["loadBalancers"] = json!([
        {"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 80}]);
    web["deploymentConfiguration"] = json!({
        "minimumHealthyPercent": 50, "maximumPercent": 150,
        "deploymentCircuitBreaker": {"enable": true, "rollback": true}});
    web["deploymentController"] = json!({"type": "EXTERNAL"});
    web["schedulingStrategy"] = json!("SWARM");
    web["currentServiceDeployment"] = json!("arn:sd");
    web["healthCheckGracePeriodSeconds"] = json!(60);
    web["tags"] = json!([{"key": "a", "value": "b"}]);
    let recorder = Recorder::start(vec![ok(&json!({"services": [web]}))]);
    let seen = cloud(&recorder).await.services(&prod(), &[ServiceName::new("web")]).await;
    let web = seen.unwrap().value.remove(0).unwrap();
    let primary = web.primary().unwrap();
    assert_eq!(primary.rollout, RolloutState::Unknown("REWINDING".to_owned()));
    assert_eq!((primary.failed, primary.reason.as_deref()), (2, Some("why")));
    assert_eq!(primary.created_at, Some(Timestamp::from_millis(1_795_442_400_500)));
    assert_eq!(web.deployments[1].rollout, RolloutState::Completed);
    assert_eq!(web.controller.as_deref(), Some("EXTERNAL"));
    assert_eq!(web.scheduling, "SWARM");
    assert_eq!(web.percents.to_string(), "50/150");
    assert!(web.breaker.enabled && web.breaker.rollback);
    assert_eq!(web.load_balancers[0].target_group, Some(TargetGroupArn::new("arn:tg")));
    assert_eq!((web.load_balancers[0].port, web.health_grace_seconds), (80, Some(60)));
    assert_eq!(web.current_deployment, Some(DeploymentArn::new("arn:sd")));
    assert_eq!((web.events[0].id.as_str(), web.tags["a"].as_str()), ("e1", "b"));
}

#[tokio::test]
async fn a_task_definition_that_is_not_there_is_none() {
    let unknown = refusal("ClientException", "Unable to describe task definition.");
    let recorder = Recorder::start(vec![unknown]);
    assert_eq!(cloud(&recorder).await.task_definition("web").await.unwrap(), None);
    let wrong = Recorder::start(vec![refusal("ClientException", "something else")]);
    let error = cloud(&wrong).await.task_definition("web").await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Refused);
}

#[tokio::test]
async fn an_inactive_revision_is_marked() {
    let answer = json!({"taskDefinition": {"taskDefinitionArn": "x/web:7", "status": "INACTIVE"}});
    let recorder = Recorder::start(vec![ok(&answer)]);
    let live = cloud(&recorder).await.task_definition("web:7").await.unwrap().unwrap();
    assert!(!live.active);
    assert_eq!(recorder.requests()[0].json()["include"], json!(["TAGS"]));
}

#[tokio::test]
async fn revisions_are_of_exactly_this_family_newest_first() {
    let page = |arns: &[&str], next: Option<&str>| {
        let mut page = json!({"taskDefinitionArns": arns});
        if let Some(next) = next {
            page["nextToken"] = json!(next);
        }
        ok(&page)
    };
    let recorder = Recorder::start(vec![
        page(&["x/web-admin:9", "x/web:10", "x/web:9"], Some("more")),
        page(&["x/web:3"], None),
    ]);
    let found = cloud(&recorder).await.revisions("web", 3).await.unwrap();
    let short: Vec<&str> = found.iter().map(|arn| arn.short()).collect();
    assert_eq!(short, ["web:10", "web:9", "web:3"]);
    assert_eq!(recorder.requests()[0].json()["sort"], "DESC");
    assert_eq!(recorder.requests()[1].json()["nextToken"], "more");
}

#[tokio::test]
async fn an_empty_token_names_no_next_page() {
    let revisions = ok(&json!({"taskDefinitionArns": ["x/web:1"], "nextToken": ""}));
    let deployments = ok(&json!({"serviceDeployments": [], "nextToken": ""}));
    let recorder = Recorder::start(vec![revisions, deployments]);
    let cloud = cloud(&recorder).await;
    assert_eq!(cloud.revisions("web", 9).await.unwrap().len(), 1);
    let filter = DeploymentFilter { created_after: None, limit: 5 };
    let found = cloud.service_deployments(&prod(), &ServiceName::new("web"), filter).await;
    assert_eq!((found.unwrap().value.len(), recorder.requests().len()), (0, 2));
}

fn deployment(n: u32, revision: &str) -> Value {
    json!({
        "serviceDeploymentArn": format!("arn:sd/{n}"), "status": "IN_PROGRESS", "createdAt": n,
        "targetServiceRevision": {"arn": revision, "requestedTaskCount": 3, "runningTaskCount": 1},
        "deploymentCircuitBreaker": {"status": "MONITORING", "failureCount": 1, "threshold": 3},
    })
}

#[tokio::test]
async fn deployments_come_newest_first_with_their_task_definitions() {
    let mut old = deployment(1, "arn:rev/a");
    old["status"] = json!("REWOUND");
    old["rollback"] = json!({"reason": "alarm"});
    old["alarms"] = json!({"triggeredAlarmNames": ["5xx"]});
    let recorder = Recorder::start(vec![
        ok(&json!({"serviceDeployments": [
            {"serviceDeploymentArn": "arn:sd/1"}, {"serviceDeploymentArn": "arn:sd/2"}]})),
        ok(&json!({"serviceDeployments": [old, deployment(2, "arn:rev/b")]})),
        ok(&json!({"serviceRevisions": [
            {"serviceRevisionArn": "arn:rev/a", "taskDefinition": "x/web:1"},
            {"serviceRevisionArn": "arn:rev/b", "taskDefinition": "x/web:2"}]})),
        ok(&json!({"serviceDeployments": [deployment(2, "arn:rev/b")]})),
    ]);
    let cloud = cloud(&recorder).await;
    let created_after = Some(Timestamp::from_millis(1_795_442_400_000));
    let filter = DeploymentFilter { created_after, limit: 5 };
    let seen = cloud.service_deployments(&prod(), &ServiceName::new("web"), filter).await.unwrap();
    let first = &seen.value[0];
    assert_eq!(first.arn.as_str(), "arn:sd/2");
    assert_eq!(first.target_task_definition.as_ref().unwrap().short(), "web:2");
    assert_eq!((first.target_tasks, first.breaker), ((3, 1, 0), Some((1, 3))));
    let second = &seen.value[1];
    assert_eq!(second.status, ServiceDeploymentStatus::Unknown("REWOUND".to_owned()));
    assert_eq!(second.rollback_reason.as_deref(), Some("alarm"));
    assert_eq!(second.triggered_alarms, ["5xx"]);
    let asked = recorder.requests()[0].json();
    assert_eq!(asked["createdAt"]["after"], 1_795_442_400.0);
    assert_eq!(asked["maxResults"], 5);

    // A revision never changes: it is not asked for a second time.
    let again = cloud.service_deployment(&DeploymentArn::new("arn:sd/2")).await.unwrap().unwrap();
    assert_eq!(again.target_task_definition.unwrap().short(), "web:2");
    assert_eq!(recorder.actions().len(), 4);
}

#[tokio::test]
async fn denied_revisions_leave_the_task_definition_open_and_are_not_asked_again() {
    let described = ok(&json!({"serviceDeployments": [deployment(2, "arn:rev/b")]}));
    let denied = refusal("AccessDeniedException", "not authorized");
    let recorder = Recorder::start(vec![described.clone(), denied, described]);
    let cloud = cloud(&recorder).await;
    for _ in 0..2 {
        let found = cloud.service_deployment(&DeploymentArn::new("arn:sd/2")).await.unwrap();
        assert_eq!(found.unwrap().target_task_definition, None);
    }
    let calls = ["DescribeServiceDeployments", "DescribeServiceRevisions"];
    assert_eq!(recorder.actions(), [calls[0], calls[1], calls[0]]);
}

#[tokio::test]
async fn a_deployment_that_ecs_does_not_know_yet_is_none() {
    let answer = json!({"serviceDeployments": [],
        "failures": [{"arn": "arn:sd/9", "reason": "MISSING"}]});
    let recorder = Recorder::start(vec![ok(&answer)]);
    let found = cloud(&recorder).await.service_deployment(&DeploymentArn::new("arn:sd/9")).await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn stop_asks_for_a_rollback_and_delete_forces() {
    let stopped = ok(&json!({"serviceDeploymentArn": "arn:sd/2"}));
    let recorder = Recorder::start(vec![stopped, ok(&json!({"service": service("canary")}))]);
    let cloud = cloud(&recorder).await;
    cloud.stop_deployment(&DeploymentArn::new("arn:sd/2")).await.unwrap();
    cloud.delete_service(&prod(), &ServiceName::new("canary")).await.unwrap();
    let requests = recorder.requests();
    assert_eq!(requests[0].json()["stopType"], "ROLLBACK");
    assert_eq!(requests[1].json()["force"], true);
}

#[tokio::test]
async fn stopped_tasks_say_why_newest_first() {
    let task = |id: &str, at: u32| {
        json!({"taskArn": format!("arn:task/prod/{id}"), "stoppedAt": at, "stopCode": "TaskDied",
            "stoppedReason": "Essential container in task exited",
            "taskDefinitionArn": "x/web:42",
            "containers": [{"name": "web", "exitCode": 137, "reason": "OutOfMemory"}]})
    };
    let recorder = Recorder::start(vec![
        ok(&json!({"taskArns": ["arn:task/prod/a", "arn:task/prod/b"]})),
        ok(&json!({"tasks": [task("a", 1), task("b", 2)]})),
    ]);
    let cloud = cloud(&recorder).await;
    let tasks = cloud.stopped_tasks(&prod(), &ServiceName::new("web")).await.unwrap();
    assert_eq!((tasks[0].task.as_str(), tasks.len()), ("b", 2));
    assert_eq!(tasks[0].stop_code.as_deref(), Some("TaskDied"));
    assert_eq!(tasks[0].containers[0].exit_code, Some(137));
    let none = Recorder::start(vec![ok(&json!({"taskArns": []}))]);
    let tasks = crate::cloud(&none).await.stopped_tasks(&prod(), &ServiceName::new("web")).await;
    assert!(tasks.unwrap().is_empty());
    assert_eq!(none.actions(), ["ListTasks"]);
}

#[tokio::test]
async fn target_health_is_read() {
    let body = "<DescribeTargetHealthResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/\
        doc/2015-12-01/\"><DescribeTargetHealthResult><TargetHealthDescriptions><member><Target>\
        <Id>10.0.0.7</Id><Port>80</Port></Target><TargetHealth><State>unhealthy</State>\
        <Reason>Target.ResponseCodeMismatch</Reason><Description>503</Description></TargetHealth>\
        </member></TargetHealthDescriptions></DescribeTargetHealthResult>\
        </DescribeTargetHealthResponse>";
    let recorder = Recorder::start(vec![Reply::Xml(200, body.to_owned())]);
    let health = cloud(&recorder).await.target_health(&TargetGroupArn::new("arn:tg")).await;
    let health = health.unwrap().remove(0);
    assert_eq!((health.target.as_str(), health.state.as_str()), ("10.0.0.7:80", "unhealthy"));
    assert_eq!(health.reason.as_deref(), Some("Target.ResponseCodeMismatch"));
    let missing = "<ErrorResponse><Error><Code>TargetGroupNotFound</Code><Message>gone</Message>\
        </Error></ErrorResponse>";
    let recorder = Recorder::start(vec![Reply::Xml(400, missing.to_owned())]);
    let error = cloud(&recorder).await.target_health(&TargetGroupArn::new("arn:tg")).await;
    assert_eq!(error.unwrap_err().kind, CallErrorKind::NotFound);
}

#[tokio::test]
async fn the_callers_identity_is_asked_of_sts() {
    let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
        <GetCallerIdentityResult><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><UserId>U</UserId>\
        <Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let sts = Recorder::start(vec![Reply::Xml(200, body.to_owned())]);
    let mut access = access("http://127.0.0.1:9".to_owned());
    access.endpoint_override = None;
    access.endpoints = [("sts".to_owned(), sts.url())].into();
    let identity = connect(&access).await.unwrap().caller_identity().await.unwrap();
    assert_eq!(identity.account, "1");
    assert_eq!(identity.arn, "arn:aws:sts::1:assumed-role/r/s");
}
