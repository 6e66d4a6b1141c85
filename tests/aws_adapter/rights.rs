//! Whose rights are used.

use crate::recorder::{Recorder, Reply};
use crate::{KEY_ID, SECRET, access, impatient, ok, signature};
use ecs_canary::aws::{AwsAccess, connect};
use ecs_canary::model::{CallError, CallErrorKind, ClusterName, ServiceName};
use ecs_canary::ports::Ecs as _;
use serde_json::json;
use std::process::Command;

async fn look(access: &AwsAccess) -> Result<(), CallError> {
    let (cluster, name) = (ClusterName::new("prod"), ServiceName::new("web"));
    connect(access).await.unwrap().services(&cluster, &[name]).await.map(drop)
}

fn nothing() -> Reply {
    ok(&json!({"services": [], "failures": [{"reason": "MISSING"}]}))
}

/// STS's answer with these keys.
fn given(action: &str, id: &str, secret: &str, until: &str) -> Reply {
    let body = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{id}-token</SessionToken><Expiration>{until}</Expiration></Credentials>\
         </{action}Result></{action}Response>"
    );
    Reply::Xml(200, body)
}

fn with_token(ecs: &Recorder, sts: &Recorder) -> AwsAccess {
    let mut access = access(String::new());
    access.endpoint_override = None;
    access.endpoints = [("ecs".to_owned(), ecs.url()), ("sts".to_owned(), sts.url())].into();
    access.variables = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/deploy"),
        ("AWS_WEB_IDENTITY_TOKEN", "ey.id.token"),
    ]
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .into();
    access
}

#[tokio::test]
async fn a_key_of_two_lines_is_refused_by_the_name_of_its_variable() {
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        for inside_job in [false, true] {
            let mut access = AwsAccess { inside_job, ..access(String::new()) };
            access.variables.insert(variable.to_owned(), "one\ntwo".to_owned());
            let error = connect(&access).await.map(drop).unwrap_err().to_string();
            assert!(error.contains(variable) && error.contains("line break"), "{error}");
            assert!(!error.contains("two"), "{error}");
        }
    }
    let mut access = access(String::new());
    access.variables.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "secret\n".to_owned());
    assert!(connect(&access).await.is_ok(), "the end of a line is not part of it");
}

#[tokio::test]
async fn an_id_token_is_exchanged_for_keys() {
    let sts = Recorder::start(vec![given(
        "AssumeRoleWithWebIdentity",
        "ASIA1",
        "first-secret",
        "2099-01-01T00:00:00Z",
    )]);
    let ecs = Recorder::start(vec![nothing()]);
    look(&with_token(&ecs, &sts)).await.unwrap();
    let asked = &sts.requests()[0];
    assert!(!asked.headers.contains_key("authorization"), "the token is the proof");
    let form = asked.text();
    assert!(form.contains("WebIdentityToken=ey.id.token"), "{form}");
    assert!(form.contains("RoleSessionName=group-project-1-2"), "{form}");
    let request = &ecs.requests()[0];
    assert_eq!(request.headers["x-amz-security-token"], "ASIA1-token");
    signature::check(request, "first-secret");
}

#[tokio::test]
async fn keys_are_renewed_before_they_end() {
    let action = "AssumeRoleWithWebIdentity";
    let sts = Recorder::start(vec![
        given(action, "ASIA1", "first-secret", "2020-01-01T00:00:00Z"),
        given(action, "ASIA2", "second-secret", "2099-01-01T00:00:00Z"),
    ]);
    let ecs = Recorder::start(vec![nothing()]);
    let cloud = connect(&with_token(&ecs, &sts)).await.unwrap();
    let (cluster, name) = (ClusterName::new("prod"), [ServiceName::new("web")]);
    for _ in 0..3 {
        cloud.services(&cluster, &name).await.unwrap();
    }
    let tokens: Vec<String> =
        ecs.requests().iter().map(|r| r.headers["x-amz-security-token"].clone()).collect();
    assert_eq!(tokens, ["ASIA1-token", "ASIA2-token", "ASIA2-token"]);
    assert_eq!(sts.requests().len(), 2);
}

