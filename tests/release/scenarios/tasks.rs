//! A task on its own before a deploy.

use crate::tasks::wanted;
use crate::transcript::Transcript;
use crate::world::{Log, World};
use ecs_canary::apply::run_task;
use ecs_canary::model::OutcomeKind;
use ecs_canary::ports::CancelHandle;
use ecs_sim::cloud::TaskFate;
use std::time::Duration;

/// Runs `./manage.py migrate` of version 2 whose tasks fare so; cancelled after `cancel`.
async fn migrates(
    fate: TaskFate,
    cancel: Option<Duration>,
    (what, name): (&str, &str),
) -> OutcomeKind {
    let world = World::new();
    world.released(1).await;
    world.fate(2, fate);
    let (handle, asked) = CancelHandle::new();
    let log = Log::default();
    let wanted = wanted(&world, 2);
    let person = async {
        if let Some(after) = cancel {
            world.pass(after).await;
            handle.raise();
        }
    };
    let (mut ended, ()) =
        tokio::join!(run_task(&world.port, &world.clock, &log, &asked, &wanted), person);
    ended.outcome.command_code = ended.code.filter(|code| *code != 0);
    let mut text = Transcript::new(what);
    text.ended("task run -- ./manage.py migrate", &log.events(), &ended.outcome);
    text.is(name);
    ended.outcome.outcome
}

#[tokio::test(start_paused = true)]
async fn a_migration_that_ends_well() {
    let fate = TaskFate::crash_after(20.0, 0);
    let what = ("The command ends with exit code 0.", "task/done");
    assert_eq!(migrates(fate, None, what).await, OutcomeKind::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_migration_that_fails() {
    let fate = TaskFate::crash_after(5.0, 42);
    let what = ("The command ends with exit code 42.", "task/failed");
    assert!(!migrates(fate, None, what).await.is_good());
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_there() {
    let fate = TaskFate::pull_error("registry.example/group/app: not found");
    let what = ("The image cannot be pulled.", "task/no-image");
    assert!(!migrates(fate, None, what).await.is_good());
}

#[tokio::test(start_paused = true)]
async fn a_migration_is_not_cut_in_the_middle() {
    let what = ("The job is cancelled while the command runs.", "task/cancelled");
    let cancel = Some(Duration::from_secs(30));
    assert_eq!(migrates(TaskFate::default(), cancel, what).await, OutcomeKind::Cancelled);
}
