//! A run that ends right after its own change tells how things stand after it; and a service
//! that is there no more is not deployed to.

use crate::cancels::cancelled;
use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, Refusal};
use ecs_canary::ports::Clock as _;
use ecs_sim::cloud::{EXAMPLE_CLUSTER, Fault, FaultKind};
use insta::assert_snapshot;
use serde_json::json;
use std::time::Duration;

const OLD: &str =
    "canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED";

async fn second() -> World {
    let world = World::new();
    world.released(1).await;
    world
}

fn users(told: &crate::world::Told) -> &str {
    told.ended.outcome.users.as_deref().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_cancel_while_a_change_is_sent_takes_it_back() {
    for lost in [false, true] {
        let world = second().await;
        world.fault(Fault::times("UpdateService", 1, FaultKind::Slow { seconds: 5.0 }));
        if lost {
            world.fault(Fault::times("UpdateService", 1, FaultKind::Close { applied: true }));
        }
        let told = cancelled(&world, &world.wanted(Goal::Full, 2), &[4]).await;
        assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
        assert_eq!(world.calls("StopServiceDeployment"), 1, "{}", told.log);
        world.pass(Duration::from_secs(300)).await;
        assert_eq!(world.state(), OLD);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_cancel_while_a_change_is_sent_does_not_call_it_nothing() {
    let world = second().await;
    world.fault(Fault::times("UpdateService", 1, FaultKind::Slow { seconds: 8.0 }));
    let told = cancelled(&world, &world.wanted(Goal::Full, 2), &[4, 5]).await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_snapshot!(told.told_at_the_end(), @"
    the job was cancelled twice, and ended at once; sent last, and nothing was seen of it: update service release to release:2
    release runs release:1 (group/app@sha256:1f0000000000), 3 of 3 tasks
    canary-release runs canary-release:1 (group/app@sha256:1f0000000000), 1 of 1 tasks
    (so before this was sent: update service release to release:2)
    ");
    assert_snapshot!(users(&told), @"not known: what came of this was not seen: update service release to release:2");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_at_the_deadline_is_told_as_it_became() {
    let world = second().await;
    world.fault(Fault::times("UpdateService", 1, FaultKind::NoAnswer { applied: true }));
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.deadline = world.clock.now().after(Duration::from_secs(8));
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::TimedOut, "{}", told.log);
    assert!(!told.log.contains("release updated"), "nobody knows: {}", told.log);
    assert_snapshot!(told.told_at_the_end(), @"
    the deadline passed before this was done: the answer of ecs:UpdateService was lost: look whether it was done
    release wants release:2 (group/app@sha256:2f0000000000), 0 of 3 tasks run; release:1 still runs 3 tasks
    canary-release runs canary-release:1 (group/app@sha256:1f0000000000), 1 of 1 tasks
    ");
    assert_snapshot!(users(&told), @"not known: what came of this was not seen: ecs:UpdateService");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_somebody_deletes_is_not_made_anew_in_the_same_run() {
    let world = second().await;
    // The lease of the first release, which the canary's tags kept, has ended.
    world.pass(Duration::from_secs(400)).await;
    let mut wanted = world.wanted(Goal::Release, 2);
    wanted.course.hold = Duration::from_secs(60);
    let colleague = async {
        world.pass(Duration::from_secs(100)).await;
        let body = json!({"cluster": EXAMPLE_CLUSTER, "service": "release", "force": true});
        world.port.now("DeleteService", body);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_snapshot!(format!("{:?}: {}", told.kind(), told.told_at_the_end()), @"
    Refused: service release is being deleted; the last step was: update service canary-release to canary-release:2, 1 wanted
    service release is being deleted
    ");
    assert!(world.state().contains("canary-release:2 v2 1/1"), "it serves: {}", world.state());
    assert_eq!(world.calls("CreateService"), 2, "one for each: {}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_misses_a_service_once_is_only_a_look() {
    let world = second().await;
    let missing = FaultKind::Error {
        status: 400,
        code: "ClusterNotFoundException".to_owned(),
        message: "Cluster not found.".to_owned(),
    };
    for skip in [1, 2, 3, 4] {
        world.fault(Fault::times("DescribeServices", 1, missing.clone()).after(skip));
    }
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.calls("CreateService"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_gone_before_the_first_change_is_left_alone() {
    let world = second().await;
    let missing = FaultKind::Error {
        status: 400,
        code: "ClusterNotFoundException".to_owned(),
        message: "Cluster not found.".to_owned(),
    };
    world.fault(Fault::always("DescribeServices", missing).after(1));
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Refused, "{}", told.log);
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::OtherRelease));
    assert_snapshot!(told.told_at_the_end(), @"
    cluster ecs-canary-test-poc-svc-cluster is gone: ECS showed it before; nothing was changed
    cluster ecs-canary-test-poc-svc-cluster does not exist any more
    ");
    assert_eq!(world.calls("CreateService"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_no_tags_is_released_without_a_lease_and_says_so_once() {
    let world = second().await;
    let full = FaultKind::Error {
        status: 400,
        code: "InvalidParameterException".to_owned(),
        message: "Too many tags. The maximum is 50".to_owned(),
    };
    world.fault(Fault::always("TagResource", full));
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(told.log.matches("Too many tags").count(), 1, "{}", told.log);
    assert!(told.log.contains("no lease is held"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn the_same_trouble_is_not_told_at_each_try() {
    let world = second().await;
    world.fault(Fault::always("UpdateService", FaultKind::Close { applied: false }));
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.deadline = world.clock.now().after(Duration::from_secs(600));
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::TimedOut, "{}", told.log);
    let sent = world.calls("UpdateService");
    let told_of = told.log.matches("looking whether it was done").count();
    assert!(sent > 10 && told_of <= 4, "{sent} sent, {told_of} told:\n{}", told.log);
}
