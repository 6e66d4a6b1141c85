//! Killed at every point, and run again: the same end.

use crate::world::{Log, World};
use ecs_canary::apply::{Ended, run};
use ecs_canary::model::{Goal, OutcomeKind, Wanted};
use ecs_canary::ports::{CancelHandle, Clock as _};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Polls a future so many times and no more.
struct Killed<F> {
    future: Option<Pin<Box<F>>>,
    polls_left: usize,
}

impl<F: Future> Future for Killed<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            // A killed process runs no destructors.
            std::mem::forget(self.future.take());
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        future.as_mut().poll(context).map(Some)
    }
}

/// `None` = killed at that wake-up.
pub(crate) async fn killed_after(world: &World, wanted: &Wanted, polls: usize) -> Option<Ended> {
    let (_handle, cancel) = CancelHandle::new();
    let log = Log::default();
    let future = run(&world.port, &world.clock, &log, &cancel, wanted);
    Killed { future: Some(Box::pin(future)), polls_left: polls }.await
}

/// Runs `wanted` for `span` and then no more.
pub(crate) async fn killed_at(world: &World, wanted: &Wanted, span: Duration) {
    let (_handle, cancel) = CancelHandle::new();
    let log = Log::default();
    let mut future = Box::pin(run(&world.port, &world.clock, &log, &cancel, wanted));
    let ended = tokio::time::timeout(span, &mut future).await;
    assert!(ended.is_err(), "it was still under way: {}", log.text());
    // A killed process runs no destructors.
    std::mem::forget(future);
}

/// So many points were tried: shown by the test runner when asked to.
#[expect(clippy::print_stdout, reason = "the number of points is a result of the test")]
fn tell(points: usize) {
    println!("{points} points to be killed at, the same end after each");
}

/// Wake-ups from one kill to the next: `short`, or each one in the long form.
#[expect(clippy::disallowed_methods, reason = "the long form is asked for by a variable")]
pub(crate) fn stride(short: usize) -> usize {
    if std::env::var_os("KILLED_AT_EACH").is_some() { 1 } else { short }
}

/// Kills a release at each wake-up, runs it again, and compares with the undisturbed end.
pub(crate) async fn same_end_at_each_kill(prepared: World, wanted: Wanted) {
    same_end_at_kills(prepared, wanted, 1).await;
}

/// The same at each so-manyth wake-up only.
pub(crate) async fn same_end_at_kills(prepared: World, wanted: Wanted, every: usize) {
    let at = prepared.clock.now();
    let world = prepared.copy(at);
    let undisturbed = world.release(&wanted).await;
    assert_eq!(undisturbed.kind(), OutcomeKind::Succeeded, "{}", undisturbed.log);
    let (state, tags) = (world.state(), world.all_tags());
    let (weights, scaling) = (world.weights(), world.scaling());
    let mut points = 0;
    loop {
        let world = prepared.copy(at);
        let ended = killed_after(&world, &wanted, points).await;
        let told = world.release(&wanted).await;
        let log = &told.log;
        let good = matches!(told.kind(), OutcomeKind::Succeeded | OutcomeKind::NoChange);
        assert!(good, "killed at {points}: {:?} {}\n{log}", told.kind(), told.reason());
        assert_eq!(world.state(), state, "killed at wake-up {points}\n{log}");
        assert_eq!(world.weights(), weights, "killed at wake-up {points}\n{log}");
        assert_eq!(world.scaling(), scaling, "killed at wake-up {points}\n{log}");
        assert_eq!(world.all_tags(), tags, "killed at wake-up {points}\n{log}");
        if ended.is_some() {
            break;
        }
        points += every;
    }
    assert!(points > 50, "only {points} points");
    tell(points / every);
}

