//! Input that cannot be right: where, what, what to do, the exit code, and nothing changed.

use crate::world::World;
use ecs_sim::cloud::{Fault, FaultKind};

/// Runs `deploy full`, which must end with `code`, say all `words` and change nothing.
#[track_caller]
fn refused(world: &World, code: i32, words: &[&str]) {
    refused_command(world, &["deploy", "full"], code, words);
}

/// The same of any command.
#[track_caller]
fn refused_command(world: &World, command: &[&str], code: i32, words: &[&str]) {
    let ended = world.run(command).code(code);
    assert!(!ended.stderr.contains("wr0ng"), "a secret is told:\n{}", ended.stderr);
    for word in words {
        assert!(ended.stderr.contains(word), "nothing says {word:?}:\n{}", ended.stderr);
    }
    assert!(ended.stderr.contains("\nnext "), "no hint:\n{}", ended.stderr);
    assert_eq!(world.changes(), [""; 0]);
}

/// A world in which the release would go well.
fn pushed() -> World {
    let world = World::new();
    world.push("1.0.0");
    world
}

fn fault(kind: FaultKind) -> Fault {
    Fault {
        action: "*".to_owned(),
        service: None,
        access_key: None,
        skip: 0,
        times: None,
        probability: None,
        kind,
    }
}

#[test]
fn no_release_file() {
    let world = pushed();
    world.remove("ecs-canary.yml");
    refused(&world, 10, &["ecs-canary.yml: no such file"]);
}

#[test]
fn no_compose_file() {
    let world = pushed();
    world.remove("deploy/docker-compose.yml");
    refused(&world, 10, &["ecs-canary.yml:4:10: deploy/docker-compose.yml: no such file"]);
}

#[test]
fn a_compose_file_that_is_no_yaml() {
    let world = pushed();
    world.write("deploy/docker-compose.yml", "services:\n  web: [\n");
    refused(&world, 10, &["deploy/docker-compose.yml:2:8"]);
}

#[test]
fn a_variable_of_the_image_that_is_not_set() {
    let mut world = pushed();
    world.unset("CI_COMMIT_TAG");
    refused(&world, 10, &["deploy/docker-compose.yml:5:", "CI_COMMIT_TAG"]);
}

#[test]
fn a_release_file_without_a_cluster() {
    let world = pushed();
    world.edit("ecs-canary.yml", "cluster: ecs-canary-test-poc-svc-cluster", "");
    refused(&world, 10, &["ecs-canary.yml:", "\"cluster\" is missing", "--cluster"]);
}

#[test]
fn a_container_that_is_not_there() {
    let world = pushed();
    world.edit("ecs-canary.yml", "name: canary-test", "name: wbe");
    refused(&world, 10, &["ecs-canary.yml:6:19", "\"wbe\"", "canary-test"]);
}

#[test]
fn a_port_that_the_container_does_not_have() {
    let world = pushed();
    world.edit("ecs-canary.yml", "port: 80", "port: 8080");
    refused(&world, 11, &["8080"]);
}

#[test]
fn a_wrong_registry_password() {
    let mut world = pushed();
    world.set("CI_REGISTRY_PASSWORD", "wr0ng-s3cret");
    refused_command(&world, &["build"], 50, &["REGISTRY"]);
    // The image of the compose file is looked up there too.
    refused(&world, 50, &["REGISTRY"]);
}

#[test]
fn a_base_image_that_is_not_there() {
    let world = World::new();
    world.edit("Dockerfile", "nginx:1.27", "nginx:0.0.1");
    refused_command(&world, &["build"], 40, &["Dockerfile:1", "nginx:0.0.1"]);
}

#[test]
fn an_instruction_that_is_not_supported() {
    let world = World::new();
    world.edit("Dockerfile", "COPY html", "RUN make\nCOPY html");
    world.run(&["build"]).code(10).says("Dockerfile:3");
}

#[test]
fn a_cluster_that_is_not_there() {
    let world = pushed();
    world.edit("ecs-canary.yml", "cluster: ecs-canary-test-poc-svc-cluster", "cluster: nowhere");
    refused(&world, 11, &["nowhere"]);
}

