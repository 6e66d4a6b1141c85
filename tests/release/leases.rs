//! One release at a time, across hosts: the lease in the tags of the service.

use crate::kills::killed_at;
use crate::world::{World, no_breaker};
use ecs_canary::model::{AgainRule, Goal, OutcomeKind, QueueRule, Refusal, TaskDefArn};
use ecs_sim::cloud::TaskFate;
use insta::assert_snapshot;
use std::time::Duration;

const LEASE: &str = "ecs-canary:lease";
const PROGRESS: &str = "ecs-canary:progress";

#[tokio::test(start_paused = true)]
async fn a_lease_is_held_renewed_and_given_back() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::never_healthy());
    let mut wanted = world.wanted(Goal::Full, 2);
    no_breaker(&mut wanted);
    wanted.deadline = wanted.deadline.before(Duration::from_secs(2900));
    let person = async {
        let mut untils = Vec::new();
        for _ in 0..3 {
            world.pass(Duration::from_secs(90)).await;
            untils.push(world.service_tag("release", LEASE));
        }
        untils
    };
    let (told, untils) = tokio::join!(world.release(&wanted), person);
    assert_eq!(told.kind(), OutcomeKind::TimedOut, "{}", told.log);
    assert!(untils.windows(2).all(|pair| pair[0] < pair[1]), "renewed: {untils:?}");
    assert!(untils[0].ends_with("of 102/0000000000000000000000000000000000000002 by 1002 deploy"));
    assert_eq!(world.service_tag("release", LEASE), "1 free");
    assert!(world.service_tag("release", PROGRESS).starts_with("1 promoting - since"));
}

