//! What would be done is told, and nothing is done.

use crate::world::World;

#[test]
fn a_build_tells_its_image_and_asks_nobody() {
    let mut world = World::new();
    world.set("CI_REGISTRY_PASSWORD", "wr0ng-s3cret");
    let told = world.run(&["build", "--dry-run", "--platform", "linux/arm64"]).good();
    told.says("would").says("build Dockerfile for linux/arm64 on").says("push ");
    assert!(!world.directory().join("image.json").exists());
    let told = world.run(&["build", "--dry-run", "--no-push"]).good();
    assert!(!told.stdout.contains("push ") && !told.stderr.contains("push "), "{}", told.stderr);
    world.edit("Dockerfile", "COPY html", "RUN make\nCOPY html");
    world.run(&["build", "--dry-run"]).code(10).says("Dockerfile:3");
}

#[test]
fn a_rollback_to_an_image_names_its_revision_or_says_that_there_is_none() {
    let world = World::new();
    world.run(&["build"]).good();
    world.run(&["deploy", "full"]).good();
    let record = world.read("image.json");
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let image = record["image"].as_str().unwrap();
    let told = world.run(&["rollback", "--dry-run", "--service", "full", "--image", image]);
    told.good().says("use release:1: the release to go back to");
    let other = format!("r.example/app@sha256:{}", "0".repeat(64));
    let refused = world.run(&["rollback", "--dry-run", "--service", "full", "--image", &other]);
    refused.code(11).says("no revision of release has image");
    world.run(&["rollback", "--image", "r.example/app:1"]).code(2);
    world.run(&["rollback", "--image", image, "--to", "1"]).code(2);
}

#[test]
fn a_job_of_another_executor_has_its_own_timeout_as_deadline() {
    let mut world = World::new();
    world.build();
    // Of a job that begins in the far future every clock sees the same.
    world.set("CI_JOB_STARTED_AT", "2199-01-01T00:00:00Z");
    world.set("CI_JOB_TIMEOUT", "3600");
    world.run(&["plan", "full"]).good().says("(the job's timeout, less a reserve)");
    world.set("CI_JOB_TIMEOUT", "soon");
    world.run(&["plan", "full"]).good().says("(default)");
}

#[test]
fn a_task_tells_what_would_run_where_and_starts_nothing() {
    let world = World::new();
    world.build();
    let before = world.changes().len();
    let told = world.run(&["task", "run", "--dry-run", "--", "./manage.py", "migrate"]).good();
    let told = told.says("or register it").says("(image.json)");
    told.says("run ./manage.py migrate in container").says("nothing was changed");
    assert_eq!(world.changes().len(), before);
}

#[test]
fn a_plan_takes_the_options_of_what_it_plans() {
    let world = World::new();
    world.build();
    world.run(&["plan", "full", "--to", "release:1"]).code(2).says("--to is for `plan rollback`");
    let refused = world.run(&["plan", "rollback", "--to", "release:9"]).code(11);
    refused.says("service release does not exist").says("file    ecs-canary.yml");
    world.run(&["plan", "full", "--wait", "--again", "--allow-older"]).good().says("would");
}
