//! The same in several jobs: the canary's job ends at its gate, and a person goes on.

use crate::judged::{busy, judging, wanted};
use ecs_canary::model::{
    BadCount, Goal, JudgedMetric, Judging, MetricSeries, OutcomeKind, SideSeries,
};
use ecs_sim::cloud::{TaskFate, TrafficPlan};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn promote_looks_again_and_takes_a_bad_canary_back() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.08));
    let told = world.release(&wanted(&world, Goal::Canary, 2, &judging())).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "90/10", "it ends green at its gate");
    assert!(told.log.contains("judge  counts from the canary's first share on"), "{}", told.log);
    world.pass(20 * MINUTE).await;
    let told = world.release(&wanted(&world, Goal::Promote, 2, &judging())).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.log.contains("judge  WORSE after "), "{}", told.log);
    assert_eq!(world.weights(), "100/0");
}

#[tokio::test(start_paused = true)]
async fn a_person_may_promote_what_has_no_verdict_yet() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.001));
    world.release(&wanted(&world, Goal::Canary, 2, &judging())).await;
    world.pass(5 * MINUTE).await;
    let told = world.release(&wanted(&world, Goal::Promote, 2, &judging())).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert!(told.log.contains("a look before it is promoted"), "{}", told.log);
    assert_eq!(told.log.matches("judge  healthy").count(), 1, "the share after it\n{}", told.log);
}

/// Both services are behind one target group: only the application tells its requests apart.
pub(crate) fn own() -> Judging {
    let side = |service: &str| {
        let series = |name: &str| MetricSeries {
            namespace: "Shop".to_owned(),
            name: name.to_owned(),
            dimensions: BTreeMap::from([("Service".to_owned(), service.to_owned())]),
            statistic: "Sum".to_owned(),
        };
        SideSeries { requests: series("Orders"), bad: BadCount::Counted(series("Failed")) }
    };
    let metric = JudgedMetric {
        name: "orders".to_owned(),
        canary: side("canary-release"),
        baseline: side("release"),
    };
    Judging { metrics: vec![metric], ..judging() }
}

/// The application counts its orders each minute.
pub(crate) async fn counts(world: &World, failed: f64) {
    loop {
        let point = |name: &str, service: &str, value: f64| {
            json!({ "MetricName": name, "Value": value,
                "Dimensions": [{ "Name": "Service", "Value": service }] })
        };
        let body = json!({ "Namespace": "Shop", "MetricData": [
            point("Orders", "canary-release", 100.0), point("Failed", "canary-release", failed),
            point("Orders", "release", 300.0), point("Failed", "release", 1.0),
        ] });
        world.call("cloudwatch", "PutMetricData", body);
        world.pass(MINUTE).await;
    }
}

#[tokio::test(start_paused = true)]
async fn twins_behind_one_target_group_are_judged_by_the_users_own_metric() {
    for (failed, kind) in [(12.0, OutcomeKind::CanaryFailed), (0.0, OutcomeKind::Succeeded)] {
        let world = World::quick();
        world.released(1).await;
        let mut wanted = world.wanted(Goal::Release, 2);
        wanted.course.judging = Some(Box::new(own()));
        wanted.course.hold = Duration::ZERO;
        let told = tokio::select! {
            told = world.release(&wanted) => told,
            () = counts(&world, failed) => unreachable!("it counts for ever"),
        };
        assert_eq!(told.kind(), kind, "{} {}", told.reason(), told.log);
        let told = world.release(&world.wanted(Goal::Abort, 2)).await;
        assert!(told.kind().is_good(), "{}", told.log);
    }
}

#[tokio::test(start_paused = true)]
async fn a_twin_is_looked_at_before_it_is_promoted() {
    let world = World::quick();
    world.released(1).await;
    let mut wanted = world.wanted(Goal::Canary, 2);
    wanted.course.judging = Some(Box::new(own()));
    let told = tokio::select! {
        told = async {
            world.release(&wanted).await;
            world.pass(20 * MINUTE).await;
            wanted.goal = Goal::Promote;
            wanted.deadline = wanted.deadline.after(3600 * Duration::from_secs(1));
            world.release(&wanted).await
        } => told,
        () = counts(&world, 12.0) => unreachable!("it counts for ever"),
    };
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(world.state().contains("canary-release:3 v1") || world.state().contains(" v1 1/1"));
}
