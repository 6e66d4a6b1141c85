//! Somebody else deploys, in the moments in which that hurts most.

use crate::kills::killed_at;
use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, Refusal};
use insta::assert_snapshot;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn an_abort_does_not_stop_a_colleagues_deployment() {
    let world = World::new();
    world.released(1).await;
    let told = world.release(&world.wanted(Goal::Canary, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    world.colleague(9);
    let told = world.release(&world.wanted(Goal::Abort, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.calls("StopServiceDeployment"), 0, "{}", told.log);
    world.pass(Duration::from_secs(300)).await;
    assert_snapshot!(world.state(), @"canary-release canary-release:3 v9 1/1 COMPLETED; release release:2 v9 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_serves_a_colleagues_release_is_not_taken_for_ours() {
    let world = World::new();
    world.released(1).await;
    world.release(&world.wanted(Goal::Canary, 2)).await;
    world.colleague(9);
    world.pass(Duration::from_secs(300)).await;
    let told = world.release(&world.wanted(Goal::Abort, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.tags("canary-release:3")["ecs-canary:commit"], "somebody-else");
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(world.state().contains("release:3 v2 3/3"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_went_back_with_a_rollback_is_not_taken_for_the_bad_release() {
    let world = World::new();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.canary = None;
    assert_eq!(world.release(&wanted).await.kind(), OutcomeKind::Succeeded);
    world.release(&world.wanted(Goal::Canary, 3)).await;
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    let mut rollback = world.rollback();
    rollback.identity = world.wanted(Goal::Full, 3).identity;
    let told = world.release(&rollback).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(world.state().contains("canary-release canary-release:3 v2"), "{}", world.state());
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(world.state().contains("release release:3 v3 3/3"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn a_rollback_does_not_stop_what_is_deployed_after_it() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    let before = world.calls("UpdateService");
    let colleague = async {
        // The full service is back, and the canary follows.
        while world.calls("UpdateService") < before + 2 {
            world.pass(Duration::from_secs(1)).await;
        }
        world.colleague(9);
    };
    let wanted = world.rollback();
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_eq!(world.calls("StopServiceDeployment"), 0, "{}", told.log);
    assert_ne!(told.kind(), OutcomeKind::Internal, "{}", told.log);
    world.pass(Duration::from_secs(300)).await;
    assert!(world.state().contains("release release:3 v9 3/3"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn who_may_not_go_on_after_a_kill_takes_the_share_away() {
    let world = World::weighted();
    world.released(1).await;
    let wanted = world.stepped(Goal::Release, 2);
    // While the full service is replaced, the canary keeps its share.
    killed_at(&world, &wanted, Duration::from_secs(95)).await;
    assert_eq!(world.weights(), "50/50");
    assert_eq!(world.moves().last().unwrap(), "release: release:2");
    world.colleague(9);
    let told = world.release(&wanted).await;
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::OtherRelease), "{}", told.log);
    assert_eq!(world.weights(), "100/0", "{}", told.log);
    assert!(told.now().ends_with("the canary gets no requests any more"), "{}", told.now());
    assert!(!told.reason().contains("nothing was changed"), "{}", told.reason());
    assert!(world.service_tag("release", "ecs-canary:lease").ends_with("free"));
}

#[tokio::test(start_paused = true)]
async fn without_tags_a_release_that_is_there_is_not_tried_out_again() {
    let world = World::weighted();
    world.deny("TagResource");
    world.released(1).await;
    let told = world.release(&world.stepped(Goal::Release, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    let moves = world.moves().len();
    let again = world.release(&world.stepped(Goal::Release, 2)).await;
    assert_eq!(again.kind(), OutcomeKind::NoChange, "{}", again.log);
    assert_eq!(world.moves().len(), moves);
}
