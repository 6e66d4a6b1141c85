//! ECS's own strategies, and a judge that answers their pauses.

use crate::judged::judging;
use crate::kills::killed_at;
use crate::transcript::Transcript;
use crate::world::{Told, World};
use ecs_canary::model::{
    Goal, Judging, NativeStrategy, NativeTraffic, OnFail, OnUndecided, OutcomeKind, TrafficShare,
    Wanted,
};
use ecs_sim::cloud::{TaskFate, TrafficPlan};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Version 1 with one error in a thousand, under ten requests per second.
pub(crate) async fn busy() -> World {
    let world = idle().await;
    world.port.cloud.borrow_mut().start_traffic(TrafficPlan::steady(10.0));
    world.pass(20 * MINUTE).await;
    world
}

async fn idle() -> World {
    let world = World::quick().with_two_groups();
    world.set_weights(1, 0);
    for version in [1, 2, 3] {
        world.fate(version, TaskFate::errors(0.001));
    }
    world.native_released(1).await;
    world
}

fn by(world: &World, goal: Goal, version: u32, strategy: NativeStrategy) -> Wanted {
    let change = |native: &mut NativeTraffic| {
        native.strategy = strategy;
        native.bake = Duration::ZERO;
        native.timeout = 120 * MINUTE;
    };
    let mut wanted = world.native_by(goal, version, change);
    wanted.course.judging = Some(Box::new(judging()));
    wanted.course.hold = Duration::ZERO;
    wanted.deadline = wanted.deadline.after(180 * MINUTE);
    wanted
}

pub(crate) fn wish(world: &World, goal: Goal, version: u32) -> Wanted {
    by(world, goal, version, crate::native_world::canary())
}

fn policy(wanted: &mut Wanted, change: impl FnOnce(&mut Judging)) {
    let mut judging = judging();
    change(&mut judging);
    wanted.course.judging = Some(Box::new(judging));
}

async fn ends(world: &World, wanted: &Wanted, kind: OutcomeKind) -> Told {
    let told = world.release(wanted).await;
    assert_eq!(told.kind(), kind, "{}\n{}", told.reason(), told.log);
    told
}

