//! The same commands inside a job: a thin client, and the driver that does the work.

use crate::world::World;
use ecs_sim::cloud::{FateRule, TaskFate};
use ecs_sim::gitlab::payload::Image;
use ecs_sim::gitlab::trial::{Ended, Intervention, Trial};
use insta::assert_snapshot;
use std::os::unix::fs::PermissionsExt as _;

#[track_caller]
fn passed(trial: Trial) -> Ended {
    let ended = trial.run_blocking().unwrap();
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    ended
}

#[test]
fn a_job_builds_and_releases_with_nothing_installed() {
    let world = World::new();
    passed(world.job(&["ecs-canary build", "ecs-canary deploy canary", "ecs-canary deploy full"]));
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:1
    release 3/3 release:1
    ");
}

#[test]
fn the_script_lines_of_2018_run_as_they_are() {
    let world = World::new();
    let mut trial = world.job(&[
        "docker login -u $CI_REGISTRY_USER -p $CI_REGISTRY_PASSWORD $CI_REGISTRY",
        "docker build -t $CI_REGISTRY_IMAGE:$CI_COMMIT_TAG .",
        "docker push $CI_REGISTRY_IMAGE:$CI_COMMIT_TAG",
        "aws sts get-caller-identity",
        "ecs-cli -v",
        "ecs-cli compose -p web -f deploy/docker-compose.yml --ecs-params deploy/ecs-params.yml \
         service up --cluster ecs-canary-test-poc-svc-cluster",
    ]);
    let name = "docker:dind".into();
    trial.job.services = vec![Image { name, ..Image::default() }];
    let ended = passed(trial);
    let needless = "docker:dind is not started and not needed";
    assert_eq!(ended.trace().matches(needless).count(), 1, "{}", ended.trace());
    assert_snapshot!(world.services(), @"web 1/1 web:1");
    assert!(ended.trace().contains("\"Account\": \"111122223333\""), "{}", ended.trace());
}

#[test]
fn other_words_of_aws_belong_to_a_real_aws_or_are_refused_with_a_hint() {
    let world = World::new();
    let lines = ["export PATH=${PATH%%:*}:$FOLDER", "aws s3 ls"];
    let job = || world.job(&lines).variable("FOLDER", world.directory().to_str().unwrap());
    let refused = job().run_blocking().unwrap();
    assert_eq!(refused.verdict(), "failed script_failure 2", "{}", refused.trace());
    assert!(refused.trace().contains("`aws sts get-caller-identity` only"), "{}", refused.trace());
    world.write("aws", "#!/bin/bash\necho the real aws: $*\n");
    let aws = world.directory().join("aws");
    std::fs::set_permissions(aws, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ended = passed(job());
    assert!(ended.trace().contains("the real aws: s3 ls"), "{}", ended.trace());
}

#[test]
fn who_releases_is_what_gitlab_said_and_not_the_script() {
    let world = World::new();
    world.push("1.0.0");
    let ended = passed(world.job(&[
        "export CI_COMMIT_SHA=forged CI_PIPELINE_ID=1 CI_JOB_ID=1 CI_PROJECT_PATH=other/project",
        "ecs-canary deploy canary",
    ]));
    let tags = world.requests("RegisterTaskDefinition")[0]["tags"].to_string();
    assert!(tags.contains(&ended.job.payload.git_info.sha), "{tags}");
    assert!(!tags.contains("forged") && !tags.contains("other/project"), "{tags}");
}

#[test]
fn a_failed_command_ends_the_job_with_its_own_exit_code() {
    let world = World::new();
    let ended = world.job(&["ecs-canary deploy canary --file none.yml"]).run_blocking().unwrap();
    assert_eq!(ended.verdict(), "failed script_failure 10", "{}", ended.trace());
    assert!(ended.trace().contains("none.yml: no such file"), "{}", ended.trace());
}

#[test]
fn a_release_whose_run_stage_was_killed_is_taken_back_by_the_cleanup() {
    let world = World::new();
    world.push("1.0.0");
    let fate = TaskFate { start_seconds: Some(36_000.0), ..TaskFate::default() };
    world.cloud.fate(FateRule { fate, ..FateRule::default() });
    let trial = world.job(&[
        "ecs-canary deploy canary > log 2>&1 &",
        "until grep -q 'waits for canary-release:1' log; do sleep 0.1; done",
        "kill -9 $PPID",
        "sleep 60",
    ]);
    let ended = trial.run_blocking().unwrap();
    assert_ne!(ended.verdict(), "success", "{}", ended.trace());
    assert_eq!(world.services(), "canary-release 0/0 canary-release:1\n");
}

#[test]
fn a_cancelled_job_stops_its_release_and_says_what_was_left() {
    let world = World::new();
    world.push("1.0.0");
    let fate = TaskFate { start_seconds: Some(36_000.0), ..TaskFate::default() };
    world.cloud.fate(FateRule { fate, ..FateRule::default() });
    let trial = world.job(&["ecs-canary deploy canary"]);
    let ended =
        trial.when_trace_contains("canary-release:1", Intervention::Cancel).run_blocking().unwrap();
    assert_ne!(ended.verdict(), "success");
    assert!(ended.trace().contains("CANCELLED"), "{}", ended.trace());
}
