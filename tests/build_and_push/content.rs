//! What is in the images: files, settings, layers, and the same bytes every time.

use crate::setup::{DOCKERFILE, Setup, content};
use ecs_canary::build::ErrorClass;
use ecs_sim::registry::{Auth, SeedFile, SeedImage};
use serde_json::json;

#[tokio::test]
async fn the_example_is_the_base_with_two_layers_on_top() {
    let setup = Setup::new(Auth::None).await;
    let record = setup.build(DOCKERFILE).await.unwrap();
    let image = setup.pulled(&record.image.to_string()).await;
    assert_eq!(content(&image, "etc/nginx/conf.d/default.conf"), "server { listen 80; }\n");
    assert_eq!(content(&image, "usr/share/nginx/html/index.html"), "<h1>v1</h1>\n");
    assert_eq!(content(&image, "usr/share/nginx/html/50x.html"), "<h1>An error occurred.</h1>\n");
    let config = &image.config["config"];
    assert_eq!(config["Cmd"], json!(["nginx", "-g", "daemon off;"]));
    assert_eq!(config["Env"][1], "NGINX_VERSION=1.27.5");
    assert_eq!(config["ExposedPorts"], json!({"80/tcp": {}}));
    assert_eq!(image.config["created"], "2023-11-14T22:13:20Z");
    assert_eq!(image.manifest["layers"].as_array().unwrap().len(), 4);
    assert_eq!(image.config["history"].as_array().unwrap().len(), 4);
    assert_eq!(record.platforms[0].architecture, "amd64");
    assert_eq!(record.base[0].reference, "docker.io/library/nginx:1.27");
    assert_eq!(record.tags, [setup.name("1.0.0").to_string()]);
    let page = &image.files["usr/share/nginx/html/index.html"];
    assert_eq!((page.uid, page.gid, page.mtime), (0, 0, 1_700_000_000));
}

#[tokio::test]
async fn base_layers_are_mounted_and_hardly_a_byte_travels() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.clear_log();
    let record = setup.build(DOCKERFILE).await.unwrap();
    let log = setup.registry.log();
    let base_blobs = setup.registry.blobs("library/nginx");
    let is_layer = |path: &str| {
        base_blobs.iter().any(|blob| path.contains(blob.as_str()) && !path.contains("uploads"))
    };
    let layers_read: Vec<_> = log
        .iter()
        .filter(|entry| entry.method == "GET" && entry.bytes_out > 1000 && is_layer(&entry.path))
        .collect();
    assert!(layers_read.is_empty(), "{layers_read:?}");
    assert!(record.pushed_bytes > 0 && record.pushed_bytes < 4000, "{}", record.pushed_bytes);
    assert_eq!(log.iter().filter(|entry| entry.query.contains("mount=")).count(), 2);
    assert!(setup.told.text().contains("2 layers mounted"), "{}", setup.told.text());
}

#[tokio::test]
async fn the_same_commit_gives_the_same_digest_and_one_question() {
    let setup = Setup::new(Auth::None).await;
    let first = setup.build(DOCKERFILE).await.unwrap();
    setup.registry.clear_log();
    let again = setup.build(DOCKERFILE).await.unwrap();
    assert_eq!(first.digest, again.digest);
    assert_eq!(again.pushed_bytes, 0);
    let to_target: Vec<String> = setup
        .registry
        .log()
        .iter()
        .filter(|entry| entry.path.contains("group/app"))
        .map(|entry| entry.method.clone())
        .collect();
    assert_eq!(to_target, ["GET"]);
    setup.write("html/index.html", "<h1>v2</h1>\n");
    assert_ne!(setup.build(DOCKERFILE).await.unwrap().digest, first.digest);
}