fn phase(world: &World) -> String {
    let tag = world.service_tag("release", "ecs-canary:progress");
    tag.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_healthy_version_is_let_through_and_a_bad_one_is_stopped_in_the_other_group() {
    let world = busy().await;
    let told = ends(&world, &wish(&world, Goal::Release, 2), OutcomeKind::Succeeded).await;
    let mut text =
        Transcript::new("CANARY 10 % with a judge: the pause is answered when it is healthy.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/judged");
    assert_eq!(told.log.matches("judge  healthy after ").count(), 1, "{}", told.log);

    // The two target groups swapped: the canary is in the one that is declared as the service's.
    world.fate(3, TaskFate::errors(0.08));
    let told = ends(&world, &wish(&world, Goal::Release, 3), OutcomeKind::CanaryFailed).await;
    let mut text = Transcript::new("A bad version is judged so, and ECS goes back.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/judged-bad");
    assert!(told.reason().contains("judged worse: errors "), "{}", told.reason());
    assert_eq!(phase(&world), "aborted-bad");
    assert!(world.native_state().contains(" v2 3/3"), "{}", world.native_state());
    let cost = told.ended.outcome.verdict.as_deref().and_then(|one| one.users).expect("a cost");
    assert!(cost.failed > 0 && cost.all_at_once > 5 * cost.failed, "{cost:?}");
    let tags = world.tags("release:3");
    assert!(tags["ecs-canary:verdict"].starts_with("1 fail at "), "{tags:?}");
    let changes = world.calls("UpdateService");
    ends(&world, &wish(&world, Goal::Release, 3), OutcomeKind::CanaryFailed).await;
    assert_eq!(world.calls("UpdateService"), changes, "it is not tried again");
}

#[tokio::test(start_paused = true)]
async fn each_share_of_linear_has_a_verdict_of_its_own() {
    let world = busy().await;
    let linear = NativeStrategy::Linear(TrafficShare::from_tenths(400));
    let told = ends(&world, &by(&world, Goal::Release, 2, linear), OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("LINEAR by 40 % with a judge: 40, 80, and then all.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/judged-linear");
    let shares = told.ended.steps.iter().filter_map(|step| step.verdict.as_deref()?.share.clone());
    assert_eq!(shares.collect::<Vec<_>>(), ["40", "80"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_verdict_the_policy_decides_and_the_pause_has_the_last_word() {
    let world = idle().await;
    let mut wanted = wish(&world, Goal::Release, 2);
    policy(&mut wanted, |judging| judging.longest = 15 * MINUTE);
    let told = ends(&world, &wanted, OutcomeKind::CanaryUndecided).await;
    let mut text =
        Transcript::new("Nobody comes: no verdict, the canary is held until its pause ends.");
    text.job("release", &told);
    text.now(&world);
    assert!(told.reason().contains("ECS goes back by itself"), "{}", told.reason());
    assert_eq!((told.ended.outcome.exit_code, world.weights().as_str()), (0, "90/10"));
    world.pass(120 * MINUTE).await;
    text.meanwhile("2 hours pass");
    text.now(&world);
    text.is("native/judged-undecided");
    assert!(world.native_state().contains("ROLLBACK_SUCCESSFUL"), "{}", world.native_state());

    let world = idle().await;
    let mut wanted = wish(&world, Goal::Release, 2);
    policy(&mut wanted, |judging| {
        judging.longest = 15 * MINUTE;
        judging.undecided = OnUndecided::Rollback;
    });
    let told = ends(&world, &wanted, OutcomeKind::CanaryUndecided).await;
    assert_eq!(told.ended.outcome.exit_code, 23);
    assert_eq!(world.weights(), "100/0", "{}", told.log);

    let world = idle().await;
    policy(&mut wanted, |judging| {
        judging.longest = 15 * MINUTE;
        judging.undecided = OnUndecided::Promote;
    });
    wanted.deadline = wish(&world, Goal::Release, 2).deadline;
    ends(&world, &wanted, OutcomeKind::Succeeded).await;
}

#[tokio::test(start_paused = true)]
async fn a_frozen_release_is_told_until_when_it_stays() {
    let world = busy().await;
    world.fate(2, TaskFate::errors(0.08));
    let mut wanted = wish(&world, Goal::Release, 2);
    policy(&mut wanted, |judging| judging.fail = OnFail::Freeze);
    let told = ends(&world, &wanted, OutcomeKind::Frozen).await;
    assert!(told.reason().contains("ECS goes back by itself"), "{}", told.reason());
    assert_eq!((world.weights().as_str(), phase(&world).as_str()), ("90/10", "frozen"));
    ends(&world, &wish(&world, Goal::Abort, 2), OutcomeKind::Succeeded).await;
    assert_eq!((world.weights().as_str(), phase(&world).as_str()), ("100/0", "aborted-bad"));
}

#[tokio::test(start_paused = true)]
async fn a_person_who_promotes_is_held_up_by_a_bad_verdict_only() {
    let world = busy().await;
    ends(&world, &wish(&world, Goal::Canary, 2), OutcomeKind::Paused).await;
    world.pass(5 * MINUTE).await;
    let told = ends(&world, &wish(&world, Goal::Promote, 2), OutcomeKind::Succeeded).await;
    assert!(told.log.contains("a look before it is promoted"), "{}", told.log);
    world.fate(3, TaskFate::errors(0.08));
    ends(&world, &wish(&world, Goal::Canary, 3), OutcomeKind::Paused).await;
    world.pass(20 * MINUTE).await;
    let again = ends(&world, &wish(&world, Goal::Canary, 3), OutcomeKind::Paused).await;
    assert!(again.log.contains("judge  WORSE after "), "the verdict so far: {}", again.log);
    let told = ends(&world, &wish(&world, Goal::Promote, 3), OutcomeKind::CanaryFailed).await;
    assert!(world.native_state().contains(" v2 3/3"), "{}\n{}", world.native_state(), told.log);
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_read_revisions_the_rule_tells_the_sides() {
    let world = busy().await;
    world.deny("DescribeServiceRevisions");
    ends(&world, &wish(&world, Goal::Release, 2), OutcomeKind::Succeeded).await;
    world.fate(3, TaskFate::errors(0.08));
    ends(&world, &wish(&world, Goal::Release, 3), OutcomeKind::CanaryFailed).await;

    let world = busy().await;
    world.deny("DescribeServiceRevisions");
    let halves = NativeStrategy::Linear(TrafficShare::from_tenths(500));
    let told =
        ends(&world, &by(&world, Goal::Release, 2, halves), OutcomeKind::CanaryUndecided).await;
    assert!(told.reason().contains("could not tell which target group"), "{}", told.reason());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_dies_while_it_judges_leaves_it_to_the_pause() {
    let world = busy().await;
    world.fate(2, TaskFate::errors(0.08));
    killed_at(&world, &wish(&world, Goal::Release, 2), 2 * MINUTE).await;
    assert_eq!(world.weights(), "90/10");
    world.pass(125 * MINUTE).await;
    assert!(world.native_state().ends_with("weights 100/0; ROLLBACK_SUCCESSFUL"));
}
