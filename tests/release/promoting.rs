//! The full service is replaced in place, and something comes in between: the canary is the
//! healthy side, and keeps its share until the full service can answer again.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::kills::{same_end_at_kills, stride};
use crate::transcript::Transcript;
use crate::world::{Told, World};
use ecs_canary::model::{Goal, HealthyPercents, OutcomeKind, RollbackTo, Wanted};
use ecs_canary::ports::{CancelHandle, Clock as _};
use ecs_sim::cloud::{EXAMPLE_TARGET_GROUP, TaskFate};
use serde_json::json;
use std::time::Duration;

/// The wish for `version`, by steps, whose full service stops its tasks before it starts others.
fn in_place(world: &World, goal: Goal, version: u32) -> Wanted {
    let mut wanted = world.stepped(goal, version);
    let full = wanted.full.as_mut().unwrap();
    full.percents = Some(HealthyPercents { minimum: 0, maximum: 100 });
    wanted
}

async fn prepared() -> World {
    let world = World::weighted();
    let told = world.release(&in_place(&world, Goal::Full, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    world
}

fn healthy(world: &World) -> usize {
    let group = json!({ "TargetGroupArn": EXAMPLE_TARGET_GROUP });
    let answer = world.elb("DescribeTargetHealth", group);
    let targets = crate::convert::list(&answer["TargetHealthDescriptions"]);
    targets.iter().filter(|target| target["TargetHealth"]["State"] == "healthy").count()
}

/// Lets time pass until the full service has no task while half of the requests are the canary's.
async fn until_replaced(world: &World) {
    while world.weights() != "50/50" || world.row("release").running > 0 {
        world.pass(Duration::from_secs(1)).await;
    }
}

/// Runs `wanted`, and asks to stop it so often once the full service has no task.
async fn cancelled(world: &World, wanted: &Wanted, times: u32) -> Told {
    let (handle, cancel) = CancelHandle::new();
    let person = async {
        until_replaced(world).await;
        for _ in 0..times {
            handle.raise();
            world.pass(Duration::from_secs(2)).await;
        }
        while world.weights() == "50/50" && times == 1 {
            world.pass(Duration::from_secs(1)).await;
        }
        healthy(world)
    };
    let (told, healthy) = tokio::join!(world.release_until(wanted, &cancel), person);
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_eq!(healthy == 3, times == 1, "when the share goes away: {}", told.log);
    told
}

#[tokio::test(start_paused = true)]
async fn a_cancel_leaves_the_share_to_the_canary_until_the_full_service_is_well_again() {
    let world = prepared().await;
    let wanted = in_place(&world, Goal::Release, 2);
    let told = cancelled(&world, &wanted, 1).await;
    assert_eq!(world.weights(), "100/0");
    assert!(!told.ended.leaves_canary, "{}", told.log);
    let tasks = world.row("canary-release").running;
    assert_eq!(tasks, 2, "its tasks stay for the same command");
    let mut text = Transcript::new("Somebody cancels while the full service is replaced in place.");
    text.job("release", &told);
    text.standing(&world);
    let again = world.release(&wanted).await;
    assert_eq!(again.kind(), OutcomeKind::Succeeded, "{}", again.log);
    text.is("weighted/cancelled-in-full");
}

#[tokio::test(start_paused = true)]
async fn after_a_second_cancel_whoever_comes_later_takes_the_share() {
    let world = prepared().await;
    let told = cancelled(&world, &in_place(&world, Goal::Release, 2), 2).await;
    assert!(told.ended.leaves_canary, "the cleanup stage has to look: {}", told.log);
    assert_eq!(world.weights(), "50/50");
    assert!(told.reason().contains("the canary keeps its share"), "{}", told.reason());
    // Its lease ends by itself.
    world.pass(Duration::from_secs(301)).await;
    let reaped = world.release(&in_place(&world, Goal::Reap, 7)).await;
    assert!(reaped.kind().is_good(), "{} {}", reaped.reason(), reaped.log);
    assert_eq!((world.weights().as_str(), healthy(&world)), ("100/0", 3), "{}", reaped.log);
}

/// Neither the new version nor the old one starts any more while the full service is replaced.
async fn stuck() -> (World, Told) {
    let world = prepared().await;
    let wanted = in_place(&world, Goal::Release, 2);
    let fate = async {
        while world.weights() != "50/50" {
            world.pass(Duration::from_secs(1)).await;
        }
        for version in [1, 2] {
            world.fate(version, TaskFate::crash_at_start(1));
        }
    };
    let (told, ()) = tokio::join!(world.release(&wanted), fate);
    (world, told)
}

#[tokio::test(start_paused = true)]
async fn a_full_service_that_cannot_go_back_leaves_all_to_the_canary_and_a_person() {
    let (world, told) = stuck().await;
    assert_eq!(told.kind(), OutcomeKind::FailedNotRolledBack, "{}", told.log);
    assert_eq!(world.weights(), "50/50", "{}", told.log);
    let mut text = Transcript::new("Neither the new nor the old version starts any more.");
    text.job("release", &told);
    text.standing(&world);
    let repaired = world.release(&in_place(&world, Goal::Full, 3)).await;
    assert_eq!(repaired.kind(), OutcomeKind::Refused, "its lease holds: {}", repaired.log);
    world.pass(Duration::from_secs(301)).await;
    let at = world.clock.now();
    let repaired = world.release(&in_place(&world, Goal::Full, 3)).await;
    assert_eq!(repaired.kind(), OutcomeKind::Succeeded, "{}", repaired.log);
    assert!(world.clock.now().since(at) < Duration::from_secs(600), "{}", repaired.log);
    assert_eq!(world.weights(), "100/0");
    text.meanwhile("a repaired release is deployed when the lease of this one ended");
    text.job("deploy full", &repaired);
    text.standing(&world);
    text.is("weighted/full-stuck");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_first_brings_the_full_service_back_and_then_takes_the_share() {
    let world = prepared().await;
    let wanted = in_place(&world, Goal::Release, 2);
    let mut dying = Box::pin(world.release(&wanted));
    tokio::select! {
        told = &mut dying => panic!("it was still under way: {}", told.log),
        () = until_replaced(&world) => {}
    }
    // A killed process runs no destructors.
    std::mem::forget(dying);
    let back = in_place(&world, Goal::Rollback(RollbackTo::LastGood), 0);
    let (told, healthy) = tokio::join!(world.release(&back), async {
        while world.weights() == "50/50" {
            world.pass(Duration::from_secs(1)).await;
        }
        healthy(&world)
    });
    assert!(told.kind().is_good(), "{} {}", told.reason(), told.log);
    assert_eq!((world.weights().as_str(), healthy), ("100/0", 3), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_release_in_place_comes_to_the_same_end_when_it_is_killed() {
    let world = prepared().await;
    let mut wanted = in_place(&world, Goal::Release, 2);
    wanted.course.steps.remove(0);
    wanted.course.hold = Duration::from_secs(5);
    same_end_at_kills(world, wanted, stride(5)).await;
}
