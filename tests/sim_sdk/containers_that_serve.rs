//! From a registry's bytes to the load balancer's answers.

use crate::clients::{Cloud, with};
use aws_sdk_ecs::types::ServiceDeploymentStatus;
use bytes::Bytes;
use ecs_sim::cloud::SimOptions;
use ecs_sim::registry::{Auth, RegistryHandle, RegistryOptions};
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::io::Write as _;

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn layer(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        tar.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Puts an image with these layers into the registry; gives its reference by digest.
fn image(registry: &RegistryHandle, layers: &[&[(&str, &str)]]) -> String {
    let mut descriptors = Vec::new();
    let mut diff_ids = Vec::new();
    for files in layers {
        let tar = layer(files);
        diff_ids.push(digest(&tar));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&tar).unwrap();
        let blob = gzip.finish().unwrap();
        descriptors.push(json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "size": blob.len(),
            "digest": registry.put_blob("group/app", blob),
        }));
    }
    let config = json!({
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let config = config.to_string();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "size": config.len(),
            "digest": registry.put_blob("group/app", config),
        },
        "layers": descriptors,
    });
    let digest = registry.put_manifest(
        "group/app",
        "latest",
        "application/vnd.oci.image.manifest.v1+json",
        manifest.to_string(),
    );
    format!("{}/group/app@{digest}", registry.host())
}

async fn cloud_with_registry() -> (Cloud, RegistryHandle) {
    let registry = RegistryHandle::start(RegistryOptions::default()).await.unwrap();
    let options = SimOptions { real_pulls: true, ..SimOptions::at_speed(600.0) };
    (with(options).await, registry)
}

async fn get(address: &str) -> (u16, String) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(address.parse().unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

const PAGE: &str = "usr/share/nginx/html/index.html";

#[tokio::test]
async fn one_request_in_four_shows_the_canary() {
    let (cloud, registry) = cloud_with_registry().await;
    let old = image(&registry, &[&[(PAGE, "v1"), ("usr/share/nginx/html/old.html", "old")]]);
    let new = image(
        &registry,
        &[
            &[(PAGE, "v1"), ("usr/share/nginx/html/old.html", "old")],
            &[(PAGE, "v2"), ("usr/share/nginx/html/.wh.old.html", "")],
        ],
    );
    assert_eq!(get(&cloud.sim.load_balancer).await.0, 503);
    cloud.create("release", &old, 3).await;
    cloud.create("canary-release", &new, 1).await;
    cloud.settled("release").await;
    cloud.settled("canary-release").await;
    let mut canary = 0;
    for _ in 0..400 {
        let (status, body) = get(&cloud.sim.load_balancer).await;
        assert_eq!(status, 200);
        canary += u32::from(body == "v2");
    }
    assert!((70..=130).contains(&canary), "{canary}");

    cloud.deploy("release", &new).await;
    let deployment = cloud.settled("release").await;
    assert_eq!(deployment.status(), Some(&ServiceDeploymentStatus::Successful));
    for _ in 0..50 {
        assert_eq!(get(&cloud.sim.load_balancer).await.1, "v2");
    }
    let removed = format!("{}/old.html", cloud.sim.load_balancer);
    assert_eq!(get(&removed).await.0, 404);
    let digests = &cloud.sim.services()[1].digests;
    assert_eq!(digests.values().sum::<u32>(), 3);
    assert!(new.ends_with(digests.keys().next().unwrap().as_str()));
}

#[tokio::test]
async fn an_image_that_is_not_there_is_rolled_back() {
    let (cloud, registry) = cloud_with_registry().await;
    let there = image(&registry, &[&[(PAGE, "v1")]]);
    cloud.create("release", &there, 1).await;
    cloud.settled("release").await;
    let missing = format!("{}/group/app@sha256:{}", registry.host(), "0".repeat(64));
    cloud.deploy("release", &missing).await;
    let deployment = cloud.settled("release").await;
    assert_eq!(deployment.status(), Some(&ServiceDeploymentStatus::RollbackSuccessful));
    let reasons = cloud.sim.with(|cloud, _| cloud.dump()["tasks"].to_string());
    assert!(reasons.contains("CannotPullContainerError: "), "{reasons}");
    assert_eq!(get(&cloud.sim.load_balancer).await.1, "v1");
}

#[tokio::test]
async fn an_image_without_a_front_page_never_becomes_healthy() {
    let (cloud, registry) = cloud_with_registry().await;
    let there = image(&registry, &[&[(PAGE, "v1")]]);
    let empty = image(&registry, &[&[("etc/motd", "hello")]]);
    cloud.create("release", &there, 1).await;
    cloud.settled("release").await;
    cloud.deploy("release", &empty).await;
    let deployment = cloud.settled("release").await;
    assert_eq!(deployment.status(), Some(&ServiceDeploymentStatus::RollbackSuccessful));
    let service = cloud.describe("release").await;
    assert!(service.events().iter().any(|event| event.message().unwrap().contains("[403]")));
}

#[tokio::test]
async fn a_registry_with_a_password_is_asked_with_it() {
    let auth = Auth::Basic { user: "deploy".into(), password: "secret".into() };
    let options = RegistryOptions { auth, ..RegistryOptions::default() };
    let registry = RegistryHandle::start(options).await.unwrap();
    let reference = image(&registry, &[&[(PAGE, "v1")]]);
    let (_, name) = reference.split_once('/').unwrap();
    let login = ecs_sim::cloud::RegistryLogin {
        host: "registry.example.com".into(),
        address: registry.host(),
        login: Some(("deploy".into(), "secret".into())),
    };
    let options =
        SimOptions { real_pulls: true, registries: vec![login], ..SimOptions::at_speed(600.0) };
    let strict = SimOptions { secrets: Some(Vec::new()), ..options.clone() };
    let cloud = with(options).await;
    cloud.create("release", &format!("registry.example.com/{name}"), 1).await;
    let deployment = cloud.settled("release").await;
    assert_eq!(deployment.status(), Some(&ServiceDeploymentStatus::Successful));
    assert_eq!(get(&cloud.sim.load_balancer).await.1, "v1");

    // Without `repositoryCredentials` in the task definition AWS would not have the login.
    let cloud = with(strict).await;
    cloud.create("release", &format!("registry.example.com/{name}"), 1).await;
    let deployment = cloud.settled("release").await;
    assert_eq!(deployment.status(), Some(&ServiceDeploymentStatus::RollbackFailed));
}
