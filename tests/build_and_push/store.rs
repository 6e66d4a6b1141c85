//! `docker build` without a push, then `docker tag`, `docker push`, `docker pull`.

use crate::setup::{DOCKERFILE, Setup, basic, content};
use ecs_canary::build::{self, ErrorClass, Store};
use ecs_canary::model::{ImageReference, Timestamp};
use ecs_canary::ports::CancelHandle;
use ecs_sim::registry::{RegistryHandle, RegistryOptions};

#[tokio::test]
async fn an_image_waits_in_the_store_until_it_is_pushed() {
    let setup = Setup::new(basic()).await;
    let mut request = setup.request(DOCKERFILE);
    request.push = false;
    let built = setup.build_request(request).await.unwrap();
    assert_eq!(setup.registry.digest("group/app", "1.0.0"), None);
    assert_eq!(built.pushed_bytes, 0);

    // Another process of the same job.
    let store = Store::open(setup.store_path()).unwrap();
    let (from, to) = (setup.name("1.0.0"), setup.name("latest"));
    store.tag(&from, &to).unwrap();
    let found = store.find(&to).unwrap().unwrap();
    assert_eq!(found.names, [from.clone(), to.clone()]);
    assert_eq!(found.created, Timestamp::from_millis(1_700_000_000_000));
    assert_eq!(found.config["config"]["Cmd"][0], "nginx");
    assert_eq!(store.images().unwrap().len(), 1);

    let (_handle, cancel) = CancelHandle::new();
    let client = setup.client();
    let pushed = build::push(&store, &client, &to, &setup.told, &cancel).await.unwrap();
    assert_eq!(pushed.digest, built.digest);
    assert_eq!(pushed.tags, [to.to_string()]);
    let image = setup.pulled(&to.to_string()).await;
    assert_eq!(content(&image, "usr/share/nginx/html/index.html"), "<h1>v1</h1>\n");
    assert_eq!(setup.registry.digest("group/app", "1.0.0"), None);
}

#[tokio::test]
async fn a_pulled_image_can_be_pushed_elsewhere_without_its_layers_being_kept() {
    let mut setup = Setup::new(basic()).await;
    let other = RegistryHandle::start(RegistryOptions::default()).await.unwrap();
    setup.access.plain_http.push(other.host());
    let (_handle, cancel) = CancelHandle::new();
    let client = setup.client();
    let nginx: ImageReference = "nginx:1.27".parse().unwrap();
    let pulled =
        build::pull(&setup.store, &client, &nginx, Some("linux/arm64"), &cancel).await.unwrap();
    assert_eq!(pulled.platforms[0].architecture, "arm64");
    let to: ImageReference = format!("{}/copy/nginx:1", other.host()).parse().unwrap();
    setup.store.tag(&nginx, &to).unwrap();
    let record = build::push(&setup.store, &client, &to, &setup.told, &cancel).await.unwrap();
    assert_eq!(record.digest, pulled.digest);
    assert_eq!(other.digest("copy/nginx", "1").as_deref(), Some(pulled.digest.as_str()));
}

#[tokio::test]
async fn an_unknown_name_is_told() {
    let setup = Setup::new(basic()).await;
    let (_handle, cancel) = CancelHandle::new();
    let name = setup.name("none");
    let client = setup.client();
    let error = build::push(&setup.store, &client, &name, &setup.told, &cancel).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::BuildFailed);
    assert!(error.to_string().contains("no image 127.0.0.1:"), "{error}");
    assert!(setup.store.tag(&name, &setup.name("x")).is_err());
    assert!(setup.store.find(&name).unwrap().is_none());
}

#[tokio::test]
async fn several_names_are_pushed_with_one_upload_of_each_blob() {
    let setup = Setup::new(basic()).await;
    let mut request = setup.request(DOCKERFILE);
    request.tags.push(setup.name("latest"));
    let record = setup.build_request(request).await.unwrap();
    let puts = setup.registry.log();
    let puts = puts.iter().filter(|e| e.method == "PUT" && e.path.contains("uploads")).count();
    assert_eq!(puts, 3);
    for tag in ["1.0.0", "latest"] {
        assert_eq!(
            setup.registry.digest("group/app", tag).as_deref(),
            Some(record.digest.as_str())
        );
    }
}
