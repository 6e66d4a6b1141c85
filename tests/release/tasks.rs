//! A task on its own before a deploy.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::world::{Log, World};
use ecs_canary::apply::{TaskEnded, TaskWanted, run_task};
use ecs_canary::model::{Goal, OutcomeKind};
use ecs_canary::ports::CancelHandle;
use ecs_sim::cloud::{Fault, FaultKind, TaskFate};
use insta::assert_snapshot;
use serde_json::{Map, json};
use std::time::Duration;

pub(crate) fn wanted(world: &World, version: u32) -> TaskWanted {
    let wanted = world.wanted(Goal::Full, version);
    let full = wanted.full.unwrap();
    TaskWanted {
        cluster: wanted.cluster,
        task: full.task.unwrap(),
        written_image: None,
        container: "web".to_owned(),
        command: vec!["./manage.py".to_owned(), "migrate".to_owned()],
        extra: Map::new(),
        identity: wanted.identity,
        token: format!("job-{version}-abc"),
        deadline: wanted.deadline,
    }
}

async fn ran(world: &World, wanted: &TaskWanted) -> (TaskEnded, String) {
    let (_handle, cancel) = CancelHandle::new();
    let log = Log::default();
    let ended = run_task(&world.port, &world.clock, &log, &cancel, wanted).await;
    (ended, log.text())
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_the_command_from_the_revision_that_is_deployed_next() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_after(20.0, 0));
    let (ended, log) = ran(&world, &wanted(&world, 2)).await;
    assert_eq!((ended.outcome.outcome, ended.code), (OutcomeKind::Succeeded, Some(0)), "{log}");
    assert_snapshot!(ended.outcome.reason.unwrap(), @"container web ended with exit code 0 (40 s)");
    assert_eq!(ended.outcome.revision.as_deref(), Some("release:2"));
    let request = world.request("RunTask");
    assert_eq!(
        request["overrides"],
        json!({ "containerOverrides": [{ "name": "web", "command": ["./manage.py", "migrate"] }] })
    );
    world.fate(2, TaskFate::default());
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.row("release").revision, "release:2", "the same revision");
}

#[tokio::test(start_paused = true)]
async fn a_failing_command_ends_with_its_own_exit_code() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_after(5.0, 42));
    let (ended, log) = ran(&world, &wanted(&world, 2)).await;
    assert_eq!(ended.code, Some(42), "{log}");
    assert!(!ended.outcome.outcome.is_good());
    assert_snapshot!(ended.outcome.reason.unwrap(), @"container web ended with exit code 42 (25 s)");
}

#[tokio::test(start_paused = true)]
async fn asking_again_with_the_same_token_runs_nothing_twice() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_after(20.0, 0));
    let wanted = wanted(&world, 2);
    world.fault(Fault::times("RunTask", 1, FaultKind::Close { applied: true }));
    let (first, log) = ran(&world, &wanted).await;
    assert_eq!(first.code, Some(0), "{log}");
    let (second, log) = ran(&world, &wanted).await;
    assert_eq!(second.code, Some(0), "{log}");
    let answer = world.port.now(
        "ListTasks",
        json!({ "cluster": wanted.cluster, "desiredStatus": "STOPPED", "family": "release" }),
    );
    assert_eq!(answer["taskArns"].as_array().unwrap().len(), 1, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn an_image_that_cannot_be_pulled_is_told() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::pull_error("not found"));
    let (ended, log) = ran(&world, &wanted(&world, 2)).await;
    assert_eq!(ended.code, None, "{log}");
    let reason = ended.outcome.reason.unwrap();
    assert!(reason.starts_with("container web never ran: CannotPullContainerError"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_does_not_cut_a_migration_in_the_middle() {
    let world = World::new();
    world.released(1).await;
    let (handle, cancel) = CancelHandle::new();
    let log = Log::default();
    let wanted = wanted(&world, 2);
    let person = async {
        world.pass(Duration::from_secs(30)).await;
        handle.raise();
    };
    let (ended, ()) =
        tokio::join!(run_task(&world.port, &world.clock, &log, &cancel, &wanted), person);
    assert_eq!(ended.outcome.outcome, OutcomeKind::Cancelled);
    assert_eq!(world.calls("StopTask"), 0);
    assert!(ended.outcome.now.unwrap().contains("goes on in AWS"));
}
