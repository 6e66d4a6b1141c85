//! What is sent again.

use crate::recorder::{Recorder, Reply, closed_port, silent};
use crate::{access, cloud, impatient, object, ok, refusal};
use ecs_canary::aws::{AwsCloud, connect};
use ecs_canary::model::{
    CallError, CallErrorKind, ClusterName, DeploymentArn, ServiceName, ServiceRequest,
    TaskDefinitionSpec,
};
use ecs_canary::ports::Ecs as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

fn request(body: Value) -> ServiceRequest {
    ServiceRequest::new(object(body))
}

async fn hurried(recorder: &Recorder) -> AwsCloud {
    connect(&impatient(access(recorder.url()))).await.unwrap()
}

async fn update(cloud: &AwsCloud) -> Result<(), CallError> {
    let request = request(json!({"service": "web", "taskDefinition": "web:2"}));
    cloud.update_service(&request).await.map(drop)
}

async fn register(cloud: &AwsCloud) -> Result<(), CallError> {
    let spec = TaskDefinitionSpec::new(object(json!({"family": "web"})));
    cloud.register(&spec, &BTreeMap::new()).await.map(drop)
}

async fn look(cloud: &AwsCloud) -> Result<(), CallError> {
    let (cluster, name) = (ClusterName::new("prod"), ServiceName::new("web"));
    cloud.services(&cluster, &[name]).await.map(drop)
}

fn updated() -> Reply {
    ok(&json!({"service": {"serviceName": "web", "status": "ACTIVE"}}))
}

/// Every way to lose an answer: the change may have been made.
fn lost() -> Vec<Reply> {
    vec![
        Reply::Drop,
        Reply::Page(502, "<html>Bad Gateway</html>".to_owned()),
        Reply::Json(500, json!({"__type": "ServerException", "message": "x"}).to_string()),
        Reply::Json(503, json!({"__type": "ServiceUnavailableException"}).to_string()),
        Reply::Json(200, "{\"service\": ".to_owned()),
        Reply::Page(200, "<html>welcome to the hotel</html>".to_owned()),
    ]
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_not_sent_again() {
    for (nth, reply) in lost().into_iter().enumerate() {
        let recorder = Recorder::start(vec![reply.clone(), updated()]);
        let error = update(&cloud(&recorder).await).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::NoAnswer, "{nth}: {error}");
        assert_eq!(recorder.actions(), ["UpdateService"], "{nth}");

        let recorder = Recorder::start(vec![reply, updated()]);
        let error = register(&cloud(&recorder).await).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::NoAnswer, "{nth}: {error}");
        assert_eq!(recorder.actions(), ["RegisterTaskDefinition"], "{nth}");
    }
}

#[tokio::test]
async fn a_change_that_hangs_is_given_up_in_time_and_not_sent_again() {
    let recorder = Recorder::start(vec![Reply::Hang, updated()]);
    let error = update(&hurried(&recorder).await).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer, "{error}");
    let error = register(&hurried(&Recorder::start(vec![Reply::Hang])).await).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer, "{error}");
    assert_eq!(recorder.actions(), ["UpdateService"]);
}

#[tokio::test]
async fn a_create_is_sent_again_only_with_a_client_token() {
    let create = |token: bool, recorder: &Recorder| {
        let mut body = json!({"serviceName": "web"});
        if token {
            body["clientToken"] = json!("t-1");
        }
        let (url, request) = (recorder.url(), request(body));
        async move { connect(&access(url)).await.unwrap().create_service(&request).await }
    };
    let recorder = Recorder::start(vec![Reply::Drop, updated()]);
    create(true, &recorder).await.unwrap();
    assert_eq!(recorder.requests().len(), 2);
    let recorder = Recorder::start(vec![Reply::Drop, updated()]);
    assert_eq!(create(false, &recorder).await.unwrap_err().kind, CallErrorKind::NoAnswer);
    assert_eq!(recorder.requests().len(), 1);
}

