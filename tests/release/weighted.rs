//! Share by share, by the weights of a listener rule.

use crate::kills::killed_after;
use crate::world::{Told, World};
use ecs_canary::model::{AfterFull, Goal, OnCancel, OutcomeKind, Refusal, TrafficShare, Wanted};
use ecs_canary::ports::CancelHandle;
use ecs_sim::cloud::{EXAMPLE_CLUSTER, Fault, FaultKind, TaskFate};
use insta::assert_snapshot;
use serde_json::json;
use std::time::Duration;

async fn prepared() -> World {
    let world = World::weighted();
    world.released(1).await;
    world
}

fn later(world: &World, from: usize) -> String {
    world.moves()[from..].join("\n")
}

#[tokio::test(start_paused = true)]
async fn capacity_comes_before_weight_and_weights_end_where_they_began() {
    let world = prepared().await;
    let from = world.moves().len();
    let told = world.release(&world.stepped(Goal::Release, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(later(&world, from), @r"
    canary-release: canary-release:1
    90/10
    canary-release: 2
    50/50
    release: release:2
    100/0
    canary-release: 1
    ");
    assert_eq!(world.weights(), "100/0");
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
    assert!(told.ended.outcome.seconds > 60.0, "two holds");
    let again = world.release(&world.stepped(Goal::Release, 2)).await;
    assert_eq!(again.kind(), OutcomeKind::NoChange, "{}", again.log);
}

#[tokio::test(start_paused = true)]
async fn a_person_reads_shares_and_holds() {
    let world = prepared().await;
    let told = world.release(&world.stepped(Goal::Release, 2)).await;
    let lines: Vec<&str> = told
        .log
        .lines()
        .filter(|line| {
            ["weights", "> hold", "< canary", "hold"].iter().any(|one| line.starts_with(one))
        })
        .collect();
    let text = lines.join("\n");
    let timeless = regex_free(&text);
    assert_snapshot!(timeless, @r"
    < canary-release: 1 of 1 tasks healthy (22 s)
    weights  10 % of the requests to the canary (weights 90/10)
    > hold 10 % on canary-release until TIME its tasks must stay well
    hold  10 % of the requests, 1 of 1 tasks run, 29 s to go
    < canary-release: stayed well (29 s)
    < canary-release: 2 tasks run (5 s)
    weights  50 % of the requests to the canary (weights 50/50)
    > hold 50 % on canary-release until TIME its tasks must stay well
    hold  50 % of the requests, 2 of 2 tasks run, 29 s to go
    < canary-release: stayed well (29 s)
    weights  0 % of the requests to the canary (weights 100/0)
    < canary-release: 1 tasks run (5 s)
    ");
    assert!(told.log.lines().all(|line| line.chars().count() <= 100), "{}", told.log);
}

/// Points in time, which differ with every change of the loop, as `TIME`.
fn regex_free(text: &str) -> String {
    let word = |word: &str| {
        let time = word.trim_end_matches(':');
        if time.parse::<ecs_canary::model::Timestamp>().is_ok() {
            "TIME".to_owned()
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn canary_and_promote_are_two_jobs() {
    let world = prepared().await;
    let from = world.moves().len();
    let told = world.release(&world.stepped(Goal::Canary, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.weights(), "90/10", "it stays at its first share");
    let told = world.release(&world.stepped(Goal::Promote, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(later(&world, from), @r"
    canary-release: canary-release:1
    90/10
    canary-release: 2
    50/50
    release: release:2
    100/0
    canary-release: 1
    ");
}

#[tokio::test(start_paused = true)]
async fn a_larger_share_than_was_noted_goes_back_to_the_noted_one_first() {
    let world = prepared().await;
    let told = world.release(&world.stepped(Goal::Canary, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    // As a run leaves it that could not note its next step, and was killed.
    world.set_weights(40, 60);
    let from = world.moves().len();
    let told = world.release(&world.stepped(Goal::Promote, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(later(&world, from), @r"
    90/10
    canary-release: 2
    50/50
    release: release:2
    100/0
    canary-release: 1
    ");
}

#[tokio::test(start_paused = true)]
async fn abort_takes_the_share_away_before_the_tasks() {
    let world = prepared().await;
    world.release(&world.stepped(Goal::Canary, 2)).await;
    let from = world.moves().len();
    let told = world.release(&world.stepped(Goal::Abort, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(later(&world, from), @r"
    100/0
    canary-release: canary-release:2
    ");
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_full_deploy_ends_with_all_requests_at_the_full_service() {
    let world = prepared().await;
    world.release(&world.stepped(Goal::Canary, 2)).await;
    let from = world.moves().len();
    let mut wanted = world.stepped(Goal::Full, 2);
    wanted.after_full = AfterFull::Remove;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(later(&world, from), @r"
    release: release:2
    100/0
    DeleteService
    ");
}

#[tokio::test(start_paused = true)]
async fn the_canary_of_an_earlier_release_loses_its_share_first() {
    let world = prepared().await;
    world.release(&world.stepped(Goal::Canary, 2)).await;
    let from = world.moves().len();
    let told = world.release(&world.stepped(Goal::Canary, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(later(&world, from), @r"
    100/0
    canary-release: canary-release:2
    90/10
    ");
}

#[tokio::test(start_paused = true)]
async fn a_bad_canary_loses_its_share_and_is_taken_back() {
    let world = prepared().await;
    world.fate(2, TaskFate::crash_after(20.0, 1));
    let from = world.moves().len();
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.course.hold = Duration::from_secs(900);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert_snapshot!(later(&world, from), @r"
    canary-release: canary-release:1
    90/10
    100/0
    canary-release: canary-release:2
    ");
    assert_eq!(world.weights(), "100/0");
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_never_comes_up_never_gets_a_share() {
    let world = prepared().await;
    world.fate(2, TaskFate::crash_at_start(1));
    let told = world.release(&world.stepped(Goal::Release, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{} {}", told.reason(), told.log);
    assert!(!world.moves().iter().any(|one| one == "90/10"), "{:?}", world.moves());
    assert_eq!(world.weights(), "100/0");
}

/// The full service's tasks fail although the canary's were good.
pub(crate) async fn fails_in_full(world: &World) -> Told {
    let wanted = world.stepped(Goal::Release, 2);
    let fate = async {
        while world.weights() != "50/50" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.fate(2, TaskFate::crash_at_start(1));
    };
    let (told, ()) = tokio::join!(world.release(&wanted), fate);
    told
}

#[tokio::test(start_paused = true)]
async fn while_the_full_service_goes_back_the_canary_keeps_its_share() {
    let world = prepared().await;
    let from = world.moves().len();
    let told = fails_in_full(&world).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{} {}", told.reason(), told.log);
    assert_snapshot!(later(&world, from), @r"
    canary-release: canary-release:1
    90/10
    canary-release: 2
    50/50
    release: release:2
    100/0
    canary-release: canary-release:2
    ");
    assert_eq!(world.weights(), "100/0");
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_change_of_the_rule_is_a_conflict_and_left_alone() {
    let world = prepared().await;
    let wanted = world.stepped(Goal::Release, 2);
    let colleague = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.pass(Duration::from_secs(5)).await;
        world.set_weights(70, 30);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_eq!(told.kind(), OutcomeKind::Refused, "{} {}", told.reason(), told.log);
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::OtherRelease));
    assert_eq!(world.weights(), "70/30", "theirs");
    let lease = world.service_tag("release", "ecs-canary:lease");
    assert!(lease.ends_with("free"), "only the rule is theirs: {lease}");
    assert!(
        told.reason().contains("expected weights 90/10, found weights 70/30"),
        "{}",
        told.reason()
    );
}

pub(crate) async fn cancelled_at(world: &World, wanted: &Wanted, weights: &str) -> Told {
    let (handle, cancel) = CancelHandle::new();
    let person = async {
        while world.weights() != weights {
            world.pass(Duration::from_secs(1)).await;
        }
        world.pass(Duration::from_secs(5)).await;
        handle.raise();
    };
    let (told, ()) = tokio::join!(world.release_until(wanted, &cancel), person);
    told
}

#[tokio::test(start_paused = true)]
async fn an_old_promotion_run_again_goes_straight_back() {
    let world = prepared().await;
    let told = world.release(&world.stepped(Goal::Release, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    let from = world.moves().len();
    let told = world.release(&world.stepped(Goal::Promote, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert!(!later(&world, from).contains("90/10"), "no share is tried out: {}", told.log);
    assert!(world.state().contains("release release:1 v1 3/3"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn a_cancel_takes_the_share_away_at_once_and_the_same_command_starts_anew() {
    let world = prepared().await;
    let wanted = world.stepped(Goal::Release, 2);
    let told = cancelled_at(&world, &wanted, "50/50").await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_eq!(world.weights(), "100/0");
    assert!(told.now().ends_with("the canary gets no requests"), "{}", told.now());
    assert!(told.reason().ends_with("the canary was taken back"), "{}", told.reason());
    let other = world.release(&world.stepped(Goal::Abort, 2)).await;
    assert!(other.kind().is_good(), "{} {}", other.reason(), other.log);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_leaves_the_share_when_told_so_and_the_same_command_goes_on() {
    let world = prepared().await;
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.on_cancel = OnCancel::Leave.into();
    let told = cancelled_at(&world, &wanted, "50/50").await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert_eq!(world.weights(), "50/50");
    let from = world.moves().len();
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert!(!later(&world, from).contains("90/10"), "never back to a smaller step");
}

#[tokio::test(start_paused = true)]
async fn tasks_that_somebody_gave_a_canary_with_a_share_stay_until_it_has_none() {
    let world = prepared().await;
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.on_cancel = OnCancel::Leave.into();
    let told = cancelled_at(&world, &wanted, "90/10").await;
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    let body = json!({
        "cluster": EXAMPLE_CLUSTER, "service": "canary-release", "desiredCount": 7,
    });
    world.port.now("UpdateService", body);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "100/0");
}

#[tokio::test(start_paused = true)]
async fn a_share_that_somebody_raised_while_the_job_was_dead_goes_down_to_the_noted_one() {
    let world = prepared().await;
    let wanted = world.stepped(Goal::Release, 2);
    let mut points = 40;
    let dead = loop {
        let copy = world.copy(ecs_canary::ports::Clock::now(&world.clock));
        assert!(killed_after(&copy, &wanted, points).await.is_none(), "before its end");
        if copy.weights() == "90/10" {
            break copy;
        }
        points += 5;
    };
    dead.set_weights(50, 50);
    let from = dead.moves().len();
    let told = dead.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(dead.moves()[from], "90/10", "{:?}", dead.moves());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_the_rule_is_looked_for() {
    let world = prepared().await;
    for applied in [true, false] {
        world.fault(Fault::times("ModifyRule", 1, FaultKind::Close { applied }));
        let version = if applied { 2 } else { 3 };
        let told = world.release(&world.stepped(Goal::Release, version)).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
        assert_eq!(world.weights(), "100/0");
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_read_the_rule_nothing_is_begun() {
    let world = prepared().await;
    let wanted = world.stepped(Goal::Release, 2);
    world.deny("DescribeRules");
    let from = world.moves().len();
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Refused, "{} {}", told.reason(), told.log);
    assert_eq!(world.moves().len(), from);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_gives_all_requests_to_the_full_service() {
    let world = prepared().await;
    let told = world.release(&world.stepped(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    world.release(&world.stepped(Goal::Canary, 3)).await;
    assert_eq!(world.weights(), "90/10");
    let from = world.moves().len();
    let mut wanted = world.stepped(Goal::Rollback(ecs_canary::model::RollbackTo::LastGood), 3);
    wanted.canary.as_mut().unwrap().load_balancer = None;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "100/0");
    assert_snapshot!(later(&world, from), @r"
    100/0
    release: release:1
    canary-release: canary-release:2
    ");
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn deadline_in_a_hold_gives_the_weights_back() {
    let world = prepared().await;
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.course.hold = Duration::from_secs(7200);
    wanted.deadline = wanted.deadline.before(Duration::from_secs(3000));
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::TimedOut, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "100/0");
}

#[tokio::test(start_paused = true)]
async fn fractions_of_a_per_cent_are_kept() {
    let world = prepared().await;
    let mut wanted = world.stepped(Goal::Canary, 2);
    wanted.course.steps = vec![TrafficShare::from_tenths(25)];
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.weights(), "975/25");
}
