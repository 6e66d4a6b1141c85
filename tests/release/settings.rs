//! Counts, per cents, what becomes of the canary, and a single service by ecs-cli's rules.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::world::World;
use ecs_canary::model::{
    AfterFull, BreakerRule, BreakerSetting, CountRule, Goal, OutcomeKind, Wanted,
};
use ecs_sim::cloud::{Fault, FaultKind, TaskFate};
use insta::assert_snapshot;
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn after_a_full_release_the_canary_can_be_emptied() {
    let world = World::new();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.after_full = AfterFull::Zero;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 0/0 COMPLETED; release release:2 v2 3/3 COMPLETED");
    let canary = world.release(&world.wanted(Goal::Canary, 3)).await;
    assert_eq!(canary.kind(), OutcomeKind::Succeeded, "{}", canary.log);
    assert_eq!(world.row("canary-release").running, 1, "brought up with its declared count");
}

#[tokio::test(start_paused = true)]
async fn after_a_full_release_the_canary_can_be_removed() {
    let world = World::new();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.after_full = AfterFull::Remove;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    world.pass(Duration::from_secs(300)).await;
    assert_snapshot!(world.state(), @"release release:2 v2 3/3 COMPLETED");
}

fn only_full(world: &World, goal: Goal, version: u32, count: CountRule) -> Wanted {
    let mut wanted = world.wanted(goal, version);
    wanted.canary = None;
    wanted.full.as_mut().unwrap().count = count;
    wanted
}

#[tokio::test(start_paused = true)]
async fn scale_sets_the_count_and_waits_until_it_runs() {
    let world = World::new();
    world.released(1).await;
    for count in [5, 2] {
        let wanted = only_full(&world, Goal::Scale, 0, CountRule::Always(count));
        let told = world.release(&wanted).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        let row = world.row("release");
        assert_eq!((row.running, row.desired), (count, count));
        assert_eq!(told.reason(), format!("release runs {count} tasks"));
        assert!(told.ended.outcome.previous.is_none() && !told.log.contains("before"));
    }
    assert_eq!(
        world.request("UpdateService"),
        json!({
            "cluster": ecs_sim::cloud::EXAMPLE_CLUSTER, "service": "release", "desiredCount": 2,
        })
    );
    let again = only_full(&world, Goal::Scale, 0, CountRule::Always(2));
    assert_eq!(world.release(&again).await.kind(), OutcomeKind::NoChange);
}

#[tokio::test(start_paused = true)]
async fn a_later_deploy_leaves_the_count_alone() {
    let world = World::new();
    world.released(1).await;
    let scaled = only_full(&world, Goal::Scale, 0, CountRule::Always(5));
    world.release(&scaled).await;
    world.released(2).await;
    assert_eq!(world.row("release").running, 5);
}

#[tokio::test(start_paused = true)]
async fn a_single_service_is_created_and_updated_as_ecs_cli_does_it() {
    let world = World::new();
    let wanted = |version| only_full(&world, Goal::Service, version, CountRule::EcsCli);
    let told = world.release(&wanted(1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(
        world.request("CreateService"),
        json!({
            "cluster": ecs_sim::cloud::EXAMPLE_CLUSTER,
            "serviceName": "release",
            "desiredCount": 1,
            "loadBalancers": [{
                "targetGroupArn": ecs_sim::cloud::EXAMPLE_TARGET_GROUP,
                "containerName": "web",
                "containerPort": 80,
            }],
            "deploymentConfiguration": {
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
                "deploymentCircuitBreaker": { "enable": true, "rollback": true },
            },
            "enableECSManagedTags": true,
            "propagateTags": "TASK_DEFINITION",
            "taskDefinition": "release:1",
        })
    );
    let scaled = only_full(&world, Goal::Scale, 0, CountRule::Always(3));
    world.release(&scaled).await;
    let told = world.release(&wanted(2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(
        world.request("UpdateService"),
        json!({
            "cluster": ecs_sim::cloud::EXAMPLE_CLUSTER,
            "service": "release",
            "desiredCount": 3,
            "deploymentConfiguration": { "maximumPercent": 200, "minimumHealthyPercent": 100 },
            "taskDefinition": "release:2",
        })
    );
}

#[tokio::test(start_paused = true)]
async fn other_per_cents_alone_start_no_deployment() {
    let world = World::new();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Full, 1);
    wanted.full.as_mut().unwrap().percents = Some("50/200".parse().unwrap());
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(told.ended.outcome.seconds < 5.0, "nothing to wait for");
    assert_eq!(world.release(&wanted).await.kind(), OutcomeKind::NoChange);
}

#[tokio::test(start_paused = true)]
async fn a_breaker_without_rollback_is_taken_back_by_us() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_at_start(1));
    let mut wanted = world.wanted(Goal::Full, 2);
    let no_rollback = BreakerSetting { enabled: true, rollback: false };
    wanted.full.as_mut().unwrap().breaker = BreakerRule::Set(no_rollback);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
    assert_snapshot!(told.reason(), @"container web ends with exit code 1; this job took it back to release:1");
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_forced_deployment_is_made_although_nothing_changed() {
    let world = World::new();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Full, 1);
    wanted.full.as_mut().unwrap().force = true;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(told.ended.outcome.seconds > 20.0, "it was waited for");
    assert_eq!(world.request("UpdateService")["forceNewDeployment"], true);
}

#[tokio::test(start_paused = true)]
async fn a_colleague_between_our_look_and_our_change_is_a_conflict() {
    let world = World::new();
    world.released(1).await;
    let slow = FaultKind::Slow { seconds: 8.0 };
    world.fault(Fault::times("RegisterTaskDefinition", 1, slow));
    let wanted = world.wanted(Goal::Full, 2);
    let colleague = async {
        world.pass(Duration::from_secs(4)).await;
        world.colleague(9);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_eq!(told.kind(), OutcomeKind::Refused, "{}", told.log);
    assert!(
        told.reason().contains("somebody began to deploy release:3 to release"),
        "{}",
        told.reason()
    );
    assert_eq!(world.row("release").revision, "release:3", "theirs goes on");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_an_earlier_run_created_and_that_is_not_seen_yet_is_found() {
    let world = World::new();
    let stale = Fault::always("DescribeServices", FaultKind::StaleReads { seconds: 6.0 });
    world.fault(stale);
    let wanted = world.wanted(Goal::Canary, 1);
    let mut spec = serde_json::Value::Object(
        wanted.canary.as_ref().unwrap().task.as_ref().unwrap().body().clone(),
    );
    spec["tags"] = wanted
        .identity
        .tags()
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    world.port.now("RegisterTaskDefinition", spec);
    world.port.now(
        "CreateService",
        json!({
            "cluster": ecs_sim::cloud::EXAMPLE_CLUSTER, "serviceName": "canary-release",
            "taskDefinition": "canary-release:1", "desiredCount": 1,
        }),
    );
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.row("canary-release").revision, "canary-release:1");
}
