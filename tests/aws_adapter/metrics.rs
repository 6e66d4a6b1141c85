//! What users leave in CloudWatch, read by the adapter and judged.

use crate::simulator::{create, ended, register, to};
use ecs_canary::aws::{AwsCloud, connect};
use ecs_canary::judge::{self, Policy, Verdict, Window};
use ecs_canary::model::{AlarmState, CallErrorKind, JudgedMetric, TargetGroupArn};
use ecs_canary::ports::{Ecs as _, Metrics as _};
use ecs_sim::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP, FateRule, Fault, FaultKind,
    MetricTrouble, SimCloud, SimCloudHandle, SimOptions, TaskFate, TrafficPlan,
};
use serde_json::json;
use std::time::Duration;

/// A service whose tasks do badly, twenty minutes under traffic.
async fn under_traffic(fate: TaskFate) -> (SimCloudHandle, AwsCloud) {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    sim.fate(FateRule { fate, ..FateRule::default() });
    let revision = register(&cloud, "1.0.0").await;
    cloud.create_service(&create(&revision)).await.unwrap();
    ended(&sim, &cloud).await;
    sim.traffic(TrafficPlan::steady(10.0));
    for _ in 0..20 {
        sim.jump(Duration::from_secs(60));
    }
    (sim, cloud)
}

/// Both sides are the same group: what is found of one is found of the other.
fn metrics() -> Vec<JudgedMetric> {
    let group = TargetGroupArn::new(EXAMPLE_TARGET_GROUP);
    let balancer = EXAMPLE_LISTENER.rsplit_once(":listener/").unwrap().1.rsplit_once('/').unwrap();
    judge::of_target_groups(balancer.0, (&group, &group), Some(Duration::from_millis(500)))
}

#[tokio::test]
async fn requests_errors_missing_and_slow_answers_are_read_by_the_minute() {
    let fate = TaskFate {
        error_share: 0.2,
        unanswered_share: 0.1,
        response_seconds: 0.1,
        slow_share: 0.3,
        slow_seconds: 3.0,
        ..TaskFate::default()
    };
    let (sim, cloud) = under_traffic(fate).await;
    let now = ecs_canary::model::Timestamp::from_millis(sim.now().millis());
    let (metrics, last) = (metrics(), judge::settled(now));
    let minutes = last - 9..=last;
    let query = judge::query(&metrics, &minutes);
    assert_eq!(query.series.len(), 7, "each once");
    let answers = cloud.series(&query).await.unwrap();
    let samples = judge::samples(&metrics, &query, &answers).unwrap();
    let window = Window { minutes, steps: Vec::new() };
    let assessment = judge::assess(&Policy::default(), &samples, &window);
    let rate = |index: usize| {
        let total = assessment.metrics[index].total;
        assert!(total.canary_requests > 300, "{total:?}");
        assert_eq!(
            (total.canary_requests, total.canary_bad),
            (total.baseline_requests, total.baseline_bad)
        );
        total.canary_rate().unwrap()
    };
    // A tenth has no answer; of the others a fifth is an error, three tenths are slow.
    let (errors, silent, slow) = (rate(0), rate(1), rate(2));
    assert!((errors - 0.18).abs() < 0.06, "{errors}");
    assert!((silent - 0.1).abs() < 0.06, "{silent}");
    assert!((slow - 0.3).abs() < 0.08, "{slow}");
    assert_eq!(assessment.verdict, Verdict::Fail, "above the hard limit");
    assert_eq!(sim.unknown_actions(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_not_whole_and_what_is_denied_is_told_apart() {
    let (sim, cloud) = under_traffic(TaskFate::default()).await;
    let now = ecs_canary::model::Timestamp::from_millis(sim.now().millis());
    let (metrics, last) = (metrics(), judge::settled(now));
    let query = judge::query(&metrics, &(last - 9..=last));
    sim.with(|brain, _| {
        brain.set_metric_troubles(vec![MetricTrouble {
            metric: "RequestCount".to_owned(),
            status: "PartialData".to_owned(),
            code: "Busy".to_owned(),
            message: "a part is missing".to_owned(),
        }]);
    });
    let answers = cloud.series(&query).await.unwrap();
    let incomplete = judge::samples(&metrics, &query, &answers).unwrap_err();
    assert_eq!(incomplete.to_string(), "RequestCount: PartialData: a part is missing");
    sim.fault(Fault::always("GetMetricData", FaultKind::Deny));
    let error = cloud.series(&query).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Denied, "{error}");
    assert_eq!(error.operation, "cloudwatch:GetMetricData");
}

#[tokio::test]
async fn alarms_are_read_with_their_state() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    sim.with(|brain, _| {
        brain.set_alarm("latency", true);
        brain.set_alarm("errors", false);
        brain.set_alarm("somebody-else", true);
    });
    let names = ["errors", "latency", "nobody"].map(str::to_owned);
    let mut found = cloud.alarms(&names).await.unwrap();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let states: Vec<(&str, &AlarmState)> =
        found.iter().map(|alarm| (alarm.name.as_str(), &alarm.state)).collect();
    assert_eq!(states, [("errors", &AlarmState::Ok), ("latency", &AlarmState::Alarm)]);
    assert!(found.iter().all(|alarm| alarm.since.is_some() && alarm.reason == "set by hand"));
}

#[tokio::test]
async fn an_answer_in_pages_is_read_to_its_end() {
    let (sim, cloud) = under_traffic(TaskFate::default()).await;
    let now = ecs_canary::model::Timestamp::from_millis(sim.now().millis());
    let query = judge::query(&metrics(), &(judge::settled(now) - 9..=judge::settled(now)));
    let at_once = cloud.series(&query).await.unwrap();
    sim.with(|brain, _| brain.set_points_per_page(7));
    let calls = sim.calls().len();
    assert_eq!(cloud.series(&query).await.unwrap(), at_once);
    assert!(sim.calls().len() - calls > 3, "it came in pages");
}

#[tokio::test]
async fn a_composite_alarm_is_read_as_any_other() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let cloud = connect(&to(&sim)).await.unwrap();
    let rule = json!({"AlarmName": "users", "AlarmRule": "ALARM(errors) AND NOT ALARM(slow)"});
    sim.with(|brain, now| {
        brain.set_alarm("errors", true);
        brain.set_alarm("slow", false);
        brain.call(now, EXAMPLE_ACCESS_KEY, "cloudwatch", "PutCompositeAlarm", rule).unwrap();
    });
    let found = cloud.alarms(&["users".to_owned()]).await.unwrap();
    assert_eq!((found.len(), &found[0].state), (1, &AlarmState::Alarm));
    assert!(found[0].reason.contains(":alarm:errors transitioned to ALARM"), "{found:?}");
    sim.with(|brain, _| brain.set_alarm("slow", true));
    assert_eq!(cloud.alarms(&["users".to_owned()]).await.unwrap()[0].state, AlarmState::Ok);
}
