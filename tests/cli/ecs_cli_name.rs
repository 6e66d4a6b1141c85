//! By the name `ecs-cli`.

use crate::world::{COMMIT_2, World};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, FateRule, TaskFate};
use insta::assert_snapshot;
use serde_json::json;

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
    for option in ["--sd-container-name", "--dns-type", "--private-dns-namespace", "--vpc"] {
        let mut words = up("release", "200", "100");
        words.extend([option, "x"]);
        world.run(&words).code(2).says("service discovery");
    }
    for option in ["--ecs-profile", "--cluster-config", "--aws-profile"] {
        let mut words = up("release", "200", "100");
        words.extend([option, "x"]);
        world.run(&words).code(2).says(option);
    }
    let mut words = up("release", "200", "100");
    words.extend(["--launch-type", "MOON"]);
    world.run(&words).code(2).says("EC2, FARGATE or EXTERNAL");
    let stop = ["ecs-cli", "compose", "-p", "x", "service", "stop", "--force-deployment"];
    world.run(&stop).code(2).says("--force-deployment of this command");
    world.run(&["ecs-cli", "configure", "--cluster", "x"]).code(2).says("keeps no configuration");
    assert_eq!(world.changes(), [""; 0]);
}

#[test]
fn it_says_its_version() {
    let world = World::new();
    world.run(&["ecs-cli", "-v"]).good().says("ecs-cli version 1.21.0");
    world.run(&["ecs-cli", "--version"]).good();
}

fn tasks<'a>(action: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["ecs-cli", "compose", "-p", "batch", "-f", "deploy/docker-compose.yml"];
    words.extend(["--ecs-params", "deploy/ecs-params.yml", "-c", CLUSTER]);
    words.extend(action);
    words
}

pub(crate) fn running(world: &World) -> usize {
    let body = json!({ "cluster": CLUSTER, "family": "batch" });
    let listed = world
        .cloud
        .with(|cloud, now| cloud.call(now, EXAMPLE_ACCESS_KEY, "ecs", "ListTasks", body).unwrap());
    listed["taskArns"].as_array().unwrap().len()
}

#[test]
fn tasks_without_a_service_are_run_scaled_replaced_and_stopped() {
    let mut world = World::new();
    world.push("1.0.0");
    world.run(&tasks(&["up", "--tags", "team=core"])).good().says("1 running");
    assert_eq!(running(&world), 1);
    let request = world.requests("RunTask").remove(0);
    assert_eq!(request["group"], "task:batch");
    assert_eq!(request["tags"], json!([{ "key": "team", "value": "core" }]));
    assert_eq!(request["enableECSManagedTags"], true);
    world.run(&tasks(&["up"])).good().says("1 task of batch:1 running already");
    world.run(&tasks(&["scale", "12"])).good().says("11 running");
    assert_eq!(world.requests("RunTask").len(), 3, "ten tasks go with one call");
    world.run(&tasks(&["ps", "--desired-status", "RUNNING"])).good().says("batch:1");
    world.run(&tasks(&["scale", "2"])).good();
    assert_eq!(running(&world), 2);
    world.at_commit(COMMIT_2, "2.0.0", 102);
    world.push("2.0.0");
    world.run(&tasks(&["up"])).good();
    assert_eq!(running(&world), 2);
    world.run(&tasks(&["ps"])).good().says("batch:2");
    world.run(&tasks(&["up", "--force-update"])).good();
    world.run(&tasks(&["stop"])).good();
    assert_eq!(running(&world), 0);
    world.run(&tasks(&["down"])).good().says("no task of batch runs");
}

#[test]
fn a_task_that_fails_is_told_with_its_exit_code() {
    let world = World::new();
    world.push("1.0.0");
    world.cloud.fate(FateRule { fate: TaskFate::crash_at_start(3), ..FateRule::default() });
    let run = ["run", "canary-test", "migrate --to 'version 2'"];
    world.run(&tasks(&run)).code(31).says("exit code 3");
    let overrides = &world.requests("RunTask")[0]["overrides"]["containerOverrides"];
    let command = json!([{ "name": "canary-test", "command": ["migrate", "--to", "version 2"] }]);
    assert_eq!(*overrides, command);
    world.run(&tasks(&["run", "nobody", "x"])).code(2).says("no container is called nobody");
}

#[test]
fn log_groups_are_made_once_and_tags_are_added() {
    let world = World::new();
    world.push("1.0.0");
    let mut words = up("release", "200", "100");
    words.extend(["--create-log-groups", "--tags", "team=core,env=prod"]);
    world.run(&words).good().says("is made");
    let group = &world.requests("CreateLogGroup")[0];
    assert_eq!(group["logGroupName"], "/ecs/canary-test");
    let tags = world.requests("CreateService")[0]["tags"].clone();
    assert_eq!(tags[0], json!({ "key": "team", "value": "core" }));
    let registered = world.requests("RegisterTaskDefinition")[0]["tags"].to_string();
    assert!(registered.contains("core"), "{registered}");
    world.run(&words).good().says("is there");
    let added = world.requests("TagResource").pop().unwrap();
    assert!(added["resourceArn"].as_str().unwrap().contains("service/"), "{added}");
}

#[test]
fn what_a_service_has_is_started_once_more() {
    let world = World::new();
    world.push("1.0.0");
    world.run(&up("release", "200", "100")).good();
    let on = |action: &[&'static str]| {
        let mut words = vec!["ecs-cli", "compose", "-p", "release", "-c", CLUSTER, "service"];
        words.extend(action);
        world.run(&words)
    };
    on(&["start", "--force-deployment"]).good();
    let update = world.requests("UpdateService").pop().unwrap();
    assert_eq!(update["forceNewDeployment"], true);
    on(&["start"]).good();
    assert_eq!(world.requests("UpdateService").len(), 1, "it runs: nothing is sent");
    on(&["scale", "2", "--deployment-max-percent", "150"]).good();
    let update = world.requests("UpdateService").pop().unwrap();
    assert_eq!(update["deploymentConfiguration"], json!({ "maximumPercent": 150 }));
    assert_snapshot!(world.services(), @"release 2/2 release:1");
    on(&["ps", "--desired-status", "STOPPED"]).good();
    on(&["ps", "--desired-status", "GONE"]).code(2).says("RUNNING or STOPPED");
}

#[test]
fn an_image_that_was_not_built_is_not_pushed() {
    let mut world = World::new();
    let ended = world.run(&["ecs-cli", "push", "app:1"]);
    assert_ne!(ended.code, 0);
    ended.says("app:1");
    // Whose registry it is, was asked.
    assert_eq!(world.requests("GetCallerIdentity").len(), 1);
    world.unset("AWS_REGION");
    world.run(&["ecs-cli", "pull", "app:1"]).code(2).says("--region");
}
