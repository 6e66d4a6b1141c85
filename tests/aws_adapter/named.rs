//! Roles, secrets and parameters: read by hand-made calls, signed like the SDK's.

use crate::recorder::{Recorder, Reply};
use crate::simulator::to;
use crate::{SECRET, SESSION, access, cloud, impatient, ok, refusal, signature};
use ecs_canary::aws::{AwsAccess, connect};
use ecs_canary::model::{CallErrorKind, SecretState};
use ecs_sim::cloud::{Fault, FaultKind, Role, Secret, SimCloud, SimOptions};
use serde_json::json;

const DB: &str = "arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:db-a1b2c3";

#[tokio::test]
async fn what_exists_is_told_from_what_does_not() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    let trusted = |who: &[&str]| who.iter().map(|&who| who.to_owned()).collect();
    sim.with(|cloud, _| {
        cloud.add_role(Role {
            arn: "arn:aws:iam::111122223333:role/path/person".to_owned(),
            allow: Vec::new(),
            trusted: trusted(&["arn:aws:iam::111122223333:user/*", "ecs.amazonaws.com"]),
            web_identity: None,
        });
        cloud.add_secret(Secret { arn: DB.to_owned(), leaving: false });
        let leaving = DB.replace("db-", "old-");
        cloud.add_secret(Secret { arn: leaving, leaving: true });
        cloud.add_parameter("/app/db");
        cloud.add_parameter("bare");
    });
    let role = cloud.role("TaskExecRole").await.unwrap().unwrap();
    assert!(role.trusts("ecs-tasks.amazonaws.com"), "{role:?}");
    let person = "arn:aws:iam::111122223333:role/path/person";
    let role = cloud.role(person).await.unwrap().unwrap();
    assert_eq!(
        (role.arn.as_str(), role.services.join(" ")),
        (person, "ecs.amazonaws.com".to_owned())
    );
    assert_eq!(cloud.role("nobody").await, Ok(None));
    // Another account's role of the same name is not this one.
    assert_eq!(cloud.role("arn:aws:iam::999999999999:role/TaskExecRole").await, Ok(None));

    let state = async |from: &str| cloud.secret(from).await.unwrap();
    assert_eq!(state(DB).await, SecretState::There);
    assert_eq!(state(&format!("{DB}:password::")).await, SecretState::There, "a key of it");
    assert_eq!(state(&DB.replace("db-", "old-")).await, SecretState::Leaving);
    assert_eq!(state(&DB.replace("db-", "none-")).await, SecretState::Missing);
    let parameter =
        |name: &str| format!("arn:aws:ssm:ap-northeast-1:111122223333:parameter/{name}");
    assert_eq!(state(&parameter("app/db")).await, SecretState::There);
    assert_eq!(state(&parameter("bare")).await, SecretState::There);
    assert_eq!(state("/app/db").await, SecretState::There);
    assert_eq!(state("app/db").await, SecretState::Missing, "a name is taken as it is");
    assert_eq!(sim.unknown_actions(), [""; 0]);
}

#[tokio::test]
async fn a_denied_read_names_its_right() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    for action in ["GetRole", "DescribeSecret", "DescribeParameters"] {
        sim.fault(Fault::always(action, FaultKind::Deny));
    }
    let role = cloud.role("TaskExecRole").await.unwrap_err();
    assert_eq!((role.kind, role.operation.as_str()), (CallErrorKind::Denied, "iam:GetRole"));
    let secret = cloud.secret(DB).await.unwrap_err();
    assert_eq!(secret.kind, CallErrorKind::Denied);
    assert_eq!(secret.operation, "secretsmanager:DescribeSecret");
    let parameter = cloud.secret("/app/db").await.unwrap_err();
    assert_eq!(parameter.kind, CallErrorKind::Denied);
    assert_eq!(parameter.operation, "ssm:DescribeParameters");
}

#[tokio::test]
async fn the_calls_are_signed_for_the_region_of_what_they_ask_for() {
    let recorder = Recorder::start(vec![ok(&json!({"ARN": DB}))]);
    let cloud = cloud(&recorder).await;
    cloud.secret(DB).await.unwrap();
    let _policy = cloud.role("person").await.unwrap_err();
    let requests = recorder.requests();
    requests.iter().for_each(|request| signature::check(request, SECRET));
    let scope = |at: usize| requests[at].headers["authorization"].clone();
    assert!(scope(0).contains("/ap-northeast-1/secretsmanager/aws4_request"), "{}", scope(0));
    assert!(scope(1).contains("/us-east-1/iam/aws4_request"), "{}", scope(1));
    assert!(requests.iter().all(|one| one.headers["x-amz-security-token"] == SESSION));
    let body = String::from_utf8(requests[1].body.clone()).unwrap();
    assert_eq!(body, "Action=GetRole&Version=2010-05-08&RoleName=person");
}

#[tokio::test]
async fn failures_are_told_apart_and_show_no_secret() {
    let gone = refusal("com.amazonaws#ResourceNotFoundException", "gone");
    let echo = refusal("ValidationException", &format!("bad token {SESSION}"));
    let recorder = Recorder::start(vec![gone, echo, Reply::Page(502, "<html>".to_owned())]);
    let cloud = connect(&access(recorder.url())).await.unwrap();
    assert_eq!(cloud.secret(DB).await, Ok(SecretState::Missing));
    let error = cloud.secret(DB).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Refused);
    assert!(!error.to_string().contains(SESSION), "{error}");
    assert_eq!(cloud.secret(DB).await.unwrap_err().kind, CallErrorKind::NoAnswer);

    let silent = Recorder::start(vec![Reply::Hang]);
    let cloud = connect(&impatient(access(silent.url()))).await.unwrap();
    let error = cloud.role("person").await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer, "{error}");
    assert!(error.place.is_some(), "it says who did not answer");
}

#[tokio::test]
async fn an_operators_endpoint_goes_before_the_callers() {
    let own = Recorder::start(vec![ok(&json!({"ARN": DB}))]);
    let endpoints = [("secretsmanager".to_owned(), own.url())].into();
    let nowhere = "http://127.0.0.1:9".to_owned();
    let access = AwsAccess { endpoints, ..access(nowhere) };
    assert_eq!(connect(&access).await.unwrap().secret(DB).await, Ok(SecretState::There));
    assert_eq!(own.requests().len(), 1);
}
