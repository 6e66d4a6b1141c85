//! A judged release that is killed again and again in its course, and run again: the same verdict,
//! counted anew from the canary's first share, and the same end.

use crate::judged::{busy, judging, wanted};
use crate::judged_jobs::{counts, own};
use crate::kills::{killed_after, stride};
use crate::native_judged;
use crate::world::{Told, World};
use ecs_canary::model::{Goal, OutcomeKind, TrafficShare, Wanted};
use ecs_canary::ports::Clock as _;
use ecs_sim::cloud::{TaskFate, TrafficPlan};
use std::future::Future;
use std::time::Duration;

/// `work` while the application counts its orders, where it does.
async fn beside<T>(world: &World, failed: Option<f64>, work: impl Future<Output = T>) -> T {
    let Some(failed) = failed else { return work.await };
    tokio::select! {
        done = work => done,
        () = counts(world, failed) => unreachable!("it counts for ever"),
    }
}

/// The numbers: shown by the test runner when asked to.
#[expect(clippy::print_stdout, reason = "the number of points is a result of the test")]
fn tell(points: usize, stride: usize, recounted: usize) {
    let kills = points / stride + 1;
    println!("killed at {kills} of {points} wake-ups; {recounted} verdicts were counted anew");
}

fn lines(told: &Told) -> Option<Vec<String>> {
    told.ended.outcome.verdict.as_ref().map(|verdict| verdict.lines.clone())
}

/// A release that is judged, where the application itself counts, and how far apart the kills of
/// the short form are.
struct Dying<'a> {
    prepared: &'a World,
    wanted: Wanted,
    failed: Option<f64>,
    stride: usize,
}

async fn same_verdict_at_each_kill(dying: &Dying<'_>) {
    let Dying { prepared, wanted, failed, .. } = dying;
    let (failed, stride) = (*failed, stride(dying.stride));
    let at = prepared.clock.now();
    let world = prepared.copy(at);
    let undisturbed = beside(&world, failed, world.release(wanted)).await;
    let (kind, verdict) = (undisturbed.kind(), lines(&undisturbed));
    assert!(verdict.is_some(), "{}", undisturbed.log);
    let end = (world.state(), world.weights());
    let (mut points, mut recounted) = (0, 0);
    loop {
        let world = prepared.copy(at);
        let (ended, was_judged, told) = beside(&world, failed, async {
            let ended = killed_after(&world, wanted, points).await;
            let progress = world.service_tag("release", "ecs-canary:progress");
            let told = world.release(wanted).await;
            (ended, progress.contains(" judged "), told)
        })
        .await;
        let log = &told.log;
        let same = told.kind() == kind
            || (kind == OutcomeKind::Succeeded && told.kind() == OutcomeKind::NoChange);
        assert!(same, "killed at {points}: {:?} {}\n{log}", told.kind(), told.reason());
        assert_eq!((world.state(), world.weights()), end, "killed at {points}\n{log}");
        if let Some(again) = lines(&told).filter(|_| was_judged) {
            assert_eq!(Some(again), verdict, "killed at {points}\n{log}");
            recounted += 1;
        }
        if ended.is_some() {
            break;
        }
        points += stride;
    }
    assert!(points > 100 && recounted > 3, "{points} points, {recounted} recounted");
    tell(points, stride, recounted);
}

/// One share of a half: the canary passes as soon as the least time is over.
fn by_half(world: &World) -> Wanted {
    let mut wanted = wanted(world, Goal::Release, 2, &judging());
    wanted.course.steps = vec![TrafficShare::from_tenths(500)];
    wanted
}

#[tokio::test(start_paused = true)]
async fn a_healthy_release_by_a_rule() {
    let world = busy(TrafficPlan::steady(5.0)).await;
    world.fate(2, TaskFate::errors(0.001));
    let wanted = by_half(&world);
    let dying = Dying { prepared: &world, wanted, failed: None, stride: 7 };
    same_verdict_at_each_kill(&dying).await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_release_by_a_rule() {
    let world = busy(TrafficPlan::steady(5.0)).await;
    world.fate(2, TaskFate::errors(0.08));
    let wanted = by_half(&world);
    let dying = Dying { prepared: &world, wanted, failed: None, stride: 7 };
    same_verdict_at_each_kill(&dying).await;
}

#[tokio::test(start_paused = true)]
async fn twins_with_a_metric_of_their_own() {
    for failed in [0.0, 12.0] {
        let world = World::quick();
        world.released(1).await;
        let mut wanted = world.wanted(Goal::Release, 2);
        wanted.course.judging = Some(Box::new(own()));
        wanted.course.hold = Duration::ZERO;
        let dying = Dying { prepared: &world, wanted, failed: Some(failed), stride: 7 };
        same_verdict_at_each_kill(&dying).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_healthy_release_by_ecs_itself() {
    let world = native_judged::busy().await;
    let wanted = native_judged::wish(&world, Goal::Release, 2);
    let dying = Dying { prepared: &world, wanted, failed: None, stride: 47 };
    same_verdict_at_each_kill(&dying).await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_release_by_ecs_itself() {
    let world = native_judged::busy().await;
    world.fate(2, TaskFate::errors(0.08));
    let wanted = native_judged::wish(&world, Goal::Release, 2);
    let dying = Dying { prepared: &world, wanted, failed: None, stride: 19 };
    same_verdict_at_each_kill(&dying).await;
}
