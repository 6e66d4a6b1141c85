//! ECS's own strategies, and jobs that die: the next one goes on, or the pause's timeout takes
//! the release back without anybody.

use crate::kills::{killed_after, same_end_at_each_kill, stride};
use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, Wanted};
use ecs_canary::ports::Clock as _;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const NEW: &str = "release release:2 v2 3/3 COMPLETED; weights 0/100; SUCCESSFUL";

/// Version 2 with short times: fewer points, the same phases.
fn quick(world: &World, goal: Goal) -> Wanted {
    let mut wanted = world.native_by(goal, 2, |native| native.bake = Duration::ZERO);
    wanted.course.hold = Duration::from_secs(30);
    wanted
}

#[tokio::test(start_paused = true)]
async fn a_canary_release_comes_to_the_same_end() {
    let world = World::native().await;
    let wanted = quick(&world, Goal::Release);
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_promotion_comes_to_the_same_end() {
    let world = World::native().await;
    let canary = world.release(&world.native_wish(Goal::Canary, 2)).await;
    assert_eq!(canary.kind(), OutcomeKind::Paused, "{}", canary.log);
    let wanted = world.native_wish(Goal::Promote, 2);
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn an_abort_comes_to_the_same_end() {
    let world = World::native().await;
    let canary = world.release(&world.native_wish(Goal::Canary, 2)).await;
    assert_eq!(canary.kind(), OutcomeKind::Paused, "{}", canary.log);
    let wanted = world.native_wish(Goal::Abort, 2);
    same_end_at_each_kill(world, wanted).await;
}

/// The numbers: shown by the test runner when asked to.
#[expect(clippy::print_stdout, reason = "the number of points is a result of the test")]
fn tell(points: usize, taken_back: usize) {
    println!("killed at {points} wake-ups; the pause took the release back at {taken_back}");
}

/// The next job comes only after the pause ended by itself.
#[tokio::test(start_paused = true)]
async fn a_pause_takes_back_what_a_dead_job_left_wherever_it_died() {
    let prepared = World::native().await;
    let (at, dying) = (prepared.clock.now(), quick(&prepared, Goal::Release));
    let old = prepared.native_state();
    let (stride, mut points, mut taken_back) = (stride(3), 0, 0);
    loop {
        let world = prepared.copy(at);
        let ended = killed_after(&world, &dying, points).await;
        world.pass(45 * MINUTE).await;
        // Nobody did anything, and nothing is left half done.
        let state = world.native_state();
        let is_back = state.replace("ROLLBACK_SUCCESSFUL", "SUCCESSFUL") == old;
        assert!(is_back || state == NEW, "killed at {points}: {state}");
        let answers = world.calls("ContinueServiceDeployment");
        assert!(is_back || answers >= 2, "killed at {points} with {answers} answers: {state}");
        taken_back += usize::from(state.contains("ROLLBACK_SUCCESSFUL"));
        let told = world.release(&quick(&world, Goal::Release)).await;
        assert!(told.kind().is_good(), "killed at {points}: {}\n{}", told.reason(), told.log);
        assert_eq!(world.native_state(), NEW, "killed at {points}\n{}", told.log);
        if ended.is_some() {
            break;
        }
        points += stride;
    }
    tell(points / stride, taken_back);
    assert!(points > 50 && taken_back > 10, "{points} points, {taken_back} taken back");
}

/// Another release comes after the lease of the dead one ended.
#[tokio::test(start_paused = true)]
async fn whoever_comes_after_a_dead_job_stops_its_deployment() {
    let prepared = World::native().await;
    let (at, dying) = (prepared.clock.now(), quick(&prepared, Goal::Release));
    let (stride, mut points) = (stride(3), 0);
    loop {
        let world = prepared.copy(at);
        let ended = killed_after(&world, &dying, points).await;
        world.pass(Duration::from_secs(301)).await;
        let told = world.release(&world.native_wish(Goal::Full, 3)).await;
        let log = &told.log;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{points}: {}\n{log}", told.reason());
        let state = world.native_state();
        assert!(state.contains(" v3 3/3 COMPLETED"), "killed at {points}: {state}\n{log}");
        if ended.is_some() {
            break;
        }
        points += stride;
    }
    assert!(points > 50, "{points} points");
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_job_stops_what_a_dead_one_left() {
    let world = World::native().await;
    let wanted = world.native_wish(Goal::Release, 2);
    crate::kills::killed_at(&world, &wanted, 2 * MINUTE).await;
    let mut text = Transcript::new("The host dies in the hold; a scheduled job takes it back.");
    text.meanwhile("the job is killed at 10 %");
    text.now(&world);
    let early = world.release(&world.native_wish(Goal::Reap, 9)).await;
    assert_eq!(early.kind(), OutcomeKind::NoChange, "its lease is alive: {}", early.log);
    world.pass(5 * MINUTE).await;
    text.meanwhile("5 minutes pass: its lease ends");
    let told = world.release(&world.native_wish(Goal::Reap, 9)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    text.job("gc --releases", &told);
    text.now(&world);
    text.is("native/dead-job-reaped");
}

#[tokio::test(start_paused = true)]
async fn a_second_job_goes_on_where_the_first_one_died() {
    let world = World::native().await;
    let wanted = world.native_wish(Goal::Release, 2);
    crate::kills::killed_at(&world, &wanted, 2 * MINUTE).await;
    let mut text = Transcript::new("The host dies in the hold; the same job is run again.");
    text.meanwhile("the job is killed at 10 %");
    text.now(&world);
    let told = world.release(&world.native_wish(Goal::Release, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    text.job("release", &told);
    text.now(&world);
    text.is("native/dead-job-resumed");
    assert_eq!(world.calls("UpdateService"), 1);
}
