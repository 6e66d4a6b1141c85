//! The control API over HTTP.

use crate::clients::example;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

async fn ask(endpoint: &str, method: Method, path: &str, body: &str) -> (u16, Value) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = Request::builder()
        .method(method)
        .uri(format!("{endpoint}/_sim/{path}"))
        .body(Full::from(body.to_owned()))
        .unwrap();
    let answer = client.request(request).await.unwrap();
    let status = answer.status().as_u16();
    assert!(answer.headers().contains_key("date"));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn faults_fates_and_the_clock_are_set_from_outside() {
    let cloud = example().await;
    let endpoint = &cloud.sim.endpoint;
    let fault = r#"{"action":"ListClusters","kind":"throttle","times":1}"#;
    let (status, faults) = ask(endpoint, Method::POST, "faults", fault).await;
    assert_eq!((status, faults.as_array().unwrap().len()), (200, 1));
    cloud.ecs.list_clusters().send().await.unwrap_err();
    cloud.ecs.list_clusters().send().await.unwrap();

    let (_, before) = ask(endpoint, Method::GET, "clock", "").await;
    let (_, after) = ask(endpoint, Method::POST, "clock", r#"{"advance_seconds":3600}"#).await;
    assert!(after["now"].as_f64().unwrap() - before["now"].as_f64().unwrap() >= 3600.0);

    let fate = r#"{"image":"app:2","fate":{"exit":{"code":1}}}"#;
    assert_eq!(ask(endpoint, Method::POST, "fates", fate).await.0, 200);
    let (status, wrong) = ask(endpoint, Method::POST, "fates", r#"{"imag":"app:2"}"#).await;
    assert_eq!(status, 400);
    assert!(wrong["error"].as_str().unwrap().contains("imag"));
    assert_eq!(ask(endpoint, Method::GET, "nothing", "").await.0, 404);
}

#[tokio::test]
async fn services_and_calls_can_be_read_from_outside() {
    let cloud = example().await;
    cloud.create("release", "app:1", 2).await;
    cloud.settled("release").await;
    let (_, services) = ask(&cloud.sim.endpoint, Method::GET, "services", "").await;
    assert_eq!(services[0]["service"], "release");
    assert_eq!(services[0]["revision"], "release:1");
    assert_eq!(services[0]["running"], 2);
    assert_eq!(services[0]["images"], json!({"canary-test": "app:1"}));
    let (_, calls) = ask(&cloud.sim.endpoint, Method::GET, "calls", "").await;
    assert_eq!(calls[0]["action"], "RegisterTaskDefinition");
    assert_eq!(calls[1]["body"]["serviceName"], "release");
    let (_, state) = ask(&cloud.sim.endpoint, Method::GET, "state", "").await;
    assert_eq!(state["tasks"].as_array().unwrap().len(), 2);
}
