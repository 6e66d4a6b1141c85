//! Registries that misbehave.

use crate::setup::{DOCKERFILE, Setup, basic, bearer, chain, content};
use ecs_canary::build::ErrorClass;
use ecs_canary::model::Secret;
use ecs_canary::ports::CancelHandle;
use ecs_canary::registry::ProxySettings;
use ecs_sim::registry::{
    Auth, Fault, FaultKind, RegistryHandle, RegistryOptions, SeedFile, SeedImage,
};
use std::time::Duration;
use tokio::time::Instant;

fn fault(method: &'static str, path_has: &'static str, times: u32, kind: FaultKind) -> Fault {
    Fault { method, path_has, times, kind }
}

async fn builds(setup: &Setup) {
    let record = setup.build(DOCKERFILE).await.unwrap();
    let image = setup.pulled(&record.image.to_string()).await;
    assert_eq!(content(&image, "usr/share/nginx/html/index.html"), "<h1>v1</h1>\n");
}

#[tokio::test]
async fn a_declined_mount_becomes_an_upload() {
    let setup = Setup::new(bearer(0)).await;
    setup.registry.behave(|behaviour| behaviour.decline_mounts = true);
    builds(&setup).await;
    assert!(!setup.told.text().contains("mounted"));
}

#[tokio::test]
async fn a_refused_mount_becomes_an_upload() {
    for status in [401, 403, 404, 405, 500] {
        let setup = Setup::new(Auth::None).await;
        setup.registry.fault(fault("POST", "uploads", 1, FaultKind::Status(status)));
        builds(&setup).await;
    }
}

#[tokio::test]
async fn uploads_go_where_the_registry_says() {
    let setup = Setup::new(basic()).await;
    setup.registry.behave(|behaviour| {
        behaviour.absolute_locations = true;
        behaviour.query_in_locations = true;
        behaviour.accepted_uploads = true;
    });
    builds(&setup).await;
}

#[tokio::test]
async fn every_blob_is_one_post_and_one_put() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.behave(|behaviour| behaviour.lose_patches = true);
    setup.registry.clear_log();
    builds(&setup).await;
    let log = setup.registry.log();
    let count = |method: &str| {
        log.iter().filter(|e| e.method == method && e.path.contains("uploads")).count()
    };
    // Two mounts; config and two layers are sent.
    assert_eq!((count("POST"), count("PUT"), count("PATCH")), (5, 3, 0));
}

#[tokio::test]
async fn one_fault_of_any_kind_in_any_place_is_survived() {
    let kinds = [
        FaultKind::Status(500),
        FaultKind::Status(502),
        FaultKind::Status(503),
        FaultKind::Status(429),
        FaultKind::Unauthorized,
        FaultKind::Drop,
        FaultKind::DropInBody,
        FaultKind::Stall,
    ];
    let places = [
        ("GET", "manifests/1.27"),
        ("GET", "manifests/sha256"),
        ("GET", "/blobs/sha256"),
        ("HEAD", "/blobs/sha256"),
        ("POST", "uploads"),
        ("PUT", "uploads"),
        ("PUT", "manifests"),
        ("GET", "app/manifests/1.0.0"),
    ];
    for kind in kinds {
        for (method, path) in places {
            let setup = Setup::new(basic()).await;
            setup.registry.fault(fault(method, path, 1, kind));
            let built = setup.build(DOCKERFILE).await;
            let told = built.as_ref().map_err(chain).err().unwrap_or_default();
            assert!(built.is_ok(), "{kind:?} at {method} {path}: {told}");
        }
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_unreachable_and_says_where() {
    for kind in [FaultKind::Status(503), FaultKind::Drop, FaultKind::Stall] {
        let setup = Setup::new(Auth::None).await;
        setup.registry.fault(fault("PUT", "uploads", 0, kind));
        let (class, told) = setup.failure(DOCKERFILE).await;
        assert_eq!(class, ErrorClass::Unreachable, "{told}");
        assert!(told.contains(&setup.registry.host()) && told.contains("PUT blob"), "{told}");
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_unreachable() {
    let setup = Setup::new(Auth::None).await;
    let host = RegistryHandle::start(RegistryOptions::default()).await.unwrap().host();
    let mut setup = setup;
    setup.access.plain_http.push(host.clone());
    let (class, told) = setup.failure(&format!("FROM {host}/x:1\n")).await;
    assert_eq!(class, ErrorClass::Unreachable);
    assert!(told.contains("Dockerfile:1") && told.contains("refused"), "{told}");
}

#[tokio::test]
async fn a_missing_base_is_a_failed_build() {
    let setup = Setup::new(basic()).await;
    let (class, told) =
        setup.failure(&format!("ARG X\nFROM {}/no/such:1\n", setup.registry.host())).await;
    assert_eq!(class, ErrorClass::BuildFailed);
    assert!(told.starts_with("Dockerfile:2: base image 127.0.0.1:"), "{told}");
    assert!(told.contains("does not exist"), "{told}");
}

#[tokio::test]
async fn other_bytes_than_the_digest_says_are_not_taken() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.behave(|behaviour| behaviour.corrupt_blobs = true);
    let (class, told) = setup.failure(DOCKERFILE).await;
    assert_eq!(class, ErrorClass::Unreachable);
    assert!(told.contains("blob sha256:") && told.contains(": it is sha256:"), "{told}");
    let setup = Setup::new(Auth::None).await;
    let digest = setup.registry.digest("library/nginx", "1.27").unwrap();
    setup.registry.behave(|behaviour| behaviour.corrupt_manifests = true);
    let (_, told) = setup.failure(&format!("FROM nginx@{digest}\n")).await;
    assert!(told.contains("sent other bytes than sha256:"), "{told}");
}

#[tokio::test]
async fn a_tag_that_shows_something_else_afterwards_is_not_confirmed() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.behave(|behaviour| behaviour.forget_manifests = true);
    let (class, told) = setup.failure(DOCKERFILE).await;
    assert_eq!(class, ErrorClass::NotConfirmed);
    assert!(told.contains("was pushed as sha256:"), "{told}");
}

#[tokio::test]
async fn an_immutable_tag_may_be_built_again_and_not_changed() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.behave(|behaviour| behaviour.immutable_tags = true);
    let first = setup.build(DOCKERFILE).await.unwrap();
    assert_eq!(setup.build(DOCKERFILE).await.unwrap().digest, first.digest);
    setup.write("html/index.html", "other\n");
    let (class, told) = setup.failure(DOCKERFILE).await;
    assert_eq!(class, ErrorClass::BuildFailed);
    assert!(told.contains("already exists and is immutable"), "{told}");
}

#[tokio::test]
async fn a_push_that_races_with_the_same_push_succeeds() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.behave(|behaviour| behaviour.immutable_tags = true);
    let first = setup.build(DOCKERFILE).await.unwrap();
    // The tag is not seen before the push, and refused by it.
    setup.registry.fault(fault("GET", "app/manifests", 1, FaultKind::Status(404)));
    assert_eq!(setup.build(DOCKERFILE).await.unwrap().digest, first.digest);
}