#[tokio::test]
async fn everything_that_is_supported_gets_into_the_image() {
    let setup = Setup::new(Auth::None).await;
    setup.write("app/run.sh", "#!/bin/sh\n");
    setup.write("app/secret.key", "no\n");
    setup.write(".dockerignore", "**/*.key\n");
    std::os::unix::fs::symlink("run.sh", setup.project.path().join("app/link")).unwrap();
    let dockerfile = "ARG BASE=nginx\nFROM ${BASE}:1.27 AS web\nARG MODE=prod\n\
        ENV APP_MODE=$MODE NGINX_VERSION=own\nLABEL team=\"the team\"\nWORKDIR /srv/app\n\
        COPY --chown=1000:1001 --chmod=0750 app .\nADD html/index.html /tmp/\n\
        COPY <<EOF /etc/greeting\nmode $APP_MODE\nEOF\n\
        EXPOSE 8080/tcp 53/udp\nUSER 1000\nVOLUME /data\nSTOPSIGNAL SIGTERM\n\
        HEALTHCHECK --interval=5s CMD curl -f http://localhost/\n\
        ENTRYPOINT [\"/srv/app/run.sh\"]\nCMD [\"serve\"]\nMAINTAINER me\n";
    let mut request = setup.request(dockerfile);
    drop(request.build_args.insert("MODE".to_owned(), "test".to_owned()));
    drop(request.labels.insert("extra".to_owned(), "1".to_owned()));
    let record = setup.build_request(request).await.unwrap();
    let image = setup.pulled(&record.image.to_string()).await;
    let files: Vec<String> = ["srv/app", "srv/app/link", "srv/app/run.sh", "tmp", "tmp/index.html"]
        .iter()
        .map(|path| {
            let node = &image.files[*path];
            format!("{path} {} {:o} {}:{}", node.kind, node.mode, node.uid, node.gid)
        })
        .collect();
    insta::assert_snapshot!(files.join("\n"), @r"
    srv/app directory 755 0:0
    srv/app/link link 777 1000:1001
    srv/app/run.sh file 750 1000:1001
    tmp directory 1777 0:0
    tmp/index.html file 644 0:0
    ");
    assert!(!image.files.contains_key("srv/app/secret.key"));
    assert_eq!(content(&image, "etc/greeting"), "mode test\n");
    let config = serde_json::to_string_pretty(&image.config["config"]).unwrap();
    insta::assert_snapshot!(config, @r#"
    {
      "ExposedPorts": {
        "80/tcp": {},
        "8080/tcp": {},
        "53/udp": {}
      },
      "Env": [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "NGINX_VERSION=own",
        "APP_MODE=test"
      ],
      "Entrypoint": [
        "/srv/app/run.sh"
      ],
      "Labels": {
        "maintainer": "simulated",
        "team": "the team",
        "extra": "1"
      },
      "StopSignal": "SIGTERM",
      "WorkingDir": "/srv/app",
      "User": "1000",
      "Volumes": {
        "/data": {}
      },
      "Healthcheck": {
        "Test": [
          "CMD-SHELL",
          "curl -f http://localhost/"
        ],
        "Interval": 5000000000
      },
      "Cmd": [
        "serve"
      ]
    }
    "#);
    assert!(setup.told.text().contains("looking into docker.io/library/nginx:1.27"));
}

#[tokio::test]
async fn scratch_is_a_base_without_anything() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.clear_log();
    let dockerfile = "FROM scratch\nCOPY html /www\nCMD [\"/x\"]\n";
    let record = setup.build(dockerfile).await.unwrap();
    let image = setup.pulled(&record.image.to_string()).await;
    assert_eq!(image.files.keys().collect::<Vec<_>>(), ["www", "www/index.html"]);
    assert_eq!(image.config["architecture"], "amd64");
    assert!(record.base.is_empty());
}

#[tokio::test]
async fn a_look_into_the_base_is_remembered_and_changes_nothing() {
    let mut setup = Setup::new(Auth::None).await;
    let kept = tempfile::tempdir().unwrap();
    let store = ecs_canary::build::Store::open(setup.store_path()).unwrap();
    setup.store = store.with_base_cache(kept.path());
    let dockerfile = "FROM nginx:1.27\nCOPY html/index.html /bin/page\n";
    let first = setup.build(dockerfile).await.unwrap();
    let image = setup.pulled(&first.image.to_string()).await;
    assert_eq!(content(&image, "usr/bin/page"), "<h1>v1</h1>\n");
    assert_eq!(image.files["bin"].kind, "link");
    setup.registry.clear_log();
    let again = setup.build(dockerfile).await.unwrap();
    assert_eq!(first.digest, again.digest);
    let reads = setup.registry.log().iter().filter(|e| e.path.contains("nginx/blobs")).count();
    assert_eq!(reads, 1, "only the config of the base is read");
}

#[tokio::test]
async fn the_platform_is_chosen_from_the_index() {
    let setup = Setup::new(Auth::None).await;
    let mut request = setup.request(DOCKERFILE);
    request.platform = Some("linux/arm64".to_owned());
    let record = setup.build_request(request).await.unwrap();
    assert_eq!(record.platforms[0].architecture, "arm64");
    let mut request = setup.request(DOCKERFILE);
    request.platform = Some("linux/riscv64".to_owned());
    let error = setup.build_request(request).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::BuildFailed);
    insta::assert_snapshot!(error.to_string(), @"Dockerfile:1:1: base image docker.io/library/nginx:1.27: not for linux/riscv64; there is linux/amd64, linux/arm64");
}

