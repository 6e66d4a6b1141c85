//! By the name `ecs-cli`.

use crate::world::{COMMIT_2, World};
use insta::assert_snapshot;

const CLUSTER: &str = "ecs-canary-test-poc-svc-cluster";
const GROUP: &str = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/ecs-canary-test-poc/0123456789abcdef";
const ROLE: &str = "arn:aws:iam::111122223333:role/TaskExecRole";

/// The line of the example's pipeline of 2018.
fn up<'a>(service: &'a str, max: &'a str, min: &'a str) -> Vec<&'a str> {
    vec![
        "ecs-cli",
        "compose",
        "-p",
        service,
        "-f",
        "deploy/docker-compose.yml",
        "--ecs-params",
        "deploy/ecs-params.yml",
        "--task-role-arn",
        ROLE,
        "service",
        "up",
        "--target-group-arn",
        GROUP,
        "--container-name",
        "canary-test",
        "--container-port",
        "80",
        "--cluster",
        CLUSTER,
        "--deployment-max-percent",
        max,
        "--deployment-min-healthy-percent",
        min,
    ]
}

#[test]
fn the_pipeline_of_2018_releases_and_scales() {
    let mut world = World::new();
    world.push("1.0.0");
    world.run(&up("canary-release", "100", "0")).good();
    world.run(&up("release", "200", "100")).good();
    let scale =
        ["ecs-cli", "compose", "-p", "release", "service", "scale", "3", "--cluster", CLUSTER];
    world.run(&scale).good();
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:1
    release 3/3 release:1
    ");
    world.at_commit(COMMIT_2, "2.0.0", 102);
    world.push("2.0.0");
    world.run(&up("release", "200", "100")).good();
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:1
    release 3/3 release:2
    ");
}

#[test]
fn options_stand_before_and_behind_the_subcommand() {
    let world = World::new();
    world.push("1.0.0");
    let words = [
        "ecs-cli",
        "compose",
        "--project-name",
        "web",
        "--file",
        "deploy/docker-compose.yml",
        "-cluster",
        CLUSTER,
        "service",
        "up",
        "--ecs-params",
        "deploy/ecs-params.yml",
        "-r",
        "ap-northeast-1",
    ];
    world.run(&words).good();
    assert_snapshot!(world.services(), @"web 1/1 web:1");
}

#[test]
fn start_stop_and_rm_change_a_service_without_any_file() {
    let world = World::new();
    world.push("1.0.0");
    world.run(&up("release", "200", "100")).good();
    world.remove("deploy/docker-compose.yml");
    let on = |action: &[&'static str]| {
        let mut words = vec!["ecs-cli", "compose", "-p", "release", "-c", CLUSTER, "service"];
        words.extend(action);
        world.run(&words)
    };
    on(&["stop"]).good();
    assert_snapshot!(world.services(), @"release 0/0 release:1");
    on(&["start"]).good();
    assert_snapshot!(world.services(), @"release 1/1 release:1");
    on(&["ps"]).good().says("release:1");
    on(&["rm"]).good();
    on(&["start"]).code(11);
}

#[test]
fn a_variable_of_the_image_that_is_not_set_stops_before_anything_is_sent() {
    let mut world = World::new();
    world.unset("CI_COMMIT_TAG");
    world.run(&up("release", "200", "100")).code(10).says("deploy/docker-compose.yml:5");
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn what_cannot_be_honoured_is_refused_by_name() {
    let world = World::new();
    let mut words = up("release", "200", "100");
    words.push("--enable-service-discovery");
    world.run(&words).code(2).says("service discovery");
    let mut words = up("release", "200", "100");
    words.push("--create-log-groups");
    world.run(&words).code(2).says("--create-log-groups");
    world.run(&["ecs-cli", "configure", "--cluster", "x"]).code(2).says("keeps no configuration");
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn it_says_its_version() {
    let world = World::new();
    world.run(&["ecs-cli", "-v"]).good().says("ecs-cli version 1.21.0");
    world.run(&["ecs-cli", "--version"]).good();
}
