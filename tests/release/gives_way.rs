//! A newer release comes while the canary of another one waits for a person and nobody holds the
//! services: the waiting one gives way, in each mode. Whoever holds them is left alone.

use crate::kills::{same_end_at_kills, stride};
use crate::transcript::Transcript;
use crate::world::{Told, World};
use ecs_canary::model::{Goal, OnCancel, OutcomeKind, Refusal, Wanted};
use ecs_canary::ports::CancelHandle;
use insta::assert_snapshot;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn ends(world: &World, wanted: &Wanted, kind: OutcomeKind) -> Told {
    let told = world.release(wanted).await;
    assert_eq!(told.kind(), kind, "{}\n{}", told.reason(), told.log);
    told
}

/// Version `version` waits at its pause; version 1 has the other requests.
async fn native_at_gate(version: u32) -> World {
    let world = World::native().await;
    ends(&world, &world.native_wish(Goal::Canary, version), OutcomeKind::Paused).await;
    world
}

/// The same by a rule of ours.
async fn weighted_at_gate(version: u32) -> World {
    let world = World::weighted();
    world.released(1).await;
    ends(&world, &world.stepped(Goal::Canary, version), OutcomeKind::Succeeded).await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_native_canary_at_its_pause_is_stopped_by_a_newer_release() {
    let world = native_at_gate(2).await;
    world.pass(10 * MINUTE).await;
    let told = ends(&world, &world.native_wish(Goal::Canary, 3), OutcomeKind::Paused).await;
    let mut text =
        Transcript::new("Version 3 comes while version 2 waits for a person and nobody holds it.");
    text.job("deploy canary", &told);
    text.now(&world);
    let late = ends(&world, &world.native_wish(Goal::Promote, 2), OutcomeKind::Refused).await;
    text.meanwhile("somebody promotes version 2 all the same");
    text.job("promote", &late);
    let told = ends(&world, &world.native_wish(Goal::Promote, 3), OutcomeKind::Succeeded).await;
    assert!(told.now().contains("release:3"), "{}", told.now());
    text.is("native/another-release-waits");
    assert_eq!(world.calls("StopServiceDeployment"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_native_canary_whose_job_is_alive_is_left_alone() {
    let world = World::native().await;
    let mut held = world.native_wish(Goal::Release, 2);
    held.course.hold = 20 * MINUTE;
    crate::kills::killed_at(&world, &held, 2 * MINUTE).await;
    let before = world.native_state();
    let told = ends(&world, &world.native_wish(Goal::Canary, 3), OutcomeKind::Refused).await;
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::OtherRelease));
    let mut text = Transcript::new("Version 3 comes while the job of version 2 holds its share.");
    text.job("deploy canary", &told);
    text.now(&world);
    text.is("native/another-release-holds");
    assert_eq!(world.native_state(), before);
}

#[tokio::test(start_paused = true)]
async fn an_older_release_does_not_take_the_place_of_a_waiting_one() {
    let world = native_at_gate(3).await;
    for goal in [Goal::Canary, Goal::Release, Goal::Full] {
        let told = ends(&world, &world.native_wish(goal, 2), OutcomeKind::Refused).await;
        assert_eq!(told.ended.outcome.refusal, Some(Refusal::Older), "{}", told.reason());
        assert!(!told.log.contains("gives way"), "{}", told.log);
    }
    assert_eq!(world.weights(), "90/10");
    let world = weighted_at_gate(3).await;
    for goal in [Goal::Canary, Goal::Release] {
        let told = ends(&world, &world.stepped(goal, 2), OutcomeKind::Refused).await;
        assert_eq!(told.ended.outcome.refusal, Some(Refusal::Older), "{}", told.reason());
    }
    assert_eq!(world.weights(), "90/10");
}

#[tokio::test(start_paused = true)]
async fn a_release_that_ran_before_goes_straight_back_over_a_waiting_one() {
    let world = native_at_gate(2).await;
    let told = ends(&world, &world.native_wish(Goal::Full, 1), OutcomeKind::Succeeded).await;
    assert!(told.log.contains("gives way to this release"), "{}", told.log);
    assert_eq!(world.weights(), "100/0");
    assert!(world.state().contains("release release:1 v1 3/3"), "{}", world.state());
    let world = weighted_at_gate(2).await;
    ends(&world, &world.stepped(Goal::Full, 1), OutcomeKind::Succeeded).await;
    assert_eq!(world.weights(), "100/0");
    assert!(!world.state().contains(" v2 "), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn another_pipeline_of_the_same_commit_goes_on_from_the_pause() {
    let world = native_at_gate(2).await;
    let mut again = world.native_wish(Goal::Release, 2);
    again.identity.pipeline = Some(177);
    ends(&world, &again, OutcomeKind::Succeeded).await;
    assert_eq!(world.calls("StopServiceDeployment"), 0);
    assert_eq!(world.weights(), "0/100");
}

#[tokio::test(start_paused = true)]
async fn what_a_colleague_deploys_over_a_waiting_canary_does_not_give_way() {
    let world = native_at_gate(2).await;
    world.colleague(9);
    let told = ends(&world, &world.native_wish(Goal::Canary, 3), OutcomeKind::Refused).await;
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::OtherRelease), "{}", told.reason());
    assert_eq!(world.calls("StopServiceDeployment"), 0);
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_stop_it_the_waiting_one_stays() {
    let world = native_at_gate(2).await;
    world.deny("StopServiceDeployment");
    let told = ends(&world, &world.native_wish(Goal::Canary, 3), OutcomeKind::Denied).await;
    let reason = told.reason().split("; at ").next().unwrap_or("");
    assert_snapshot!(reason, @"release: another deployment is under way, and this job may not stop it (ecs:StopServiceDeployment)");
    assert!(told.reason().contains("ECS goes back by itself"), "{}", told.reason());
    assert_eq!(world.weights(), "90/10");
    assert_eq!(world.calls("UpdateService"), 1, "nothing of version 3 was begun");
    // The pause ends by itself, and then the same job starts.
    world.until_ended().await;
    ends(&world, &world.native_wish(Goal::Canary, 3), OutcomeKind::Paused).await;
}

#[tokio::test(start_paused = true)]
async fn the_other_modes_say_who_gives_way_too() {
    let world = weighted_at_gate(2).await;
    let told = ends(&world, &world.stepped(Goal::Canary, 3), OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("Version 3 comes while 10 % wait for a person with version 2.");
    text.job("deploy canary", &told);
    text.standing(&world);
    text.is("weighted/another-release-waits");

    let world = World::quick();
    world.released(1).await;
    ends(&world, &world.wanted(Goal::Canary, 2), OutcomeKind::Succeeded).await;
    let told = ends(&world, &world.wanted(Goal::Canary, 3), OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("Version 3 comes while the canary of version 2 waits.");
    text.job("deploy canary", &told);
    text.standing(&world);
    text.is("twin/another-release-waits");
}

#[tokio::test(start_paused = true)]
async fn a_native_release_that_is_killed_while_another_gives_way_comes_to_the_same_end() {
    let world = native_at_gate(2).await;
    let mut wanted = world.native_by(Goal::Release, 3, |native| native.bake = Duration::ZERO);
    wanted.course.hold = Duration::from_secs(30);
    same_end_at_kills(world, wanted, stride(5)).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_by_a_rule_that_takes_the_place_of_another_comes_to_the_same_end() {
    let world = weighted_at_gate(2).await;
    let wanted = world.stepped(Goal::Canary, 3);
    same_end_at_kills(world, wanted, stride(5)).await;
}

/// Whether it was asked to wait, ran out of time or was cancelled and left: nobody holds it.
#[tokio::test(start_paused = true)]
async fn whatever_nobody_holds_gives_way_to_each_way_of_releasing() {
    for goal in [Goal::Canary, Goal::Release, Goal::Full] {
        let world = native_at_gate(2).await;
        takes_its_place(&world, goal).await;
    }
    let world = World::native().await;
    let mut late = world.native_wish(Goal::Release, 2);
    late.course.hold = 20 * MINUTE;
    late.deadline = ecs_canary::ports::Clock::now(&world.clock).after(5 * MINUTE);
    ends(&world, &late, OutcomeKind::TimedOut).await;
    takes_its_place(&world, Goal::Release).await;

    let world = World::native().await;
    let mut left = world.native_wish(Goal::Release, 2);
    left.on_cancel = OnCancel::Leave.into();
    let (handle, cancel) = CancelHandle::new();
    let person = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        handle.raise();
    };
    let (told, ()) = tokio::join!(world.release_until(&left, &cancel), person);
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{} {}", told.reason(), told.log);
    takes_its_place(&world, Goal::Release).await;
}

/// Version 3 comes while version 2 has 10 % of the requests.
async fn takes_its_place(world: &World, goal: Goal) {
    assert_eq!(world.weights(), "90/10");
    let is_canary = goal == Goal::Canary;
    let kind = if is_canary { OutcomeKind::Paused } else { OutcomeKind::Succeeded };
    let told = ends(world, &world.native_wish(goal, 3), kind).await;
    let log = &told.log;
    assert!(log.contains("2.0.0 (commit 00000000, pipeline 102) waits with 10 %"), "{log}");
    assert_eq!(world.calls("StopServiceDeployment"), 1, "{log}");
    assert_eq!(world.weights(), if is_canary { "90/10" } else { "0/100" }, "{log}");
}