#[tokio::test]
async fn a_change_that_is_the_same_made_twice_is_sent_at_most_three_times() {
    let recorder = Recorder::start(vec![Reply::Drop]);
    let arn = DeploymentArn::new("arn:sd/1");
    let error = cloud(&recorder).await.stop_deployment(&arn).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
    assert_eq!(recorder.requests().len(), 3);
    let recorder = Recorder::start(vec![Reply::Drop, Reply::Drop, ok(&json!({}))]);
    cloud(&recorder).await.stop_deployment(&arn).await.unwrap();
    assert_eq!(recorder.requests().len(), 3);
}

#[tokio::test]
async fn a_lease_is_not_written_again_over_what_another_release_may_have_written() {
    let recorder = Recorder::start(vec![Reply::Drop, ok(&json!({}))]);
    let error = cloud(&recorder).await.tag("arn", &BTreeMap::new()).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
    assert_eq!(recorder.requests().len(), 1);
}

#[tokio::test]
async fn a_throttled_change_is_sent_again_up_to_ten_times() {
    let throttle = || refusal("ThrottlingException", "Rate exceeded");
    let mut script = vec![throttle(); 9];
    script.push(updated());
    let recorder = Recorder::start(script);
    update(&cloud(&recorder).await).await.unwrap();
    assert_eq!(recorder.requests().len(), 10);
    let recorder = Recorder::start(vec![throttle()]);
    let error = update(&cloud(&recorder).await).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Throttled);
    assert_eq!(error.message, "Rate exceeded");
    assert_eq!(recorder.requests().len(), 10);
}

#[tokio::test]
async fn a_refused_change_is_not_sent_again() {
    let recorder = Recorder::start(vec![refusal("InvalidParameterException", "no")]);
    assert_eq!(update(&cloud(&recorder).await).await.unwrap_err().kind, CallErrorKind::Refused);
    assert_eq!(recorder.requests().len(), 1);
}

#[tokio::test]
async fn a_read_is_made_again_after_a_lost_answer() {
    for reply in lost() {
        let recorder = Recorder::start(vec![
            reply,
            ok(&json!({"services": [], "failures": [{"reason": "MISSING"}]})),
        ]);
        look(&cloud(&recorder).await).await.ok();
        // Half an answer is one: the SDK reads it as a broken one and asks no more.
        let asked = recorder.requests().len();
        assert!((1..=2).contains(&asked), "{asked}");
    }
    let recorder = Recorder::start(vec![
        Reply::Drop,
        ok(&json!({"services": [], "failures": [{"reason": "MISSING"}]})),
    ]);
    look(&cloud(&recorder).await).await.unwrap();
    assert_eq!(recorder.requests().len(), 2);
    let recorder = Recorder::start(vec![Reply::Json(503, "{}".to_owned())]);
    look(&cloud(&recorder).await).await.unwrap_err();
    assert_eq!(recorder.requests().len(), 5);
}

#[tokio::test]
async fn a_hanging_endpoint_is_noticed_in_time() {
    let recorder = Recorder::start(vec![Reply::Hang]);
    let cloud = hurried(&recorder).await;
    let look = tokio::time::timeout(Duration::from_secs(10), look(&cloud));
    let error = look.await.unwrap().unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
    insta::assert_snapshot!(error.to_string().replace(&recorder.address().to_string(), "ADDRESS"), @"ecs:DescribeServices at ADDRESS: no answer: operation timeout (all attempts including retries) occurred after 1s");
}

#[tokio::test]
async fn an_endpoint_that_takes_connections_and_never_reads_is_noticed_too() {
    let (_listener, address) = silent();
    let cloud = connect(&impatient(access(format!("http://{address}")))).await.unwrap();
    let (cluster, name) = (ClusterName::new("prod"), ServiceName::new("web"));
    let error = cloud.services(&cluster, &[name]).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
}

#[tokio::test]
async fn nobody_there_is_no_answer_and_says_where() {
    let address = closed_port();
    let cloud = connect(&impatient(access(format!("http://{address}")))).await.unwrap();
    let (cluster, name) = (ClusterName::new("prod"), ServiceName::new("web"));
    let error = cloud.services(&cluster, &[name]).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
    insta::assert_snapshot!(error.to_string().replace(&address.to_string(), "ADDRESS"), @"ecs:DescribeServices at ADDRESS: no answer: Connection refused (os error 111)");
}
