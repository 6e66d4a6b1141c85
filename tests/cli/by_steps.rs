//! promote, abort, release, task run and gc, as a person calls them.

use crate::world::{COMMIT_2, World};
use insta::assert_snapshot;

/// Version 1 runs everywhere; version 2 is built.
fn second_build() -> World {
    let mut world = World::new();
    world.build();
    world.run(&["deploy", "canary"]).good();
    world.run(&["deploy", "full"]).good();
    world.edit("html/index.html", "v1", "v2");
    world.remove("image.json");
    world.at_commit(COMMIT_2, "2.0.0", 102);
    world.build();
    world
}

#[test]
fn a_canary_is_aborted_and_another_one_promoted() {
    let world = second_build();
    world.run(&["promote"]).code(11).says("nothing to promote");
    world.run(&["deploy", "canary"]).good();
    world.run(&["abort"]).good().says("canary-release");
    world.run(&["abort"]).good();
    world.run(&["deploy", "canary"]).good();
    world.remove("image.json");
    world.run(&["promote"]).good();
    let running: Vec<String> =
        world.cloud.services().into_iter().map(|row| row.images.into_values().collect()).collect();
    assert_eq!(running[0], running[1], "the canary's bytes");
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:2
    release 3/3 release:2
    ");
    world.run(&["gc", "--releases"]).good().says("no release was left behind");
}

#[test]
fn each_goal_can_be_planned_and_a_plan_changes_nothing() {
    let world = second_build();
    world.run(&["plan", "promote"]).code(11).says("nothing to promote");
    world.run(&["deploy", "canary"]).good();
    let before = world.changes().len();
    world.run(&["plan", "promote"]).good().says("update service release to");
    world.run(&["plan", "release"]).good().says("holds canary-release for 10 min, then release");
    world.run(&["plan", "abort"]).good().says("canary-release to canary-release:1");
    world.run(&["plan", "rollback"]).code(11).says("cannot go back");
    world.run(&["plan", "canary", "--service", "full"]).code(2);
    assert_eq!(world.changes().len(), before, "nothing was changed");
}

#[test]
fn a_release_holds_for_the_declared_time() {
    let world = second_build();
    world.edit("ecs-canary.yml", "mode: twin", "mode: twin\nhold: 30s");
    world.run(&["release"]).good().says("hold canary-release as it is until");
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:2
    release 3/3 release:2
    ");
}

#[test]
fn a_weighted_mode_needs_its_rule_and_two_target_groups() {
    let world = second_build();
    world.edit("ecs-canary.yml", "mode: twin", "mode: weighted");
    world.run(&["deploy", "canary"]).code(10).says("mode weighted needs a listener rule");
    let rule = "listener_rule: arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:\
                listener-rule/app/a/1/2/3";
    world.edit("ecs-canary.yml", "mode: weighted", &format!("mode: weighted\n{rule}"));
    world.run(&["release"]).code(10).says("needs two target groups");
    world.edit("ecs-canary.yml", "mode: weighted", "mode: native");
    world.run(&["deploy", "full"]).code(10).says("mode native needs a block");
}

#[test]
fn a_command_runs_in_a_task_of_its_own_and_its_exit_code_is_ours() {
    use ecs_sim::cloud::{FateRule, TaskFate};
    let world = second_build();
    let fate = TaskFate::crash_after(5.0, 43);
    world.cloud.fate(FateRule { fate, ..FateRule::default() });
    let ended = world.run(&["task", "run", "--", "./manage.py", "migrate"]).code(43);
    ended.says("ended with exit code 43");
    let request = world.requests("RunTask").pop().unwrap();
    let command = &request["overrides"]["containerOverrides"][0]["command"];
    assert_eq!(*command, serde_json::json!(["./manage.py", "migrate"]));
    let dry = world.run(&["task", "run", "--dry-run", "--", "true"]).good();
    dry.says("run true in container").says("of one task of release");
    assert_eq!(world.requests("RunTask").len(), 1);
}

#[test]
fn a_judge_in_the_release_file_is_not_passed_over_in_silence() {
    let world = second_build();
    world.edit("ecs-canary.yml", "mode: twin", "mode: twin\nhold: 10s\njudge: {ratio: 1.5}");
    let ended = world.run(&["release"]).code(10);
    ended.says("ecs-canary.yml:").says("nothing tells the canary's requests from the full");
    world.edit("ecs-canary.yml", "judge: {ratio: 1.5}", "judge: off");
    world.run(&["release"]).good();
}

#[test]
fn a_deploy_may_name_its_side_twice_but_not_two_sides() {
    let world = second_build();
    world.run(&["deploy", "full", "--service", "full", "--dry-run"]).good();
    world.run(&["deploy", "full", "--service", "canary"]).code(2).says("leave --service out");
    world.run(&["plan", "--deadline", "20m", "--dry-run"]).good().says("--deadline");
}
