//! Share by share, by a listener rule.

use super::{Job, alone};
use crate::transcript::Transcript;
use crate::weighted::{cancelled_at, fails_in_full};
use crate::world::World;
use ecs_canary::model::OutcomeKind::{
    CanaryFailed, FailedRolledBack, Refused, Succeeded, TimedOut,
};
use ecs_canary::model::{Goal, OnCancel};
use ecs_sim::cloud::TaskFate;
use std::time::Duration;

async fn running() -> World {
    let world = World::weighted();
    world.released(1).await;
    world
}

#[tokio::test(start_paused = true)]
async fn a_release_by_ten_and_fifty_per_cent() {
    let world = running().await;
    let wanted = world.stepped(Goal::Release, 2);
    let what = ("10 %, 50 %, each held for half a minute, then all.", "weighted/release");
    alone(&world, &wanted, Job("release", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn two_jobs_and_a_change_of_mind() {
    let world = running().await;
    let mut text = Transcript::new("The canary job ends at the first share; then people decide.");
    let canary = world.stepped(Goal::Canary, 2);
    Job("deploy canary", Succeeded).runs(&mut text, &world, &canary).await;
    text.standing(&world);
    let abort = world.stepped(Goal::Abort, 2);
    Job("abort", Succeeded).runs(&mut text, &world, &abort).await;
    text.standing(&world);
    world.release(&canary).await;
    text.meanwhile("the canary's job is run again");
    let promote = world.stepped(Goal::Promote, 2);
    Job("promote", Succeeded).runs(&mut text, &world, &promote).await;
    text.standing(&world);
    text.is("weighted/abort-and-promote");
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_crashes_while_it_is_held() {
    let world = running().await;
    world.fate(2, TaskFate::crash_after(20.0, 1));
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.course.hold = Duration::from_secs(900);
    let what = ("The canary's task crashes again and again at 10 %.", "weighted/canary-crashes");
    alone(&world, &wanted, Job("release", CanaryFailed), what).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_never_comes_up() {
    let world = running().await;
    world.fate(2, TaskFate::crash_at_start(1));
    let wanted = world.stepped(Goal::Release, 2);
    let what = ("The canary's task ends before it takes requests.", "weighted/canary-never-up");
    alone(&world, &wanted, Job("release", FailedRolledBack), what).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_service_that_fails_after_a_good_canary() {
    let world = running().await;
    let told = fails_in_full(&world).await;
    let mut text = Transcript::new("The canary was good; the full service's tasks are not.");
    text.job("release", &told);
    text.standing(&world);
    text.is("weighted/full-fails");
}

#[tokio::test(start_paused = true)]
async fn somebody_sets_other_weights() {
    let world = running().await;
    let wanted = world.stepped(Goal::Release, 2);
    let colleague = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.pass(Duration::from_secs(5)).await;
        world.set_weights(70, 30);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    let mut text = Transcript::new("A colleague sets 70/30 in the console while 10 % is held.");
    text.job("release", &told);
    text.standing(&world);
    text.meanwhile("nobody explains it, and the job is run again");
    Job("release", Succeeded).runs(&mut text, &world, &wanted).await;
    text.is("weighted/rule-changed");
}

#[tokio::test(start_paused = true)]
async fn the_rule_cannot_be_read() {
    let world = running().await;
    let wanted = world.stepped(Goal::Release, 2);
    world.deny("DescribeRules");
    let mut text = Transcript::new("The job's role may not read the listener rule.");
    Job("release", Refused).runs(&mut text, &world, &wanted).await;
    text.is("weighted/rule-not-readable");
}

#[tokio::test(start_paused = true)]
async fn the_job_is_cancelled_at_fifty_per_cent() {
    for (on_cancel, name) in
        [(OnCancel::Stop, "weighted/cancelled"), (OnCancel::Leave, "weighted/cancelled-and-left")]
    {
        let world = running().await;
        let mut wanted = world.stepped(Goal::Release, 2);
        wanted.on_cancel = on_cancel.into();
        let told = cancelled_at(&world, &wanted, "50/50").await;
        let mut text = Transcript::new("Somebody cancels the job at 50 %, and runs it again.");
        text.job("release", &told);
        text.standing(&world);
        Job("release", Succeeded).runs(&mut text, &world, &wanted).await;
        text.is(name);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_passes_while_a_share_is_held() {
    let world = running().await;
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.course.hold = Duration::from_secs(7200);
    wanted.deadline = wanted.deadline.before(Duration::from_secs(3000));
    let what = ("The job has five minutes, the hold takes two hours.", "weighted/deadline");
    alone(&world, &wanted, Job("release", TimedOut), what).await;
}

#[tokio::test(start_paused = true)]
async fn all_requests_go_back_to_the_full_service() {
    let world = running().await;
    world.release(&world.stepped(Goal::Full, 2)).await;
    world.release(&world.stepped(Goal::Canary, 3)).await;
    let mut wanted = world.stepped(Goal::Rollback(ecs_canary::model::RollbackTo::LastGood), 3);
    wanted.canary.iter_mut().for_each(|canary| canary.load_balancer = None);
    let what = ("Version 2 is bad, and version 3 has 10 %: back to 1.", "weighted/rollback");
    alone(&world, &wanted, Job("rollback", Succeeded), what).await;
}