#[test]
fn access_denied() {
    let world = pushed();
    world.cloud.fault(fault(FaultKind::Deny));
    refused(&world, 50, &["DescribeServices", "denied"]);
}

#[test]
fn expired_keys() {
    let world = pushed();
    world.cloud.fault(fault(FaultKind::ExpiredToken));
    refused(&world, 50, &["keys"]);
}

#[test]
fn no_answer_from_aws() {
    let mut world = pushed();
    // A port of our own that nobody listens on any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    world.set("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{port}"));
    refused(&world, 51, &["no answer"]);
}

#[test]
fn an_aws_that_takes_requests_and_never_answers() {
    let world = pushed();
    world.cloud.fault(fault(FaultKind::NoAnswer { applied: false }));
    refused(&world, 51, &["no answer"]);
}

#[test]
fn no_keys_at_all() {
    let mut world = pushed();
    world.unset("AWS_ACCESS_KEY_ID");
    world.unset("AWS_SECRET_ACCESS_KEY");
    let words = ["no AWS keys found", "AWS_ACCESS_KEY_ID", "next  ", "set AWS_ACCESS_KEY_ID and"];
    refused(&world, 50, &words);
    refused_command(&world, &["status"], 50, &words);
    let ended = world.run(&["status"]).code(50);
    assert!(ended.stderr.lines().count() <= 6, "a screen of it:\n{}", ended.stderr);
}

#[test]
fn a_misspelt_key_is_told_before_the_missing_one() {
    let world = pushed();
    world.edit("ecs-canary.yml", "compose:", "compse:");
    let why = "why     ecs-canary.yml:4:1: unknown key \"compse\" (and 1 more)";
    refused(&world, 10, &[why, "next    Did you mean \"compose\"?"]);
}

#[test]
fn a_host_config_that_is_not_there() {
    let world = pushed();
    let ended = world.bare(&["status", "--config", "nope"]).code(10);
    let ended = ended.says("nope: no such file\n").says("name the host's config with --config");
    assert!(!ended.stderr.contains("os error"), "{}", ended.stderr);
}

#[test]
fn a_registry_that_does_not_answer_a_command_that_changes_nothing() {
    let world = pushed();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let image = format!("\n    image: 127.0.0.1:{port}/app:1");
    let compose = world.read("deploy/docker-compose.yml");
    let line = compose.lines().find(|line| line.contains("image:")).unwrap();
    world.edit("deploy/docker-compose.yml", &format!("\n{line}"), &image);
    let hint = "check the network and the registry's name, then run it again";
    for command in ["render", "plan"] {
        refused_command(&world, &[command], 51, &[hint]);
    }
}

#[test]
fn a_tag_where_a_digest_is_wanted() {
    let world = pushed();
    world.run(&["deploy", "full", "--image", "app:1"]).code(2).says("sha256");
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn a_mode_without_its_own_block() {
    let world = pushed();
    world.edit("ecs-canary.yml", "mode: twin", "mode: native");
    refused(&world, 10, &["ecs-canary.yml:18:7", "mode native needs a block"]);
}

#[test]
fn settings_of_the_aws_sdk_that_it_cannot_read() {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECS", "AWS_ENDPOINT_URL_STS"] {
        let mut world = pushed();
        world.set(name, "");
        refused(&world, 10, &[name, "is set and empty"]);
    }
    let mut world = pushed();
    world.set("AWS_MAX_ATTEMPTS", "many");
    world.set("AWS_RETRY_MODE", "never");
    world.run(&["deploy", "canary"]).good();
}

#[test]
fn a_wrong_command_line_has_an_outcome_for_programs_too() {
    let world = World::empty();
    let ended = world.run(&["--json", "deploy", "full", "--nonsense"]).code(2);
    let lines = ended.json();
    let outcome = lines.last().expect("an outcome line");
    assert_eq!((&outcome["outcome"], &outcome["exit_code"]), (&"invalid".into(), &2.into()));
    assert!(outcome["reason"].as_str().is_some_and(|why| why.contains("--nonsense")), "{outcome}");
    assert!(ended.stderr.contains("--nonsense"), "people read it as before: {}", ended.stderr);
    assert_eq!(world.run(&["deploy", "full", "--nonsense"]).code(2).stdout, "");
}