#[tokio::test(start_paused = true)]
async fn a_first_canary_comes_to_the_same_end() {
    let world = World::quick();
    let wanted = world.wanted(Goal::Canary, 1);
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_release_with_its_canary_comes_to_the_same_end() {
    let world = World::quick();
    world.released(1).await;
    let wanted = world.wanted(Goal::Full, 2);
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_comes_to_the_same_end_and_not_to_one_further_back() {
    let world = World::quick();
    for version in 1..=3 {
        world.released(version).await;
    }
    let wanted = world.rollback();
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_stops_a_deployment_first_comes_to_the_same_end() {
    let world = World::quick();
    for version in 1..=2 {
        world.released(version).await;
    }
    world.colleague(9);
    let wanted = world.rollback();
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_release_by_steps_comes_to_the_same_end_and_weights() {
    let world = World::weighted();
    world.released(1).await;
    world.autoscaled("release", 1, 9);
    let wanted = world.stepped(Goal::Release, 2);
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn a_twin_release_with_its_hold_comes_to_the_same_end() {
    let world = World::quick();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Release, 2);
    wanted.course.hold = Duration::from_secs(30);
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn an_abort_by_steps_comes_to_the_same_end_and_weights() {
    let world = World::weighted();
    world.released(1).await;
    let told = world.release(&world.stepped(Goal::Canary, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    let wanted = world.stepped(Goal::Abort, 2);
    same_end_at_each_kill(world, wanted).await;
}

#[tokio::test(start_paused = true)]
async fn an_autoscaled_release_comes_to_the_same_end_with_scale_in_on() {
    let world = World::quick();
    world.released(1).await;
    for service in ["release", "canary-release"] {
        world.autoscaled(service, 1, 9);
    }
    let wanted = world.wanted(Goal::Full, 2);
    same_end_at_each_kill(world, wanted).await;
}

/// Another release comes after the lease of the dead one ended: its weights and deployments are
/// taken back, wherever it died.
#[tokio::test(start_paused = true)]
async fn whoever_comes_after_a_dead_release_finds_the_same_end() {
    let prepared = World::weighted();
    prepared.released(1).await;
    prepared.autoscaled("release", 1, 9);
    let (at, dying) = (prepared.clock.now(), prepared.stepped(Goal::Release, 2));
    let (stride, mut points) = (stride(3), 0);
    loop {
        let world = prepared.copy(at);
        let ended = killed_after(&world, &dying, points).await;
        world.pass(Duration::from_secs(301)).await;
        let told = world.release(&world.stepped(Goal::Full, 3)).await;
        let log = &told.log;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "killed at {points}\n{log}");
        assert_eq!(world.weights(), "100/0", "killed at {points}\n{log}");
        assert_eq!(world.scaling(), "release scale-in on", "killed at {points}\n{log}");
        let state = world.state();
        let is_new = !state.contains(" v1 ") && !state.contains(" v2 ");
        assert!(is_new, "killed at {points}: {state}\n{log}");
        if ended.is_some() {
            break;
        }
        points += stride;
    }
    tell(points / stride);
}

/// The same, when nobody deploys: the scheduled job takes back what was left.
#[tokio::test(start_paused = true)]
async fn a_reaper_takes_back_what_a_dead_release_left() {
    let prepared = World::weighted();
    prepared.released(1).await;
    prepared.autoscaled("release", 1, 9);
    let (at, dying) = (prepared.clock.now(), prepared.stepped(Goal::Release, 2));
    let (stride, mut points) = (stride(3), 0);
    loop {
        let world = prepared.copy(at);
        let ended = killed_after(&world, &dying, points).await;
        let reaps = world.stepped(Goal::Reap, 9);
        let early = world.release(&reaps).await;
        assert_eq!(early.kind(), OutcomeKind::NoChange, "{} {}", early.reason(), early.log);
        assert!(!early.log.contains("scaling"), "while it may be alive: {}", early.log);
        world.pass(Duration::from_secs(301)).await;
        let told = world.release(&world.stepped(Goal::Reap, 9)).await;
        assert!(told.kind().is_good(), "killed at {points}: {}\n{}", told.reason(), told.log);
        assert_eq!(world.weights(), "100/0", "killed at {points}\n{}", told.log);
        assert_eq!(world.scaling(), "release scale-in on", "killed at {points}\n{}", told.log);
        let state = world.state();
        let both = [" v1 ", " v2 "].map(|version| state.matches(version).count());
        // It may have died before there was a canary at all.
        assert!(
            [[1, 0], [2, 0], [0, 2]].contains(&both),
            "killed at {points}: {state}\n{}",
            told.log
        );
        if ended.is_some() {
            break;
        }
        points += stride;
    }
    tell(points / stride);
}