#[tokio::test(start_paused = true)]
async fn the_first_canary_keeps_the_lease_itself() {
    let world = World::new();
    let told = world.release(&world.wanted(Goal::Canary, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.service_tag("canary-release", LEASE), "1 free");
    assert!(world.service_tag("canary-release", PROGRESS).starts_with("1 gate 1 since"));
}

#[tokio::test(start_paused = true)]
async fn a_second_release_is_refused_with_the_job_and_the_end_of_its_lease() {
    let world = World::new();
    world.released(1).await;
    let first = world.wanted(Goal::Full, 2);
    let second = async {
        world.pass(Duration::from_secs(5)).await;
        world.release(&world.wanted(Goal::Canary, 3)).await
    };
    let (first, second) = tokio::join!(world.release(&first), second);
    assert_eq!(first.kind(), OutcomeKind::Succeeded, "{}", first.log);
    assert_eq!(second.kind(), OutcomeKind::Refused, "{}", second.log);
    assert_eq!(second.ended.outcome.refusal, Some(Refusal::OtherRelease));
    let reason = second.reason().split(" holds it").next().unwrap_or_default();
    assert_snapshot!(reason, @r#"release: another release is under way: job "deploy" (1002) of pipeline 102"#);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_second_release_that_waits_comes_after_the_first() {
    let world = World::new();
    world.released(1).await;
    let first = world.wanted(Goal::Full, 2);
    let second = async {
        world.pass(Duration::from_secs(5)).await;
        let mut wanted = world.wanted(Goal::Full, 3);
        wanted.course.queue = QueueRule::Wait;
        world.release(&wanted).await
    };
    let (first, second) = tokio::join!(world.release(&first), second);
    assert_eq!(first.kind(), OutcomeKind::Succeeded, "{}", first.log);
    assert_eq!(second.kind(), OutcomeKind::Succeeded, "{}", second.log);
    assert!(
        second.log.contains("waits  for job \"deploy\" (1002) of pipeline 102"),
        "{}",
        second.log
    );
    assert_snapshot!(world.state(), @"canary-release canary-release:3 v3 1/1 COMPLETED; release release:3 v3 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_release_that_waits_in_vain_ends_at_its_deadline() {
    let world = World::new();
    world.released(1).await;
    let lease = "1 until 2030-01-01T00:00:00Z of 77/abc by 5 other job";
    world.set_service_tag("release", LEASE, lease);
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.course.queue = QueueRule::Wait;
    wanted.deadline = wanted.deadline.before(Duration::from_secs(3000));
    let changes = world.changes().len();
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Refused);
    assert_snapshot!(told.reason(), @r#"the deadline passed while job "other job" (5) of pipeline 77 was waited for; nothing was changed"#);
    assert_eq!(world.changes().len(), changes);
}

/// A job that died in the middle of a full release that would never end.
pub(crate) async fn dead_release(world: &World) {
    world.fate(2, TaskFate::never_healthy());
    let mut dying = world.wanted(Goal::Full, 2);
    no_breaker(&mut dying);
    killed_at(world, &dying, Duration::from_secs(20)).await;
    assert!(world.service_tag("release", LEASE).contains("until"));
}

#[tokio::test(start_paused = true)]
async fn an_expired_lease_is_taken_over_and_what_it_left_is_taken_back_first() {
    let world = World::new();
    world.released(1).await;
    dead_release(&world).await;
    let early = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(early.kind(), OutcomeKind::Refused, "the dead job's lease: {}", early.log);
    world.pass(Duration::from_secs(300)).await;
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.calls("StopServiceDeployment"), 1, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v3 1/1 COMPLETED; release release:3 v3 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn the_same_release_goes_on_at_once_after_its_job_died() {
    let world = World::new();
    world.released(1).await;
    let wanted = world.wanted(Goal::Full, 2);
    killed_at(&world, &wanted, Duration::from_secs(20)).await;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_takes_the_lease_from_a_release_that_is_under_way() {
    let world = World::new();
    world.released(1).await;
    let first = world.wanted(Goal::Full, 2);
    let person = async {
        world.pass(Duration::from_secs(12)).await;
        world.release(&world.rollback()).await
    };
    let (first, back) = tokio::join!(world.release(&first), person);
    assert_eq!(back.kind(), OutcomeKind::Succeeded, "{} {}", back.reason(), back.log);
    assert_ne!(first.kind(), OutcomeKind::Succeeded, "{}", first.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn who_loses_the_lease_changes_nothing_more() {
    let world = World::new();
    world.released(1).await;
    let wanted = world.wanted(Goal::Release, 2);
    let thief = async {
        world.pass(Duration::from_secs(200)).await;
        let lease = "1 until 2030-01-01T00:00:00Z of 77/abc by 5 other job";
        world.set_service_tag("release", LEASE, lease);
        world.changes().len()
    };
    let (told, changes) = tokio::join!(world.release(&wanted), thief);
    assert_eq!(told.kind(), OutcomeKind::Superseded, "{}", told.log);
    assert!(told.reason().contains("job \"other job\" (5) of pipeline 77"), "{}", told.reason());
    assert_eq!(world.changes().len(), changes, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_tag_it_goes_on_and_says_so_once() {
    let world = World::new();
    world.released(1).await;
    world.deny("TagResource");
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(told.log.matches("no tags are written").count(), 1, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_record_of_another_format_is_not_guessed_but_a_rollback_goes_on() {
    let world = World::new();
    for version in 1..=2 {
        world.released(version).await;
    }
    world.set_service_tag("release", LEASE, "2 something new");
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::Refused, "{}", told.log);
    assert_snapshot!(told.reason(), @r#"release: could not tell whether a release is under way: tag ecs-canary:lease is "2 something new"; nothing was changed"#);
    let back = world.release(&world.rollback()).await;
    assert_eq!(back.kind(), OutcomeKind::Succeeded, "{} {}", back.reason(), back.log);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_was_judged_bad_needs_to_be_asked_for_again() {
    let world = World::new();
    world.released(1).await;
    let bad = "1 aborted-bad - since 2026-11-23T14:05:09Z of \
               102/0000000000000000000000000000000000000002";
    world.set_service_tag("release", PROGRESS, bad);
    let mut wanted = world.wanted(Goal::Canary, 2);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{}", told.log);
    assert_snapshot!(told.reason(), @"release: this release was judged bad and taken back at 2026-11-23T14:05:09Z; it is not tried again");
    wanted.course.again = AgainRule::Allow;
    let again = world.release(&wanted).await;
    assert_eq!(again.kind(), OutcomeKind::Succeeded, "{}", again.log);
    assert_eq!(TaskDefArn::new("canary-release:2").short(), world.row("canary-release").revision);
}
