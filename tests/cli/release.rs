//! build, canary, full, rollback: outside a job, by the native commands.

use crate::world::{COMMIT_1, COMMIT_2, World};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// Version 1 runs everywhere.
fn first_release(world: &World) {
    world.build();
    world.run(&["deploy", "canary"]).good();
    world.run(&["deploy", "full"]).good();
}

/// Version 2 is in the repository.
fn second_commit(world: &mut World) {
    world.edit("html/index.html", "v1", "v2");
    world.remove("image.json");
    world.at_commit(COMMIT_2, "2.0.0", 102);
}

#[test]
fn a_first_release_makes_the_declared_numbers_of_tasks() {
    let world = World::new();
    first_release(&world);
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:1
    release 3/3 release:1
    ");
}

#[test]
fn canary_and_full_service_run_the_same_bytes() {
    let world = World::new();
    first_release(&world);
    let record: Value = serde_json::from_str(&world.read("image.json")).unwrap();
    for request in world.requests("RegisterTaskDefinition") {
        let image = request["containerDefinitions"][0]["image"].as_str();
        assert_eq!(image, record["image"].as_str());
    }
}

#[test]
fn a_canary_changes_the_canary_service_and_nothing_else() {
    let mut world = World::new();
    first_release(&world);
    second_commit(&mut world);
    world.build();
    world.run(&["deploy", "canary"]).good();
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:2
    release 3/3 release:1
    ");
}

#[test]
fn the_last_good_release_comes_back_on_both_services() {
    let mut world = World::new();
    first_release(&world);
    second_commit(&mut world);
    first_release(&world);
    let revisions = || {
        let services = world.cloud.services().into_iter();
        services.map(|row| row.images.into_values().collect::<String>()).collect::<Vec<_>>()
    };
    let second = revisions();
    world.run(&["rollback"]).good();
    let first = revisions();
    assert_ne!(first, second);
    assert_eq!(first[0], first[1]);
    let registered = world.requests("RegisterTaskDefinition");
    assert_eq!(registered[0]["containerDefinitions"][0]["image"], Value::from(first[0].as_str()));
}

#[test]
fn an_old_deploy_job_needs_neither_its_artifacts_nor_the_tag() {
    let mut world = World::new();
    first_release(&world);
    let record: Value = serde_json::from_str(&world.read("image.json")).unwrap();
    second_commit(&mut world);
    first_release(&world);
    world.remove("image.json");
    world.at_commit(COMMIT_1, "gone", 101);
    world.run(&["deploy", "full"]).good().says("held by");
    let outcome: Value = serde_json::from_str(&world.read("release.json")).unwrap();
    assert_eq!(outcome["image"], record["image"]);
}

#[test]
fn the_same_release_again_changes_nothing() {
    let world = World::new();
    first_release(&world);
    let before = world.changes().len();
    let outcome = world.run(&["--json", "deploy", "full"]).good().json();
    let last = outcome.last().unwrap();
    assert_eq!(last["outcome"], "no_change", "{last}");
    let made = world.changes().split_off(before);
    assert!(made.iter().all(|action| action == "TagResource"), "{made:?}");
}

#[test]
fn a_dry_run_shows_the_steps_and_changes_nothing() {
    let world = World::new();
    world.build();
    world.run(&["deploy", "full", "--dry-run"]).good().says("release");
    assert_eq!(world.changes(), [""; 0]);
    assert_eq!(world.read("release.json"), "");
}

