//! Logging in, in every way a registry may want it.

use crate::setup::{DOCKERFILE, Setup, basic, bearer, password, user};
use ecs_canary::build::ErrorClass;
use ecs_canary::model::{CallErrorKind, Secret};
use ecs_canary::ports::Registry as _;
use ecs_canary::registry::Credentials;
use ecs_sim::registry::Auth;

#[tokio::test]
async fn user_and_password_are_enough_for_basic() {
    let setup = Setup::new(basic()).await;
    let record = setup.build(DOCKERFILE).await.unwrap();
    let image = setup.pulled(&record.image.to_string()).await;
    assert_eq!(image.manifest_digest, record.digest.as_str());
}

#[tokio::test]
async fn tokens_are_asked_for_with_both_scopes_of_a_mount() {
    let setup = Setup::new(bearer(0)).await;
    drop(setup.build(DOCKERFILE).await.unwrap());
    let asked: Vec<String> = setup
        .registry
        .log()
        .iter()
        .filter(|entry| entry.path == "/token")
        .map(|entry| entry.query.clone())
        .collect();
    let both =
        "service=sim&scope=repository:group/app:pull,push&scope=repository:library/nginx:pull";
    assert!(asked.iter().any(|query| query == both), "{asked:#?}");
    let mounts = setup.registry.log();
    let mounts: Vec<u16> = mounts
        .iter()
        .filter(|entry| entry.query.contains("mount="))
        .map(|entry| entry.status)
        .collect();
    assert_eq!(mounts, [201, 201]);
}

#[tokio::test]
async fn each_blob_has_a_token_of_its_own() {
    let setup = Setup::new(bearer(3)).await;
    drop(setup.build(DOCKERFILE).await.unwrap());
    // HEAD, POST and PUT use up a token; none of them met one that another blob had used.
    let log = setup.registry.log();
    let refused = log.iter().filter(|e| e.status == 401 && e.path.contains("/blobs/")).count();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn a_token_that_grows_old_in_the_middle_is_renewed_once() {
    let setup = Setup::new(bearer(1)).await;
    drop(setup.build(DOCKERFILE).await.unwrap());
}

#[tokio::test]
async fn pulling_needs_no_login_where_the_registry_gives_tokens_to_all() {
    let auth =
        Auth::Bearer { user: user(), password: password(), token_uses: 0, anonymous_pull: true };
    let mut setup = Setup::new(auth).await;
    setup.access.credentials = Credentials::default();
    let resolved = setup.client().resolve(&"nginx:1.27".parse().unwrap()).await.unwrap();
    let platforms: Vec<&str> =
        resolved.platforms.iter().map(|platform| platform.architecture.as_str()).collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
    let (class, told) = setup.failure(DOCKERFILE).await;
    assert_eq!(class, ErrorClass::Denied, "{told}");
}

#[tokio::test]
async fn a_wrong_password_is_denied_and_never_shown() {
    for auth in [basic(), bearer(0)] {
        let mut setup = Setup::new(auth).await;
        let wrong = "wr0ng-passw0rd";
        setup.access.credentials.insert(&setup.registry.host(), user(), Secret::new(wrong));
        let (class, told) = setup.failure(DOCKERFILE).await;
        assert_eq!(class, ErrorClass::Denied);
        assert!(told.contains("credentials not accepted") && told.contains("check the login"));
        assert!(!told.contains(wrong) && !format!("{:?}", setup.client()).contains(wrong));
        let refused = setup.client().verify_login(&setup.registry.host()).await.unwrap_err();
        assert_eq!(refused.kind, CallErrorKind::Credentials);
        setup.access.credentials.insert(&setup.registry.host(), user(), Secret::new(password()));
        setup.client().verify_login(&setup.registry.host()).await.unwrap();
    }
}

#[tokio::test]
async fn a_repository_without_rights_is_denied() {
    let setup = Setup::new(bearer(0)).await;
    setup.registry.behave(|behaviour| behaviour.denied.push("group/app".to_owned()));
    let (class, told) = setup.failure(DOCKERFILE).await;
    assert_eq!(class, ErrorClass::Denied);
    assert!(told.contains("lacks the right to this repository"), "{told}");
}

#[tokio::test]
async fn a_registry_that_is_not_listed_is_not_spoken_to_without_tls() {
    let mut setup = Setup::new(Auth::None).await;
    setup.access.plain_http.clear();
    let (class, told) = setup.failure("FROM scratch\nCOPY html /www\n").await;
    assert_eq!(class, ErrorClass::Unreachable, "{told}");
    assert!(setup.registry.log().is_empty());
    let (_, told) = setup.failure(DOCKERFILE).await;
    assert!(told.contains("is not listed in registry.plain_http"), "{told}");
}