#[tokio::test]
async fn docker_media_types_stay_docker_media_types() {
    let setup = Setup::new(Auth::None).await;
    let seed = SeedImage {
        layers: vec![vec![SeedFile::Directory("app", 0o755, 7)]],
        docker_types: true,
        ..SeedImage::default()
    };
    drop(setup.registry.seed("library/old", "1", &seed));
    let record = setup.build("FROM old:1\nCOPY html/index.html /app/\n").await.unwrap();
    let image = setup.pulled(&record.image.to_string()).await;
    let manifest = image.manifest.to_string();
    assert!(manifest.contains("docker.image.rootfs.diff") && !manifest.contains("vnd.oci"));
    assert_eq!(image.files["app"].uid, 7);
}

#[tokio::test]
async fn a_base_with_triggers_is_refused() {
    let setup = Setup::new(Auth::None).await;
    let config = json!({"OnBuild": ["COPY . /app"]});
    drop(setup.registry.seed("library/trap", "1", &SeedImage { config, ..SeedImage::default() }));
    let (class, told) = setup.failure("FROM trap:1\n").await;
    assert_eq!(class, ErrorClass::BuildFailed);
    assert!(told.contains("ONBUILD instructions (COPY . /app)"), "{told}");
}

#[tokio::test]
async fn wrong_dockerfiles_are_refused_before_anything_is_asked() {
    let setup = Setup::new(Auth::None).await;
    setup.registry.clear_log();
    let (class, told) = setup.failure("FROM nginx:1.27\nCOPY a b\nRUN make\n").await;
    assert_eq!(class, ErrorClass::Invalid);
    assert!(told.contains("Dockerfile:3:1: RUN needs a container"), "{told}");
    assert!(setup.registry.log().is_empty());
}

#[tokio::test]
async fn a_source_that_is_not_there_is_told_with_its_line() {
    let setup = Setup::new(Auth::None).await;
    std::os::unix::fs::symlink("/etc/passwd", setup.project.path().join("leak")).unwrap();
    for (source, wanted) in [
        ("gone", "Dockerfile:2:1: COPY gone: not in the build context"),
        ("leak", "Dockerfile:2:1: COPY leak: leak -> /etc/passwd leads out of the build context"),
        ("../x", "leads out of the build context"),
    ] {
        let (class, told) = setup.failure(&format!("FROM nginx:1.27\nCOPY {source} /x.y/\n")).await;
        assert_eq!(class, ErrorClass::BuildFailed);
        assert!(told.contains(wanted), "{told}");
    }
}

#[tokio::test]
async fn unpacking_is_refused_with_its_line() {
    let setup = Setup::new(Auth::None).await;
    let mut builder =
        tar::Builder::new(std::fs::File::create(setup.project.path().join("a.tar")).unwrap());
    builder.append_path_with_name(setup.project.path().join("html/index.html"), "x").unwrap();
    builder.finish().unwrap();
    let (class, told) =
        setup.failure("FROM nginx:1.27\n\nADD a.tar /usr/share/nginx/html/\n").await;
    assert_eq!(class, ErrorClass::BuildFailed);
    assert!(told.contains("Dockerfile:3:1: ADD a.tar: unpacking an archive (tar)"), "{told}");
    let plain = "FROM nginx:1.27\nADD --unpack=false a.tar /usr/share/nginx/html/\n";
    assert!(setup.build(plain).await.is_ok());
}

#[tokio::test]
async fn image_json_and_image_env_are_as_promised() {
    let setup = Setup::new(Auth::None).await;
    let record = setup.build(DOCKERFILE).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&record.json()).unwrap();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    let wanted = [
        "image",
        "repository",
        "digest",
        "tags",
        "platforms",
        "base",
        "pushed_bytes",
        "seconds",
        "engine",
    ];
    assert_eq!(keys, wanted);
    let env = record.image_env();
    assert!(env.starts_with(&format!("ECS_CANARY_IMAGE={}\n", record.image)), "{env}");
}