#[test]
fn a_plan_says_where_each_value_comes_from() {
    let mut world = World::new();
    world.build();
    world.set("ECS_CANARY_DEADLINE", "20m");
    world.edit("ecs-canary.yml", "cluster: ecs", "cluster: \"ecs");
    world.edit("ecs-canary.yml", "svc-cluster", "svc-cluster\"");
    let ended = world.run(&["plan", "--region", "ap-northeast-1"]).good();
    let said = |words: &str| assert!(ended.stderr.contains(words), "{words}:\n{}", ended.stderr);
    said("(ecs-canary.yml:2:10)");
    said("ap-northeast-1  (--region)");
    said("($ECS_CANARY_DEADLINE)");
    said("(image.json)");
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn counts_change_and_nothing_else() {
    let world = World::new();
    first_release(&world);
    world.run(&["scale", "full=5", "canary=2"]).good();
    assert_snapshot!(world.services(), @r"
    canary-release 2/2 canary-release:1
    release 5/5 release:1
    ");
    assert_eq!(world.requests("RegisterTaskDefinition").len(), 2);
}

#[test]
fn status_tells_how_the_release_stands_and_what_comes_next() {
    let mut world = World::new();
    first_release(&world);
    second_commit(&mut world);
    world.build();
    world.run(&["deploy", "canary"]).good();
    let before = world.changes().len();
    let lines = world.run(&["--json", "status"]).good().json();
    let status = lines.iter().find(|line| line["event"] == "services").unwrap();
    let release = &status["release"];
    assert_eq!(release["phase"], "canary is up, step 1", "{status:#}");
    assert_eq!(release["lease"], Value::Null);
    let next = |command: &str| {
        let all = release["next"].as_array().unwrap().iter();
        let one = all.clone().find(|one| one["command"] == command);
        one.map(|one| one["would"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert_eq!(next("promote"), "bring the image of canary-release:2 to release");
    assert!(next("abort").contains("canary-release to canary-release:1"), "{release:#}");
    assert_eq!(status["services"][0]["deployments"][0]["status"], "SUCCESSFUL");
    assert_eq!(status["services"][1]["deployments"][0]["commit"], COMMIT_2);
    assert_eq!(world.changes().len(), before, "nothing was changed");
}

#[test]
fn a_watched_status_prints_changes_until_it_is_ended() {
    let world = World::new();
    first_release(&world);
    let watching = world.start(&["status", "--watch"], "").until("3 of 3 tasks");
    world.run(&["scale", "full=2"]).good();
    let ended = watching.until("2 of 2 tasks").terminate().wait().good();
    let lines = ended.stderr.lines().filter(|line| line.starts_with("canary-release")).count();
    assert_eq!(lines, 1, "only changes: {}", ended.stderr);
}

#[test]
fn status_shows_commit_digest_and_tasks_of_both_services() {
    let world = World::new();
    first_release(&world);
    let record: Value = serde_json::from_str(&world.read("image.json")).unwrap();
    let lines = world.run(&["--json", "status"]).good().json();
    let services = lines[0]["services"].as_array().unwrap();
    assert_eq!(services.len(), 2);
    for service in services {
        assert_eq!(service["commit"], COMMIT_1);
        let digest = record["digest"].as_str().unwrap();
        assert!(service["image"].as_str().unwrap().ends_with(digest), "{service}");
    }
    assert_eq!(services[0]["side"], "full");
    assert_eq!(services[0]["running"], 3);
}

#[test]
fn records_go_where_they_are_wanted() {
    let world = World::new();
    world.run(&["build", "--record", "records"]).good();
    assert_eq!(world.read("image.json"), "");
    let line = world.read("records/image.env");
    assert!(line.starts_with("ECS_CANARY_IMAGE="), "{line}");
}

/// What `render --all` printed for a side, by operation.
fn rendered(world: &World, words: &[&str]) -> Vec<(String, Value)> {
    let before = world.cloud.calls().len();
    let ended = world.run(&[&["render", "--all"], words].concat()).good();
    assert_eq!(world.cloud.calls().len(), before, "render calls nobody");
    let text = ended.stdout.replace("REGISTRY", &world.registry.host());
    let requests: Vec<Value> = serde_json::from_str(&text).unwrap();
    let pair =
        |one: &Value| (one["operation"].as_str().unwrap().to_owned(), nameless(&one["request"]));
    requests.iter().map(pair).collect()
}

/// A revision has its number only when it is registered.
fn nameless(request: &Value) -> Value {
    let mut request = request.clone();
    if let Some(revision) = request.get_mut("taskDefinition") {
        *revision = revision.as_str().unwrap().split(':').next().unwrap().into();
    }
    request
}

fn sent(world: &World, words: &[&str]) -> Vec<(String, Value)> {
    let before = world.cloud.calls().len();
    world.run(words).good();
    let wanted = ["RegisterTaskDefinition", "CreateService", "UpdateService"];
    let calls = world.cloud.calls().split_off(before).into_iter();
    let calls = calls.filter(|call| wanted.contains(&call.action.as_str()));
    calls.map(|call| (call.action, nameless(&call.body))).collect()
}

#[test]
fn rendered_requests_are_those_that_are_sent() {
    let mut world = World::new();
    world.build();
    let canary = rendered(&world, &["--service", "canary"]);
    assert_eq!(canary, sent(&world, &["deploy", "canary"]));
    let full = rendered(&world, &["--service", "full"]);
    // The canary exists: `deploy full` brings it to the same release, which it has.
    assert_eq!(full, sent(&world, &["deploy", "full"]));
    second_commit(&mut world);
    world.build();
    let ask = json!({ "cluster": EXAMPLE_CLUSTER, "services": ["canary-release"] });
    let live = world.cloud.with(|cloud, now| {
        cloud.call(now, EXAMPLE_ACCESS_KEY, "ecs", "DescribeServices", ask).unwrap()
    });
    world.write("live.json", &live.to_string());
    let later = rendered(&world, &["--service", "canary", "--live", "live.json"]);
    assert_eq!(
        later.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["RegisterTaskDefinition", "UpdateService"]
    );
    assert_eq!(later, sent(&world, &["deploy", "canary"]));
}

#[test]
fn what_a_deploy_would_refuse_is_not_rendered() {
    let world = World::new();
    world.edit("ecs-canary.yml", "port: 80", "port: 81");
    let off = ["render", "--resolve", "off"];
    let told = "release: the load balancer wants port 81 of container";
    world.run(&off).code(11).says(told).says("add \"81\" to `ports` of");
    world.edit("ecs-canary.yml", "port: 81", "port: 80");
    let service = |name: &str, status: &str| {
        let service = json!({ "serviceName": name, "status": status, "desiredCount": 1 });
        world.write("live.json", &json!({ "services": [service] }).to_string());
        world.run(&[&off[..], &["--all", "--live", "live.json"]].concat())
    };
    service("other", "ACTIVE")
        .code(10)
        .says("live.json:1:1: tells of other, not of service release");
    service("release", "DRAINING").code(11).says("service release is DRAINING");
    let gone = service("release", "INACTIVE").good();
    assert!(gone.stdout.contains("CreateService"), "{}", gone.stdout);
}

#[test]
fn a_tag_that_is_left_alone_is_said() {
    let mut world = World::new();
    let off = world.run(&["render", "--resolve", "off"]).good();
    assert!(off.stdout.contains("/group/app:1.0.0\""), "{}", off.stdout);
    off.says("bytes not pinned");
    world.set("ECS_CANARY_RESOLVE", "off");
    world.run(&["render"]).good().says(": warning: bytes not pinned: image ");
    let up = ["ecs-cli", "compose", "-f", "deploy/docker-compose.yml", "service", "up"];
    let up = [&up[..], &["-p", "web", "-c", EXAMPLE_CLUSTER]].concat();
    world.run(&up).good().says("bytes not pinned");
    assert_eq!(world.requests("RegisterTaskDefinition").len(), 1);
}
