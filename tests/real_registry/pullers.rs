//! Who can pull what a job built and pushed by the names that pipelines use.

use crate::daemon::Daemon;
use crate::process::{find, skipped, told};
use crate::world::World;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const DOCKERFILE: &str = "FROM {base}\nWORKDIR /site\nCOPY html .\nENV PAGE=index.html\n\
    ENTRYPOINT [\"/usr/bin/tool\"]\nCMD [\"serve\", \"/site\"]\n";
const PAGE: &str = "<h1>v1</h1>\n";

/// An image that a job built by the lines of 2018; its name by digest.
fn pushed_by_a_job(world: &World) -> String {
    let dockerfile = DOCKERFILE.replace("{base}", &world.base);
    let files = [("Dockerfile", dockerfile.as_str()), ("html/index.html", PAGE)];
    let script = [
        "docker login -u \"$CI_REGISTRY_USER\" -p \"$CI_REGISTRY_PASSWORD\" \"$CI_REGISTRY\"",
        "docker build -t \"$CI_REGISTRY_IMAGE:1\" .",
        "docker push \"$CI_REGISTRY_IMAGE:1\"",
    ];
    let ended = world.job(&files, &script).run_blocking().unwrap();
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    let image = world.registry.pull(&world.name("group/app:1"));
    assert!(ended.trace().contains(&image.digest), "{}", ended.trace());
    world.name(&format!("group/app@{}", image.digest))
}

#[test]
fn our_own_reader_pulls_it() {
    let Some(world) = World::new() else { return };
    let image = world.registry.pull(&pushed_by_a_job(&world));
    assert_eq!(image.files["site/index.html"].content, PAGE.as_bytes());
    assert_eq!(image.files["data/real"].uid, 7);
    let config = &image.config["config"];
    assert_eq!(config["WorkingDir"], "/site");
    assert_eq!(config["Cmd"][1], "/site");
    assert_eq!(config["Env"][1], "FROM_BASE=of the base");
}

#[test]
fn skopeo_pulls_it() {
    let Some(world) = World::new() else { return };
    let Some(skopeo) = find("skopeo") else { return skipped("pull by skopeo", "it is missing") };
    let image = pushed_by_a_job(&world);
    let place = world.place("copied");
    let mut copy = Command::new(skopeo);
    // A policy of this machine plays no part.
    copy.args(["--insecure-policy", "copy", "--src-tls-verify=false", "--authfile"]);
    copy.arg(world.login_file()).arg(format!("docker://{image}"));
    // It compares every blob with its digest.
    let _said = told(copy.arg(format!("dir:{}", place.display()))).unwrap();
    let manifest = fs::read(place.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest, world.registry.pull(&image).manifest);
    for layer in manifest["layers"].as_array().unwrap() {
        let digest = layer["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        assert!(place.join(digest).is_file(), "{digest}");
    }
}

#[test]
fn docker_pulls_it() {
    let Some(world) = World::new() else { return };
    let daemon = match Daemon::start(&world) {
        Ok(daemon) => daemon,
        Err(why) => return skipped("docker pull", &why),
    };
    let image = pushed_by_a_job(&world);
    let docker = |words: &[&str]| told(daemon.client(&program()).args(words)).unwrap();
    let _said = docker(&["pull", &image]);
    let config = docker(&["inspect", "--format", "{{json .Config.Cmd}}", &image]);
    assert_eq!(config.trim(), "[\"serve\",\"/site\"]");
    let container = docker(&["create", "--network", "none", &image]);
    // What docker unpacked, as a container of it would see it.
    let place = world.place("exported");
    let tar = place.join("files.tar");
    let _said = docker(&["export", "--output", tar.to_str().unwrap(), container.trim()]);
    let mut archive = tar::Archive::new(fs::File::open(tar).unwrap());
    let paths: Vec<String> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    for path in ["site/index.html", "usr/bin/tool", "app/new.txt", "srv/relative"] {
        assert!(paths.iter().any(|found| found == path), "{path} is not in {paths:?}");
    }
    for path in ["opt/gone", "app/old.txt"] {
        assert!(!paths.iter().any(|found| found == path), "{path} is in {paths:?}");
    }
}

fn program() -> PathBuf {
    find("docker").unwrap()
}
