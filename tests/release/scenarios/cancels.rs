//! The job is cancelled.

use super::Job;
use crate::cancels::cancelled;
use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::OutcomeKind::Succeeded;
use ecs_canary::model::{Goal, OnCancel, OutcomeKind, Wanted};
use ecs_sim::cloud::{Fault, FaultKind};
use std::time::Duration;

async fn running() -> World {
    let world = World::new();
    world.released(1).await;
    world
}

/// Cancelled at each of these seconds; what comes of it when nobody does anything more.
async fn at(world: &World, wanted: &Wanted, seconds: &[u64], what: &str) -> Transcript {
    let told = cancelled(world, wanted, seconds).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    let mut text = Transcript::new(what);
    text.job("deploy full", &told);
    world.heal_for_colleague();
    world.pass(Duration::from_secs(300)).await;
    text.meanwhile("five minutes pass");
    text.standing(world);
    text
}

#[tokio::test(start_paused = true)]
async fn once_and_run_again() {
    let world = running().await;
    let wanted = world.wanted(Goal::Full, 2);
    let mut text = at(&world, &wanted, &[12], "Cancelled, and then run again.").await;
    Job("deploy full", Succeeded).runs(&mut text, &world, &wanted).await;
    text.is("cancel/once");
}

#[tokio::test(start_paused = true)]
async fn twice_while_aws_does_not_answer() {
    let world = running().await;
    let fault = Fault::always("StopServiceDeployment", FaultKind::NoAnswer { applied: false });
    world.fault(fault);
    let wanted = world.wanted(Goal::Full, 2);
    let text = at(&world, &wanted, &[12, 14], "AWS does not answer, and it is cancelled twice.");
    text.await.is("cancel/twice");
}

#[tokio::test(start_paused = true)]
async fn left_as_declared() {
    let world = running().await;
    let wanted = Wanted { on_cancel: OnCancel::Leave.into(), ..world.wanted(Goal::Full, 2) };
    at(&world, &wanted, &[12], "Cancelled with `on_cancel: leave`.").await.is("cancel/left");
}

#[tokio::test(start_paused = true)]
async fn before_anything_was_sent() {
    let world = running().await;
    let wanted = world.wanted(Goal::Full, 2);
    at(&world, &wanted, &[0], "Cancelled before the first look.").await.is("cancel/before");
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_stop() {
    let world = running().await;
    world.deny("StopServiceDeployment");
    let wanted = world.wanted(Goal::Full, 2);
    let text = at(&world, &wanted, &[12], "Cancelled without the right to stop a deployment.");
    text.await.is("cancel/may-not-stop");
}

#[tokio::test(start_paused = true)]
async fn in_the_hold_of_the_canary() {
    let world = running().await;
    let wanted = world.wanted(Goal::Release, 2);
    let told = cancelled(&world, &wanted, &[120]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    let mut text = Transcript::new("Cancelled while the canary is looked at.");
    text.job("release", &told);
    text.standing(&world);
    text.is("cancel/in-the-hold");
}
