//! TLS and proxies.

use crate::recorder::{Recorder, Reply};
use crate::{access, ok};
use ecs_canary::aws::{AwsAccess, connect};
use ecs_canary::model::{CallError, CallErrorKind, ClusterName, ServiceName};
use ecs_canary::ports::Ecs as _;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use std::sync::Arc;

/// Made for these tests, signed by `ca.pem`, good for 127.0.0.1 and nothing else.
const CERTIFICATE: &[u8] = include_bytes!("server.pem");
const KEY: &[u8] = include_bytes!("server.key");
const CA: &[u8] = include_bytes!("ca.pem");

fn secure(script: Vec<Reply>) -> Recorder {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Recorder::start_tls(script, config)
}

async fn look(access: &AwsAccess) -> Result<(), CallError> {
    let (cluster, name) = (ClusterName::new("prod"), ServiceName::new("web"));
    connect(access).await.unwrap().services(&cluster, &[name]).await.map(drop)
}

fn nothing() -> Reply {
    ok(&json!({"services": [], "failures": [{"reason": "MISSING"}]}))
}

#[tokio::test]
async fn a_private_ca_is_trusted_when_it_is_named() {
    let recorder = secure(vec![nothing()]);
    let mut access = access(recorder.url());
    access.ca_pem = Some(CA.to_vec());
    look(&access).await.unwrap();
    assert_eq!(recorder.actions(), ["DescribeServices"]);
}

#[tokio::test]
async fn a_certificate_of_a_stranger_is_not_trusted() {
    let recorder = secure(vec![nothing()]);
    let error = look(&access(recorder.url())).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer);
    assert_eq!(recorder.requests().len(), 0);
    insta::assert_snapshot!(error.to_string().replace(&recorder.address().to_string(), "ADDRESS"), @"ecs:DescribeServices at ADDRESS: no answer: invalid peer certificate: UnknownIssuer");
}

#[tokio::test]
async fn requests_go_through_the_proxy_with_its_password() {
    let proxy = Recorder::start(vec![nothing()]);
    let mut access = access("http://ecs.example".to_owned());
    access.proxy = Some(format!("http://user:pass@{}", proxy.address()));
    look(&access).await.unwrap();
    let request = &proxy.requests()[0];
    assert_eq!(request.line, "POST http://ecs.example/ HTTP/1.1");
    assert_eq!(request.headers["proxy-authorization"], "Basic dXNlcjpwYXNz");
}

#[tokio::test]
async fn loopback_and_named_hosts_do_not_go_through_the_proxy() {
    let (endpoint, proxy) = (Recorder::start(vec![nothing()]), Recorder::start(vec![nothing()]));
    let mut access = access(endpoint.url());
    access.proxy = Some(proxy.url());
    look(&access).await.unwrap();
    access.endpoint_override = Some("http://ecs.invalid".to_owned());
    access.no_proxy = Some("other.example,ecs.invalid".to_owned());
    assert_eq!(look(&access).await.unwrap_err().kind, CallErrorKind::NoAnswer);
    assert_eq!((endpoint.requests().len(), proxy.requests().len()), (1, 0));
}

#[tokio::test]
async fn without_an_endpoint_the_regions_own_is_asked_over_tls() {
    let proxy = Recorder::start(vec![Reply::Page(403, "no way out".to_owned())]);
    let mut access = access(String::new());
    access.proxy = Some(proxy.url());
    let error = look(&access).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::NoAnswer, "{error}");
    assert_eq!(error.place.as_deref(), Some("ecs.eu-west-1.amazonaws.com"));
    assert_eq!(proxy.requests()[0].line, "CONNECT ecs.eu-west-1.amazonaws.com:443 HTTP/1.1");
}

#[tokio::test]
async fn a_region_that_is_none_is_refused_before_anything_is_sent() {
    let mut access = access(String::new());
    access.region = Some("eu west/1".to_owned());
    let error = look(&access).await.unwrap_err();
    insta::assert_snapshot!(error, @"ecs:DescribeServices: refused: invalid value for field: `region` - must be a valid host label");
}
