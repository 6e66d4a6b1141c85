//! Failures in our words, and nothing secret in them.

use crate::recorder::{Recorder, Reply};
use crate::{KEY_ID, SECRET, SESSION, access, cloud, refusal};
use ecs_canary::aws::{AwsAccess, Error, connect};
use ecs_canary::failure::Failure;
use ecs_canary::model::{CallError, CallErrorKind, ClusterName, ServiceName};
use ecs_canary::ports::Ecs as _;
use serde_json::json;

async fn failure(reply: Reply) -> CallError {
    let recorder = Recorder::start(vec![reply]);
    let (cluster, name) = (ClusterName::new("prod"), ServiceName::new("web"));
    cloud(&recorder).await.services(&cluster, &[name]).await.unwrap_err()
}

#[tokio::test]
async fn failures_are_named_by_what_to_do_about_them() {
    use CallErrorKind::{Credentials, Denied, NoAnswer, NotFound, Refused, Throttled, Unsupported};
    let table = [
        ("AccessDeniedException", Denied),
        ("UnauthorizedOperation", Denied),
        ("ExpiredTokenException", Credentials),
        ("ExpiredToken", Credentials),
        ("UnrecognizedClientException", Credentials),
        ("InvalidClientTokenId", Credentials),
        ("InvalidSignatureException", Credentials),
        ("MissingAuthenticationTokenException", Credentials),
        ("ThrottlingException", Throttled),
        ("ClusterNotFoundException", NotFound),
        ("ServiceNotFoundException", NotFound),
        ("InvalidParameterException", Refused),
        ("ClientException", Refused),
        ("ServiceNotActiveException", Refused),
        ("UnknownOperationException", Unsupported),
        ("UnsupportedFeatureException", Unsupported),
        ("InternalFailure", NoAnswer),
    ];
    for (code, kind) in table {
        let error = failure(refusal(code, "words")).await;
        assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
        assert_eq!(error.operation, "ecs:DescribeServices");
        assert_eq!(error.message, "words");
    }
    let pages = [(404, Unsupported), (501, Unsupported), (403, NoAnswer), (502, NoAnswer)];
    for (status, kind) in pages {
        let error = failure(Reply::Page(status, "<html></html>".to_owned())).await;
        assert_eq!(error.kind, kind, "{status}: {error}");
    }
}

#[tokio::test]
async fn the_old_spelling_of_an_error_is_read_too() {
    let body = json!({"__type": "com.amazonaws.ecs#AccessDeniedException", "Message": "User: x is not authorized to perform: ecs:DescribeServices"});
    let error = failure(Reply::Json(400, body.to_string())).await;
    assert_eq!(error.kind, CallErrorKind::Denied);
    insta::assert_snapshot!(error, @"ecs:DescribeServices: access denied (AccessDeniedException): User: x is not authorized to perform: ecs:DescribeServices");
}

#[tokio::test]
async fn no_secret_gets_into_an_error() {
    let telling = format!(
        "The request signature we calculated does not match the signature you provided. The \
         Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:\
         {SESSION}\n'"
    );
    let error = failure(refusal("InvalidSignatureException", &telling)).await;
    insta::assert_snapshot!(error, @"ecs:DescribeServices: credentials not accepted (InvalidSignatureException): The request signature we calculated does not match the signature you provided");
    let echo = format!("bad key {SECRET} with {SESSION}");
    for code in ["AccessDeniedException", "ClientException"] {
        let text = format!("{:?}", failure(refusal(code, &echo)).await);
        assert!(!text.contains(SECRET) && !text.contains(SESSION), "{text}");
    }
    let access = access("http://127.0.0.1:1".to_owned());
    let text = format!("{access:?} {:?}", connect(&access).await.unwrap());
    assert!(![SECRET, SESSION, KEY_ID].iter().any(|secret| text.contains(secret)), "{text}");
}

#[tokio::test]
async fn denied_and_expired_end_with_50_and_say_different_things() {
    let said = |error: CallError| {
        let outcome = Failure::from(error).outcome();
        let hint = outcome.hint.unwrap();
        format!("{} {}\nHint: {hint}", outcome.exit_code, outcome.reason.unwrap())
    };
    let denied = failure(refusal("AccessDeniedException", "User: x is not authorized")).await;
    let expired = failure(refusal("ExpiredTokenException", "The security token is expired")).await;
    insta::assert_snapshot!(said(denied), @"
    50 ecs:DescribeServices: access denied (AccessDeniedException): User: x is not authorized
    Hint: allow ecs:DescribeServices to the job's role; docs/iam.md has the whole policy
    ");
    insta::assert_snapshot!(said(expired), @"
    50 ecs:DescribeServices: credentials not accepted (ExpiredTokenException): The security token is expired
    Hint: renew the keys; expired or unknown keys are not a missing permission
    ");
}

async fn connect_error(change: impl FnOnce(&mut AwsAccess)) -> Error {
    let mut access = access("http://127.0.0.1:1".to_owned());
    change(&mut access);
    connect(&access).await.unwrap_err()
}

#[tokio::test]
async fn what_is_missing_is_said_before_the_first_call() {
    let without = |names: &'static [&str]| {
        connect_error(|access| names.iter().for_each(|name| drop(access.variables.remove(*name))))
    };
    let id = "AWS_ACCESS_KEY_ID";
    let secret = "AWS_SECRET_ACCESS_KEY";
    assert_eq!(without(&["AWS_REGION"]).await, Error::NoRegion);
    assert_eq!(without(&["AWS_ACCESS_KEY_ID"]).await, Error::HalfKeys { missing: id });
    assert_eq!(without(&["AWS_SECRET_ACCESS_KEY"]).await, Error::HalfKeys { missing: secret });
    let none = without(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).await;
    assert_eq!(none, Error::NoCredentials);
    let failure = Failure::from(none).outcome();
    insta::assert_snapshot!(failure.reason.unwrap(), @"no AWS credentials in the job's variables");
    insta::assert_snapshot!(failure.hint.unwrap(), @"give the job `id_tokens:` and AWS_ROLE_ARN, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; is the variable protected and this branch is not?");
    assert_eq!(failure.exit_code, 50);
}

#[tokio::test]
async fn an_id_token_needs_its_role_and_a_role_its_token() {
    let bare = |name: &'static str, value: &'static str| {
        connect_error(move |access| {
            access.variables.clear();
            access.region = Some("eu-west-1".to_owned());
            access.variables.insert(name.to_owned(), value.to_owned());
        })
    };
    let role = "arn:aws:iam::1:role/deploy".to_owned();
    assert_eq!(bare("AWS_ROLE_ARN", "arn:aws:iam::1:role/deploy").await, Error::NoToken { role });
    assert_eq!(bare("AWS_WEB_IDENTITY_TOKEN", "ey.x.y").await, Error::NoRoleForToken);
}

#[tokio::test]
async fn what_is_wrong_is_said_before_the_first_call() {
    let role = connect_error(|access| access.role = Some("deploy".to_owned())).await;
    assert_eq!(role, Error::Role { found: "deploy".to_owned() });
    let url = connect_error(|access| access.endpoint_override = Some("ftp://x".to_owned())).await;
    assert!(matches!(url, Error::Endpoint { .. }));
    let ca = connect_error(|access| access.ca_pem = Some(b"no pem".to_vec())).await;
    assert_eq!(ca, Error::Ca { problem: "no PEM block".to_owned() });
    let proxy = connect_error(|access| access.proxy = Some("u:hunter22@".to_owned())).await;
    assert!(matches!(&proxy, Error::Proxy { .. }) && !proxy.to_string().contains("hunter22"));
}
