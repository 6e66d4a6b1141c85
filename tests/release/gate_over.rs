//! A canary that was left at its gate: a scheduled job does what was noted for the time after it.

use crate::kills::same_end_at_each_kill;
use crate::world::{Told, World};
use ecs_canary::model::{Gate, GateAction, Goal, OutcomeKind, Wanted};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn canary(world: &World, then: GateAction) -> Wanted {
    let mut wanted = world.stepped(Goal::Canary, 2);
    wanted.course.gate = Some(Gate { timeout: 10 * MINUTE, then });
    wanted
}

/// Version 2 stands at its gate, and nobody waits there.
async fn at_gate(then: GateAction) -> World {
    let world = World::weighted();
    world.released(1).await;
    let told = world.release(&canary(&world, then)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "90/10");
    world
}

async fn scheduled(world: &World) -> Told {
    world.release(&world.stepped(Goal::Reap, 9)).await
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_gate_is_noted_and_nothing_happens_before_it() {
    let world = at_gate(GateAction::Rollback).await;
    let tag = world.service_tag("release", "ecs-canary:progress");
    assert!(tag.contains(" gate 1 ") || tag.starts_with("1 gate 1 "), "{tag}");
    assert!(tag.contains(" until 20") && tag.ends_with(" then rollback"), "{tag}");
    world.pass(9 * MINUTE).await;
    let changes = world.changes().len();
    let told = scheduled(&world).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{} {}", told.reason(), told.log);
    assert_eq!(world.changes().len(), changes, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_over_takes_the_canary_back() {
    let world = at_gate(GateAction::Rollback).await;
    world.pass(11 * MINUTE).await;
    let told = scheduled(&world).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert!(told.log.contains("gate  nobody answered pipeline 102 until 20"), "{}", told.log);
    assert_eq!(world.weights(), "100/0");
    assert!(world.state().contains(" v1 1/1"), "{}", world.state());
    let told = scheduled(&world).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{} {}", told.reason(), told.log);
    // The same release may be tried again: nobody judged it.
    let told = world.release(&canary(&world, GateAction::Rollback)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_over_promotes_what_was_tried_out() {
    let world = at_gate(GateAction::Promote).await;
    let tried = world.tags("canary-release:1");
    world.pass(11 * MINUTE).await;
    let told = scheduled(&world).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    let outcome = &told.ended.outcome;
    assert_eq!(outcome.service.as_ref().map(|name| name.as_str()), Some("release"));
    assert_eq!(world.weights(), "100/0");
    assert!(world.state().contains("release release:2 v2 3/3"), "{}", world.state());
    let runs = world.tags("release:2");
    for key in ["ecs-canary:commit", "ecs-canary:pipeline", "ecs-canary:digest"] {
        assert_eq!(runs.get(key), tried.get(key), "{key}: {runs:?}");
    }
    let told = world.release(&world.stepped(Goal::Promote, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{} {}", told.reason(), told.log);
    let told = scheduled(&world).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{} {}", told.reason(), told.log);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_holds_stays_and_one_that_was_answered_is_no_gate() {
    let world = at_gate(GateAction::Hold).await;
    world.pass(11 * MINUTE).await;
    let told = scheduled(&world).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "90/10");

    let world = at_gate(GateAction::Rollback).await;
    let told = world.release(&world.stepped(Goal::Promote, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    world.pass(11 * MINUTE).await;
    let told = scheduled(&world).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{} {}", told.reason(), told.log);
    assert!(world.state().contains("release release:2 v2 3/3"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn twins_have_a_gate_too() {
    for (then, version) in [(GateAction::Rollback, "v1"), (GateAction::Promote, "v2")] {
        let world = World::quick();
        world.released(1).await;
        let mut wanted = world.wanted(Goal::Canary, 2);
        wanted.course.gate = Some(Gate { timeout: 10 * MINUTE, then });
        assert_eq!(world.release(&wanted).await.kind(), OutcomeKind::Succeeded);
        world.pass(11 * MINUTE).await;
        let told = world.release(&world.wanted(Goal::Reap, 9)).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
        let state = world.state();
        assert_eq!(state.matches(&format!(" {version} ")).count(), 2, "{state}\n{}", told.log);
    }
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_job_that_is_killed_comes_to_the_same_end() {
    for then in [GateAction::Rollback, GateAction::Promote] {
        let world = at_gate(then).await;
        world.pass(11 * MINUTE).await;
        let wanted = world.stepped(Goal::Reap, 9);
        same_end_at_each_kill(world, wanted).await;
    }
}
