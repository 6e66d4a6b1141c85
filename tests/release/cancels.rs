//! Being asked to stop.

use crate::kills::killed_at;
use crate::world::{Told, World};
use ecs_canary::model::{CancelPolicy, Goal, OnCancel, OutcomeKind, Wanted};
use ecs_canary::ports::CancelHandle;
use insta::assert_snapshot;
use std::time::Duration;

/// Runs `wanted` and asks to stop it at each of `after` seconds.
pub(crate) async fn cancelled(world: &World, wanted: &Wanted, after: &[u64]) -> Told {
    let (handle, cancel) = CancelHandle::new();
    let person = async {
        let mut past = 0;
        for seconds in after {
            world.pass(Duration::from_secs(seconds - past)).await;
            past = *seconds;
            handle.raise();
        }
    };
    let (told, ()) = tokio::join!(world.release_until(wanted, &cancel), person);
    told
}

#[tokio::test(start_paused = true)]
async fn cancel_stops_our_deployment_and_says_what_is_left() {
    let world = World::new();
    world.released(1).await;
    let told = cancelled(&world, &world.wanted(Goal::Full, 2), &[12]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_snapshot!(told.log, @r"
    release  2.0.0 (commit 00000000, pipeline 102), to cluster ecs-canary-test-poc-svc-cluster
    plan  release:1 -> release:2: image
    service  release updated to release:2
    > release: waits for release:2
    release  0 of 3 new tasks running; 3 old still running (0 s)
    < release: cancelled (10 s)
    ");
    world.pass(Duration::from_secs(300)).await;
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn cancel_leaves_the_deployment_when_told_so() {
    let world = World::new();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.on_cancel = OnCancel::Leave.into();
    let told = cancelled(&world, &wanted, &[12]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_eq!(world.calls("StopServiceDeployment"), 0);
    assert_snapshot!(told.reason(), @"the job was cancelled while release went to release:2");
    world.pass(Duration::from_secs(300)).await;
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn what_a_cancel_does_may_differ_by_phase() {
    for (span, goes_on) in [(12, false), (100, true)] {
        let world = World::new();
        world.released(1).await;
        let mut wanted = world.wanted(Goal::Release, 2);
        wanted.course.hold = Duration::from_secs(10);
        wanted.on_cancel = CancelPolicy { canary: OnCancel::Stop, full: OnCancel::Leave };
        let told = cancelled(&world, &wanted, &[span]).await;
        assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
        let is_full =
            told.ended.outcome.service.as_ref().is_some_and(|one| one.as_str() == "release");
        assert_eq!(is_full, goes_on, "{}", told.log);
        assert_eq!(world.calls("StopServiceDeployment"), usize::from(!goes_on), "{}", told.log);
    }
}

/// What the cleanup stage does for a service that has neither canary nor lease.
/// A release of twins is in the hold of its canary two minutes after it began.
const IN_THE_HOLD: u64 = 120;

#[tokio::test(start_paused = true)]
async fn a_cancel_in_the_hold_of_a_twin_takes_the_canary_back() {
    let world = World::new();
    world.released(1).await;
    let wanted = world.wanted(Goal::Release, 2);
    let told = cancelled(&world, &wanted, &[IN_THE_HOLD]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert!(told.log.contains("hold"), "{}", told.log);
    assert!(!told.ended.leaves_canary, "{}", told.log);
    assert_snapshot!(told.reason(), @"the job was cancelled; the last step was: update service canary-release to canary-release:2, 1 wanted; the canary was taken back");
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
    let again = world.release(&wanted).await;
    assert_eq!(again.kind(), OutcomeKind::Succeeded, "{}", again.log);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_in_the_hold_of_a_twin_leaves_the_canary_when_told_so() {
    let world = World::new();
    world.released(1).await;
    let wanted = Wanted { on_cancel: OnCancel::Leave.into(), ..world.wanted(Goal::Release, 2) };
    let told = cancelled(&world, &wanted, &[IN_THE_HOLD]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn what_a_second_request_cut_off_is_left_to_the_cleanup_stage() {
    let world = World::new();
    world.released(1).await;
    let wanted = world.wanted(Goal::Release, 2);
    let told = cancelled(&world, &wanted, &[IN_THE_HOLD, IN_THE_HOLD + 4]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert!(told.ended.leaves_canary, "the cleanup stage has to look: {}", told.log);
    assert_snapshot!(told.reason(), @"the job was cancelled; the last step was: update service canary-release to canary-release:2, 1 wanted; the canary is not back yet: the job was cancelled twice, and ended at once; canary-release goes on to canary-release:1 in AWS");
    let back = world.release(&Wanted { goal: Goal::Abort, ..wanted }).await;
    assert!(back.ended.outcome.outcome.is_good(), "{}", back.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_first_canary_leaves_no_tasks() {
    let world = World::new();
    let wanted = world.wanted(Goal::Canary, 1);
    let told = cancelled(&world, &wanted, &[12]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_snapshot!(told.reason(), @"the job was cancelled while canary-release went to canary-release:1; the canary was taken back");
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 0/0 FAILED");
}

#[tokio::test(start_paused = true)]
async fn a_killed_deployment_of_a_service_on_its_own_is_stopped() {
    let world = World::new();
    world.released(1).await;
    let alone = |goal, version| Wanted { canary: None, ..world.wanted(goal, version) };
    killed_at(&world, &alone(Goal::Service, 2), Duration::from_secs(12)).await;
    let theirs = world.release(&alone(Goal::Abort, 7)).await;
    assert_eq!(theirs.kind(), OutcomeKind::NoChange, "another commit's is left: {}", theirs.log);
    let told = world.release(&alone(Goal::Abort, 2)).await;
    assert!(told.kind().is_good(), "{}", told.log);
    assert_eq!(world.calls("StopServiceDeployment"), 1);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn cancel_without_the_right_to_stop_sends_the_service_back() {
    let world = World::new();
    world.released(1).await;
    world.deny("StopServiceDeployment");
    let told = cancelled(&world, &world.wanted(Goal::Full, 2), &[12]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_snapshot!(told.reason(), @"the job was cancelled while release went to release:2");
    world.pass(Duration::from_secs(300)).await;
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_is_not_stopped_by_a_cancel() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    let told = cancelled(&world, &world.rollback(), &[12]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_eq!(world.calls("StopServiceDeployment"), 0);
}

#[tokio::test(start_paused = true)]
async fn the_same_job_run_again_after_a_cancel_succeeds() {
    let world = World::new();
    world.released(1).await;
    let wanted = world.wanted(Goal::Full, 2);
    cancelled(&world, &wanted, &[12]).await;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_second_request_ends_at_once_even_without_an_answer() {
    use ecs_sim::cloud::{Fault, FaultKind};
    let world = World::new();
    world.released(1).await;
    let fault = Fault::always("StopServiceDeployment", FaultKind::NoAnswer { applied: false });
    world.fault(fault);
    let told = cancelled(&world, &world.wanted(Goal::Full, 2), &[12, 14]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled);
    assert!(told.ended.outcome.seconds < 14.5, "{}", told.ended.outcome.seconds);
    assert_snapshot!(told.reason(), @"the job was cancelled twice, and ended at once; release goes on to release:2 in AWS");
}

#[tokio::test(start_paused = true)]
async fn cancel_before_anything_was_sent_changes_nothing() {
    let world = World::new();
    let (handle, cancel) = CancelHandle::new();
    handle.raise();
    let told = world.release_until(&world.wanted(Goal::Canary, 1), &cancel).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled);
    assert_eq!(told.reason(), "the job was cancelled; nothing was changed");
    assert!(world.changes().is_empty());
}
