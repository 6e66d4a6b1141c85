//! Promote, abort, and the whole release in one job, without a listener rule.

use crate::kills::killed_at;
use crate::world::{World, digest, no_breaker};
use ecs_canary::model::{AfterFull, Goal, OutcomeKind, Wanted};
use ecs_sim::cloud::TaskFate;
use insta::assert_snapshot;
use std::time::Duration;

const HOLD: Duration = Duration::from_secs(300);

async fn canary_of(world: &World, version: u32) {
    let told = world.release(&world.wanted(Goal::Canary, version)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn promote_brings_the_bytes_of_the_canary_to_the_full_service() {
    let world = World::new();
    world.released(1).await;
    canary_of(&world, 2).await;
    // A file that names another image by now: what was tried out is what is promoted.
    let mut wanted = world.wanted(Goal::Promote, 2);
    let other = world.wanted(Goal::Full, 7);
    wanted.full = other.full;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(told.ended.outcome.image.as_ref().is_some_and(|image| image.ends_with(&digest(2))));
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
    let again = world.release(&world.wanted(Goal::Promote, 2)).await;
    assert_eq!(again.kind(), OutcomeKind::NoChange, "{}", again.log);
}

#[tokio::test(start_paused = true)]
async fn promote_needs_a_canary_of_this_release() {
    let world = World::new();
    world.released(1).await;
    let changes = world.changes().len();
    let told = world.release(&world.wanted(Goal::Promote, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Refused, "{}", told.log);
    assert_snapshot!(told.reason(), @"canary-release runs commit 00000000, not this release: nothing to promote");
    assert_eq!(world.changes().len(), changes, "nothing was changed");
}

#[tokio::test(start_paused = true)]
async fn abort_brings_the_canary_to_what_the_full_service_runs() {
    let world = World::new();
    world.released(1).await;
    canary_of(&world, 2).await;
    let told = world.release(&world.wanted(Goal::Abort, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
    let again = world.release(&world.wanted(Goal::Abort, 2)).await;
    assert_eq!(again.kind(), OutcomeKind::NoChange, "{}", again.log);
    canary_of(&world, 2).await;
}

#[tokio::test(start_paused = true)]
async fn abort_empties_or_removes_the_canary_as_declared() {
    for (after, left) in [(AfterFull::Zero, 0), (AfterFull::Remove, 0)] {
        let world = World::new();
        world.released(1).await;
        canary_of(&world, 2).await;
        let mut wanted = world.wanted(Goal::Abort, 2);
        wanted.after_full = after;
        let told = world.release(&wanted).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        world.pass(Duration::from_secs(120)).await;
        let state = world.state();
        assert_eq!(state.matches("canary-release:2 v2 1/1").count(), left, "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_abort_job_leaves_the_canary_of_another_release_alone() {
    let world = World::new();
    world.released(1).await;
    canary_of(&world, 3).await;
    let changes = world.changes().len();
    let told = world.release(&world.wanted(Goal::Abort, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{}", told.log);
    assert_eq!(world.changes().len(), changes);
}

#[tokio::test(start_paused = true)]
async fn abort_stops_the_full_deployment_of_this_release_first() {
    let world = World::new();
    world.released(1).await;
    canary_of(&world, 2).await;
    world.fate(2, TaskFate::never_healthy());
    let mut promoted = world.wanted(Goal::Promote, 2);
    no_breaker(&mut promoted);
    killed_at(&world, &promoted, Duration::from_secs(20)).await;
    let told = world.release(&world.wanted(Goal::Abort, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(world.calls("StopServiceDeployment"), 1);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

fn held(world: &World, version: u32) -> Wanted {
    let mut wanted = world.wanted(Goal::Release, version);
    wanted.course.hold = HOLD;
    wanted
}

#[tokio::test(start_paused = true)]
async fn a_release_goes_from_canary_by_its_hold_to_full() {
    let world = World::new();
    world.released(1).await;
    let told = world.release(&held(&world, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(told.ended.outcome.seconds > HOLD.as_secs_f64());
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
    let steps: Vec<&str> = told.ended.steps.iter().map(|step| step.step.as_str()).collect();
    assert_snapshot!(steps.join(" "), @"journal register update_service wait remember journal wait journal register update_service wait remember journal");
    assert_snapshot!(told.log, @r"
    release  2.0.0 (commit 00000000, pipeline 102), to cluster ecs-canary-test-poc-svc-cluster
    plan  canary-release:1 -> canary-release:2: image
    service  canary-release updated to canary-release:2, 1 task wanted
    > canary-release: waits for canary-release:2
    canary-release  0 of 1 new tasks running; 1 old still running (0 s)
    canary-release  has stopped 1 running tasks: task 5e7030fc.
    canary-release  deregistered 1 targets in target group ecs-canary-test-poc
    canary-release  has begun draining connections on 1 tasks.
    canary-release  has started 1 tasks: task b5156949.
    canary-release  0 of 1 tasks running, 1 starting (11 s)
    canary-release  registered 1 targets in target group ecs-canary-test-poc
    canary-release  1 of 1 tasks running (22 s)
    canary-release  deployment completed.
    canary-release  has reached a steady state.
    < canary-release: 1 of 1 tasks healthy (43 s)
    > hold canary-release as it is until 2026-11-23T21:15:00Z: its tasks must stay well
    canary-release  1 of 1 tasks running (0 s)
    hold  1 of 1 tasks run, 4 min 59 s to go
    hold  1 of 1 tasks run, 2 min 58 s to go
    hold  1 of 1 tasks run, 58 s to go
    < canary-release: stayed well (4 min 59 s)
    plan  release:1 -> release:2: image
    service  release updated to release:2
    > release: waits for release:2
    release  0 of 3 new tasks running; 3 old still running (0 s)
    release  has started 3 tasks: task 68a7c5cb task 4b7731af task 4dfb5f06.
    release  0 of 3 new tasks running, 3 starting; 3 old still running (8 s)
    release  registered 1 targets in target group ecs-canary-test-poc (3 times)
    release  3 of 3 new tasks running; 3 old still running (19 s)
    release  has stopped 3 running tasks: task cb26c00c task b5ea7210 task e98872e1.
    release  deregistered 1 targets in target group ecs-canary-test-poc (3 times)
    release  has begun draining connections on 1 tasks. (3 times)
    release  3 of 3 tasks running (46 s)
    release  deployment completed.
    release  has reached a steady state.
    < release: 3 of 3 tasks healthy (1 min 12 s)
    ");
    let again = world.release(&held(&world, 2)).await;
    assert_eq!(again.kind(), OutcomeKind::NoChange, "{}", again.log);
}

#[tokio::test(start_paused = true)]
async fn the_first_release_of_all_goes_the_same_way() {
    let world = World::new();
    let told = world.release(&held(&world, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_hold_goes_on_where_a_killed_job_left_it() {
    let world = World::new();
    world.released(1).await;
    let started = tokio::time::Instant::now();
    let wanted = held(&world, 2);
    killed_at(&world, &wanted, Duration::from_secs(200)).await;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    let all = started.elapsed().as_secs_f64();
    let usual = HOLD.as_secs_f64() + 180.0;
    assert!(all < usual, "the time of the share was not begun anew: {all}");
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_does_not_stay_well_is_taken_back() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_after(45.0, 1));
    let told = world.release(&held(&world, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.reason().ends_with("; the canary was taken back"), "{}", told.reason());
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_full_release_that_fails_takes_the_canary_back_too() {
    let world = World::new();
    world.released(1).await;
    canary_of(&world, 2).await;
    // It fails only where it did not run before.
    world.fate(2, TaskFate::crash_at_start(1));
    let told = world.release(&held(&world, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{} {}", told.reason(), told.log);
    assert_snapshot!(told.reason(), @"container web ends with exit code 1; the canary was taken back");
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_release_of_an_older_commit_that_ran_before_goes_straight_to_full() {
    let world = World::new();
    for version in 1..=2 {
        world.released(version).await;
    }
    let told = world.release(&held(&world, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert!(told.ended.outcome.seconds < HOLD.as_secs_f64(), "no hold: {}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}