#[tokio::test]
async fn a_role_is_assumed_with_the_jobs_own_keys() {
    let until = "2099-01-01T00:00:00Z";
    let sts = Recorder::start(vec![given("AssumeRole", "ASIA9", "role-secret", until)]);
    let ecs = Recorder::start(vec![nothing()]);
    let mut access = access(String::new());
    access.endpoint_override = None;
    access.endpoints = [("ecs".to_owned(), ecs.url()), ("sts".to_owned(), sts.url())].into();
    access.role = Some("arn:aws:iam::2:role/prod".to_owned());
    look(&access).await.unwrap();
    let asked = &sts.requests()[0];
    assert!(asked.headers["authorization"].contains(KEY_ID));
    signature::check(asked, SECRET);
    signature::check(&ecs.requests()[0], "role-secret");
}

#[tokio::test]
async fn a_refused_exchange_is_named_by_its_own_call() {
    let error = |code: &str, message: &str| {
        let body = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        Reply::Xml(403, body)
    };
    let ecs = Recorder::start(vec![nothing()]);
    let table = [
        ("AccessDenied", CallErrorKind::Denied),
        ("ExpiredTokenException", CallErrorKind::Credentials),
        ("InvalidIdentityToken", CallErrorKind::Credentials),
    ];
    for (code, kind) in table {
        let sts = Recorder::start(vec![error(code, "no ey.id.token for you")]);
        let failure = look(&with_token(&ecs, &sts)).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{failure}");
        assert_eq!(failure.operation, "sts:AssumeRoleWithWebIdentity");
        assert!(!failure.message.contains("ey.id.token"), "{failure}");
    }
    let silent = Recorder::start(vec![Reply::Hang]);
    let failure = look(&impatient(with_token(&ecs, &silent))).await.unwrap_err();
    assert_eq!(failure.kind, CallErrorKind::NoAnswer);
    assert_eq!(ecs.requests().len(), 0);
}

/// Set in the child of the two tests below: the endpoint.
const ENDPOINT: &str = "ECS_CANARY_TEST_ENDPOINT";

#[expect(clippy::disallowed_methods, reason = "the child's part of a test about environments")]
fn endpoint_of_child() -> Option<String> {
    std::env::var(ENDPOINT).ok()
}

/// This test again, as a process with the environment of a careless host.
#[expect(clippy::disallowed_methods, reason = "an environment of one's own needs a process")]
fn run_child(test: &str, url: &str) {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let profile =
        format!("[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n");
    std::fs::write(home.path().join(".aws/credentials"), profile).unwrap();
    let config = "[default]\nregion = eu-north-1\n";
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env_clear()
        .env("HOME", home.path())
        .env(ENDPOINT, url)
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn outside_a_job_profile_and_endpoint_of_the_environment_count() {
    let Some(_) = endpoint_of_child() else {
        let recorder = Recorder::start(vec![nothing()]);
        let test = "rights::outside_a_job_profile_and_endpoint_of_the_environment_count";
        run_child(test, &recorder.url());
        let request = &recorder.requests()[0];
        assert!(request.headers["authorization"].contains("/eu-north-1/ecs/"));
        signature::check(request, SECRET);
        return;
    };
    look(&AwsAccess::default()).await.unwrap();
}

#[tokio::test]
async fn inside_a_job_nothing_of_the_hosts_environment_counts() {
    let Some(url) = endpoint_of_child() else {
        let recorder = Recorder::start(vec![nothing()]);
        let test = "rights::inside_a_job_nothing_of_the_hosts_environment_counts";
        run_child(test, &recorder.url());
        assert_eq!(recorder.requests().len(), 1);
        assert!(recorder.requests()[0].headers["authorization"].contains("/eu-west-1/ecs/"));
        return;
    };
    let bare = AwsAccess { inside_job: true, ..AwsAccess::default() };
    let region = connect(&bare).await.unwrap_err();
    assert_eq!(region, ecs_canary::aws::Error::NoRegion);
    let bare = AwsAccess { region: Some("eu-west-1".to_owned()), ..bare };
    let rights = connect(&bare).await.unwrap_err();
    assert_eq!(rights, ecs_canary::aws::Error::NoCredentials);
    look(&access(url)).await.unwrap();
}
