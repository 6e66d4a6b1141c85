//! ECS's own strategies over the wire: stages and hooks of a deployment, and the answer to a pause.

use crate::recorder::{Recorder, Reply};
use crate::{cloud, ok, refusal};
use ecs_canary::model::{CallErrorKind, DeploymentArn, HookId, HookStatus, TrafficShare};
use ecs_canary::ports::Ecs as _;
use serde_json::json;

fn arn() -> DeploymentArn {
    DeploymentArn::new("arn:sd/2")
}

#[tokio::test]
async fn stages_hooks_and_shares_are_read_and_what_the_sdk_does_not_know_keeps_its_text() {
    let answer = json!({"serviceDeployments": [{
        "serviceDeploymentArn": "arn:sd/2", "status": "IN_PROGRESS", "createdAt": 1_795_442_400,
        "lifecycleStage": "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "targetServiceRevision": {
            "arn": "arn:rev/b", "requestedTaskCount": 3, "runningTaskCount": 3,
            "requestedProductionTrafficWeight": 12.5, "requestedTestTrafficWeight": 100.0,
        },
        "lifecycleHookDetails": [
            {"hookId": "h-1", "targetType": "PAUSE", "status": "SUCCEEDED"},
            {"hookId": "h-2", "targetType": "PAUSE", "status": "AWAITING_ACTION",
             "expiresAt": 1_795_446_000, "timeoutAction": "ROLLBACK"},
            {"hookId": "h-3", "targetType": "SOMETHING_NEW", "status": "DANCING"},
            {"targetType": "PAUSE", "status": "AWAITING_ACTION"},
        ],
    }]});
    let revision = json!({"serviceRevisions": [
        {"serviceRevisionArn": "arn:rev/b", "taskDefinition": "x/web:2"}]});
    let recorder = Recorder::start(vec![ok(&answer), ok(&revision)]);
    let found = cloud(&recorder).await.service_deployment(&arn()).await.unwrap().unwrap();
    let lifecycle = found.lifecycle.unwrap();
    assert_eq!(lifecycle.stage.as_deref(), Some("PRE_PRODUCTION_TRAFFIC_SHIFT"));
    assert_eq!(lifecycle.share, Some(TrafficShare::from_tenths(125)));
    assert_eq!(lifecycle.test_share, Some(TrafficShare::from_tenths(1000)));
    assert_eq!(lifecycle.hooks.len(), 3, "a hook without an id cannot be answered");
    let strange = lifecycle.hook(&HookId::new("h-3")).unwrap();
    assert_eq!(strange.target_type, "SOMETHING_NEW");
    assert_eq!(strange.status, HookStatus::Unknown("DANCING".to_owned()));
    let open: Vec<_> = lifecycle.open_pauses().collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].id, HookId::new("h-2"));
    assert_eq!(open[0].expires_at.unwrap().as_seconds(), 1_795_446_000);
    assert_eq!(open[0].timeout_action.as_deref(), Some("ROLLBACK"));
}

#[tokio::test]
async fn a_rolling_deployment_has_no_stages() {
    let answer = json!({"serviceDeployments": [
        {"serviceDeploymentArn": "arn:sd/2", "status": "IN_PROGRESS", "createdAt": 1}]});
    let recorder = Recorder::start(vec![ok(&answer)]);
    let found = cloud(&recorder).await.service_deployment(&arn()).await.unwrap().unwrap();
    assert_eq!(found.lifecycle, None);
}

#[tokio::test]
async fn a_pause_is_answered_by_deployment_and_hook_once() {
    let recorder = Recorder::start(vec![ok(&json!({"serviceDeploymentArn": "arn:sd/2"}))]);
    cloud(&recorder).await.continue_deployment(&arn(), &HookId::new("h-2")).await.unwrap();
    assert_eq!(recorder.actions(), ["ContinueServiceDeployment"]);
    assert_eq!(
        recorder.requests()[0].json(),
        json!({"serviceDeploymentArn": "arn:sd/2", "hookId": "h-2", "action": "CONTINUE"})
    );
    let recorder = Recorder::start(vec![Reply::Drop, ok(&json!({}))]);
    let error =
        cloud(&recorder).await.continue_deployment(&arn(), &HookId::new("h-2")).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
    assert_eq!(recorder.actions().len(), 1, "never sent a second time without a look");
}

#[tokio::test]
async fn what_ecs_refuses_is_told_apart_from_what_it_does_not_offer() {
    for (code, kind) in [
        ("InvalidParameterException", CallErrorKind::Refused),
        ("ClientException", CallErrorKind::Refused),
        ("ServiceDeploymentNotFoundException", CallErrorKind::NotFound),
        ("UnsupportedFeatureException", CallErrorKind::Unsupported),
        ("AccessDeniedException", CallErrorKind::Denied),
    ] {
        let recorder = Recorder::start(vec![refusal(code, "no")]);
        let answer = cloud(&recorder).await.continue_deployment(&arn(), &HookId::new("h")).await;
        assert_eq!(answer.unwrap_err().kind, kind, "{code}");
    }
}