#[tokio::test]
async fn a_mirror_that_fails_is_passed_over() {
    let setup = Setup::new(Auth::None).await;
    let broken = RegistryHandle::start(RegistryOptions::default()).await.unwrap();
    broken.fault(fault("", "", 0, FaultKind::Status(500)));
    let mut setup = setup;
    setup.access.plain_http.push(broken.host());
    let mirrors = vec![broken.url(), setup.registry.url()];
    drop(setup.access.mirrors.insert("docker.io".to_owned(), mirrors));
    builds(&setup).await;
    assert!(!broken.log().is_empty());
}

#[tokio::test]
async fn layers_are_streamed_between_registries_without_being_kept() {
    let mut setup = Setup::new(basic()).await;
    let other = RegistryHandle::start(RegistryOptions::default()).await.unwrap();
    // Bytes that do not compress, the same at every run.
    let mut state = 88_172_645_463_325_252_u64;
    let random: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
    .take(3_000_000)
    .collect();
    let seed = SeedImage {
        layers: vec![vec![SeedFile::File("big", 0o644, random.clone())]],
        ..SeedImage::default()
    };
    drop(other.seed("base/big", "1", &seed));
    setup.access.plain_http.push(other.host());
    let dockerfile = format!("FROM {}/base/big:1\nCOPY html /usr/share/nginx/html\n", other.host());
    // A broken transfer begins anew, at its source too.
    setup.registry.fault(fault("PUT", "uploads", 1, FaultKind::DropInBody));
    let record = setup.build(&dockerfile).await.unwrap();
    let image = setup.pulled(&record.image.to_string()).await;
    assert_eq!(image.files["big"].content, random);
    assert!(record.pushed_bytes > 1_000_000);
    let stored: u64 = walk(setup.store_path());
    assert!(stored < 50_000, "{stored} bytes are in the store");
}

fn walk(dir: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let path = entry.path();
            if path.is_dir() { walk(&path) } else { entry.metadata().unwrap().len() }
        })
        .sum()
}

#[tokio::test]
async fn a_request_to_stop_is_heard_in_the_middle_of_a_transfer() {
    let mut setup = Setup::new(basic()).await;
    setup.write("html/big", &"0123456789abcdef".repeat(1 << 17));
    setup.access.patience.idle = Duration::from_secs(30);
    setup.registry.behave(|behaviour| behaviour.bytes_per_second = 2000);
    let (handle, cancel) = CancelHandle::new();
    let build = setup.build_until(setup.request(DOCKERFILE), &cancel);
    let mut asked = None;
    let watch = async {
        // Until an upload has begun: its POST is in the log, its PUT cannot be.
        while !setup.registry.log().iter().any(|e| e.method == "POST" && e.query.is_empty()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        asked = Some(Instant::now());
        handle.raise();
    };
    let (ended, ()) = tokio::join!(build, watch);
    let after = asked.unwrap().elapsed();
    assert_eq!(ended.unwrap_err().class(), ErrorClass::Cancelled);
    assert!(after < Duration::from_secs(1), "{after:?}");
}

#[tokio::test]
async fn registries_without_tls_are_reached_through_the_proxy_unless_exempt() {
    // The simulated registry answers whole addresses too, so it can stand for a proxy.
    let mut setup = Setup::new(Auth::None).await;
    let elsewhere = "registry.invalid:5000";
    setup.access.plain_http.push(elsewhere.to_owned());
    let address = format!("http://user:pr0xy@{}", setup.registry.host());
    let no_proxy = "127.0.0.1".to_owned();
    setup.access.proxy = Some(ProxySettings { address: Secret::new(address), no_proxy });
    let record = setup.build(&format!("FROM {elsewhere}/library/nginx:1.27\n")).await.unwrap();
    assert_eq!(record.base[0].reference, format!("{elsewhere}/library/nginx:1.27"));
    assert!(!format!("{:?}", setup.access).contains("pr0xy"));
}
