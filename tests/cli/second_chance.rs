//! The driver of a run stage gets SIGKILL in the middle of a command: the cleanup stage of the same
//! job goes on with a rollback or a change of counts, and stops a deployment by ecs-cli's name.

use crate::world::{COMMIT_2, World};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, FateRule, TaskFate};
use ecs_sim::gitlab::trial::{Ended, Trial};
use insta::assert_snapshot;
use serde_json::json;

/// Tasks take so long to start that the kill comes before, in seconds of the simulated cloud.
const SLOW: f64 = 2_000.0;

/// Both services run version 1.
fn running() -> World {
    let world = World::quick();
    world.push("1.0.0");
    world.run(&["deploy", "canary"]).good();
    world.run(&["deploy", "full"]).good();
    world
}

/// Runs `command` in a job, whose driver is killed once its log says `words`.
fn killed(world: &World, command: &str, words: &str) {
    drop(ends_killed(killing(world, command, words)));
}

/// The job that does so. Tasks that start meanwhile take long.
pub(crate) fn killing(world: &World, command: &str, words: &str) -> Trial {
    let fate = TaskFate { start_seconds: Some(SLOW), ..TaskFate::default() };
    world.cloud.fate(FateRule { fate, ..FateRule::default() });
    world.job(&[
        &format!("{command} > log 2>&1 &"),
        &format!("until grep -q '{words}' log; do sleep 0.1; done"),
        "kill -9 $PPID",
        "sleep 60",
    ])
}

pub(crate) fn ends_killed(trial: Trial) -> Ended {
    let ended = trial.run_blocking().unwrap();
    assert_ne!(ended.verdict(), "success", "{}", ended.trace());
    ended
}

fn lease(world: &World) -> String {
    let named = json!({"cluster": EXAMPLE_CLUSTER, "services": ["release"], "include": ["TAGS"]});
    let found = world.cloud.with(|cloud, now| {
        cloud.call(now, EXAMPLE_ACCESS_KEY, "ecs", "DescribeServices", named).unwrap()
    });
    let tags = found["services"][0]["tags"].as_array().cloned().unwrap_or_default();
    let tag = tags.into_iter().find(|tag| tag["key"] == "ecs-canary:lease");
    tag.map_or_else(String::new, |tag| tag["value"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_killed_rollback_is_brought_to_its_end() {
    let mut world = running();
    world.at_commit(COMMIT_2, "2.0.0", 102);
    world.push("2.0.0");
    world.run(&["deploy", "full"]).good();
    killed(&world, "ecs-canary rollback", "waits for release:1");
    assert_eq!(lease(&world), "1 free", "whoever brings it to its end gives the lease back");
    assert_snapshot!(world.services(), @r"
    canary-release 1/1 canary-release:1
    release 3/3 release:1
    ");
}

#[test]
fn counts_that_a_killed_command_did_not_come_to_are_set() {
    let world = running();
    killed(&world, "ecs-canary scale full=4 canary=2", "waits for 4 tasks");
    assert_snapshot!(world.services(), @r"
    canary-release 2/2 canary-release:1
    release 4/4 release:1
    ");
}

#[test]
fn a_killed_deployment_by_the_name_of_ecs_cli_is_stopped() {
    let world = running();
    world.edit("deploy/docker-compose.yml", "TZ=Asia/Tokyo", "TZ=UTC");
    let up = format!(
        "ecs-cli compose -p release -f deploy/docker-compose.yml --ecs-params \
         deploy/ecs-params.yml service up --cluster {EXAMPLE_CLUSTER}"
    );
    killed(&world, &up, "waits for release:2");
    assert_eq!(world.requests("StopServiceDeployment").len(), 1);
    let rows = world.cloud.services();
    let release = rows.iter().find(|row| row.service == "release").unwrap();
    assert_eq!((release.revision.as_str(), release.running), ("release:1", 3));
}
