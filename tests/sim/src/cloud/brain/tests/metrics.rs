//! CloudWatch: what users in virtual time leave in the metrics, and what queries make of it.

use super::fixture::{Plan, RELEASE, World};
use crate::cloud::brain::{
    ApiError, CloudOptions, EXAMPLE_ACCESS_KEY, FateRule, Fault, FaultKind, Incident, MetricDelay,
    MetricTrouble, TaskFate, TrafficPlan,
};
use serde_json::{Value, json};
use std::time::Duration;

const GROUP: &str = "targetgroup/ecs-canary-test-poc/0123456789abcdef";
const BALANCER: &str = "app/ecs-canary-test-poc/50dc6c495c0c9188";

/// Nothing is late: sums can be told exactly.
fn at_once() -> World {
    let delay = MetricDelay { lag_seconds: 0.0, late_share: 0.0, late_by_seconds: 0.0 };
    World::with(CloudOptions { metric_delay: delay, ..CloudOptions::default() })
}

pub(super) fn cloudwatch(world: &mut World, action: &str, body: Value) -> Result<Value, ApiError> {
    world.cloud.call(world.now, EXAMPLE_ACCESS_KEY, "cloudwatch", action, body)
}

fn of_group(id: &str, name: &str, stat: &str) -> Value {
    json!({"Id": id, "MetricStat": {"Period": 60, "Stat": stat, "Metric": {
        "Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": [
            {"Name": "TargetGroup", "Value": GROUP}, {"Name": "LoadBalancer", "Value": BALANCER},
        ],
    }}})
}

/// The results of queries over the last `seconds`.
fn get(world: &mut World, seconds: u64, queries: Value) -> Vec<Value> {
    let (start, end) = (world.now - Duration::from_secs(seconds), world.now);
    let mut request = json!({
        "ScanBy": "TimestampAscending",
        "StartTime": start.epoch_seconds(), "EndTime": end.epoch_seconds(),
    });
    request["MetricDataQueries"] = queries;
    let answer = cloudwatch(world, "GetMetricData", request).unwrap();
    answer["MetricDataResults"].as_array().unwrap().clone()
}

fn total(result: &Value) -> f64 {
    result["Values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).sum()
}

#[test]
fn users_leave_counts_classes_and_times_by_minute() {
    let mut world = at_once();
    println!("seed {}", world.cloud.seed());
    let fate = TaskFate {
        error_share: 0.05,
        unanswered_share: 0.01,
        response_seconds: 0.1,
        response_spread: 0.3,
        slow_share: 0.02,
        slow_seconds: 3.0,
        ..TaskFate::default()
    };
    world.cloud.set_fate(FateRule { fate, ..FateRule::default() });
    world.created("release", "1", RELEASE);
    world.cloud.start_traffic(TrafficPlan::steady(50.0));
    world.pass(1800);
    let results = get(
        &mut world,
        1860,
        json!([
            of_group("all", "RequestCount", "Sum"),
            of_group("good", "HTTPCode_Target_2XX_Count", "Sum"),
            of_group("bad", "HTTPCode_Target_5XX_Count", "Sum"),
            of_group("none", "TargetConnectionErrorCount", "Sum"),
            of_group("redirects", "HTTPCode_Target_3XX_Count", "Sum"),
            of_group("slow", "TargetResponseTime", "TC(1:)"),
            of_group("times", "TargetResponseTime", "SampleCount"),
            of_group("middle", "TargetResponseTime", "p50"),
            of_group("hosts", "HealthyHostCount", "Minimum"),
        ]),
    );
    let [all, good, bad, none, redirects, slow, times, middle, hosts] = &results[..] else {
        panic!("{results:?}");
    };
    let sum = total(all);
    assert!((85_000.0..95_000.0).contains(&sum), "{sum}");
    assert!((total(good) + total(bad) + total(none) - sum).abs() < 0.5);
    assert!((total(times) + total(none) - sum).abs() < 0.5);
    assert!((total(bad) / sum - 0.0495).abs() < 0.005, "{}", total(bad) / sum);
    assert!((total(none) / sum - 0.01).abs() < 0.003);
    assert!((total(slow) / sum - 0.02).abs() < 0.004, "{}", total(slow) / sum);
    assert_eq!(redirects["Values"], json!([]));
    assert!((middle["Values"][5].as_f64().unwrap() - 0.1).abs() < 0.02);
    assert_eq!(hosts["Values"][0], 3.0);
    let tally = world.cloud.tallies().values().next().unwrap();
    assert!((tally.requests as f64 - sum).abs() < 0.5);
}

#[test]
fn the_same_seed_gives_the_same_counts_and_another_one_others() {
    let counts = |seed: u64| {
        let mut world = World::with(CloudOptions { seed, ..CloudOptions::default() });
        world.created("release", "1", RELEASE);
        world.cloud.start_traffic(TrafficPlan { unrest: 0.1, ..TrafficPlan::steady(20.0) });
        world.pass(900);
        get(&mut world, 900, json!([of_group("all", "RequestCount", "Sum")]))[0]["Values"].clone()
    };
    assert_eq!(counts(1), counts(1));
    assert_ne!(counts(1), counts(2));
}

#[test]
fn the_newest_minute_grows_and_an_old_one_is_corrected() {
    let delay = MetricDelay { lag_seconds: 45.0, late_share: 0.5, late_by_seconds: 240.0 };
    let mut world = World::with(CloudOptions { metric_delay: delay, ..CloudOptions::default() });
    world.created("release", "1", RELEASE);
    world.cloud.start_traffic(TrafficPlan::steady(50.0));
    world.pass(600);
    let minute = world.now - Duration::from_secs(120);
    let read = |world: &mut World| {
        let request = json!({
            "MetricDataQueries": [of_group("all", "RequestCount", "Sum")],
            "StartTime": minute.epoch_seconds(), "EndTime": minute.epoch_seconds() + 1.0,
        });
        let answer = cloudwatch(world, "GetMetricData", request).unwrap();
        total(&answer["MetricDataResults"][0])
    };
    let early = read(&mut world);
    world.pass(300);
    let late = read(&mut world);
    assert!(early > 0.0 && late > early * 1.2, "{early} {late}");
    world.pass(3600);
    assert!((read(&mut world) - late).abs() < 0.5);
}

#[test]
fn without_requests_there_is_no_point_and_without_targets_only_the_load_balancers() {
    let mut world = at_once();
    world.created("release", "1", Plan { desired: 1, percents: (0, 100), ..RELEASE });
    world.cloud.start_traffic(TrafficPlan::steady(5.0));
    world.pass(120);
    world.update("release", json!({"desiredCount": 0}));
    world.pass(300);
    let mut own = of_group("own", "HTTPCode_ELB_503_Count", "Sum");
    own["MetricStat"]["Metric"]["Dimensions"] =
        json!([{"Name": "LoadBalancer", "Value": BALANCER}]);
    let results = get(&mut world, 120, json!([of_group("all", "RequestCount", "Sum"), own]));
    assert_eq!(results[0]["Values"], json!([]));
    assert_eq!(results[0]["StatusCode"], "Complete");
    assert!(total(&results[1]) > 400.0);
}

#[test]
fn an_incident_hits_every_task_alike() {
    let mut world = at_once();
    world.created("release", "1", RELEASE);
    let incident = Incident { after: 300.0, lasts: 120.0, error_share: 0.5, ..Incident::default() };
    world
        .cloud
        .start_traffic(TrafficPlan { incidents: vec![incident], ..TrafficPlan::steady(20.0) });
    world.pass(600);
    let results =
        get(&mut world, 600, json!([of_group("bad", "HTTPCode_Target_5XX_Count", "Sum")]));
    let bad = total(&results[0]);
    assert!((1050.0..1350.0).contains(&bad), "{bad}");
    assert!(results[0]["Values"].as_array().unwrap().len() <= 3);
}

#[test]
fn own_metrics_are_kept_and_counted() {
    let mut world = World::new();
    let at = world.now.epoch_seconds();
    let dimensions = json!([{"Name": "Service", "Value": "web"}]);
    cloudwatch(
        &mut world,
        "PutMetricData",
        json!({"Namespace": "Shop", "MetricData": [
            {"MetricName": "Orders", "Dimensions": dimensions, "Timestamp": at, "Value": 3.0},
            {"MetricName": "Orders", "Dimensions": dimensions, "Timestamp": at,
             "Values": [1.0, 5.0], "Counts": [2.0, 1.0]},
            {"MetricName": "Set", "Dimensions": dimensions, "Timestamp": at, "StatisticValues":
             {"SampleCount": 4.0, "Sum": 8.0, "Minimum": 1.0, "Maximum": 3.0}},
        ]}),
    )
    .unwrap();
    let query = |id: &str, name: &str, stat: &str, dimensions: &Value| {
        json!({"Id": id, "MetricStat": {"Period": 60, "Stat": stat, "Metric": {
            "Namespace": "Shop", "MetricName": name, "Dimensions": dimensions,
        }}})
    };
    world.pass(60);
    let results = get(
        &mut world,
        120,
        json!([
            query("sum", "Orders", "Sum", &dimensions),
            query("count", "Orders", "SampleCount", &dimensions),
            query("set", "Set", "Average", &dimensions),
            query("setp", "Set", "p90", &dimensions),
            query("bare", "Orders", "Sum", &json!([])),
            {"Id": "share", "Expression": "100 * set / sum", "Label": "share"},
            {"Id": "filled", "Expression": "SUM([FILL(bare, 7), sum])"},
            {"Id": "high", "Expression": "IF(sum > 9, 1, 0)"},
        ]),
    );
    let values = |at: usize| results[at]["Values"].clone();
    assert_eq!(
        (values(0), values(1), values(2), values(3), values(4)),
        (json!([10.0]), json!([4.0]), json!([2.0]), json!([]), json!([]))
    );
    assert_eq!((values(5), values(7)), (json!([20.0]), json!([1.0])));
    assert_eq!(
        total(&results[6]),
        10.0 + 7.0 * results[6]["Values"].as_array().unwrap().len() as f64
    );
    let listed = cloudwatch(&mut world, "ListMetrics", json!({"Namespace": "Shop"})).unwrap();
    assert_eq!(listed["Metrics"].as_array().unwrap().len(), 2);
    let refused = cloudwatch(&mut world, "PutMetricData", json!({"Namespace": "AWS/ECS"}));
    assert_eq!(refused.unwrap_err().code, "InvalidParameterValue");
}

#[test]
fn a_result_may_be_partial_or_fail_while_the_call_succeeds() {
    let mut world = at_once();
    world.created("release", "1", RELEASE);
    world.cloud.start_traffic(TrafficPlan::steady(20.0));
    world.pass(600);
    for (status, points) in [("PartialData", 3..8), ("InternalError", 0..1), ("Forbidden", 0..1)] {
        world.cloud.set_metric_troubles(vec![MetricTrouble {
            metric: "Request*".to_owned(),
            status: status.to_owned(),
            code: "ArithmeticError".to_owned(),
            message: "scripted".to_owned(),
        }]);
        let result =
            get(&mut world, 600, json!([of_group("all", "RequestCount", "Sum")])).remove(0);
        assert_eq!(result["StatusCode"], status);
        assert_eq!(result["Messages"][0]["Code"], "ArithmeticError");
        assert!(points.contains(&result["Values"].as_array().unwrap().len()), "{result}");
    }
}

#[test]
fn a_long_answer_comes_in_pages() {
    let mut world = at_once();
    world.created("release", "1", RELEASE);
    world.cloud.start_traffic(TrafficPlan::steady(20.0));
    world.pass(600);
    let mut request = json!({
        "MetricDataQueries": [
            of_group("all", "RequestCount", "Sum"), of_group("good", "HTTPCode_Target_2XX_Count", "Sum"),
        ],
        "StartTime": (world.now - Duration::from_secs(600)).iso8601(),
        "EndTime": world.now.iso8601(), "MaxDatapoints": 7,
    });
    let (mut points, mut pages) = (0, 0);
    loop {
        let answer = cloudwatch(&mut world, "GetMetricData", request.clone()).unwrap();
        for result in answer["MetricDataResults"].as_array().unwrap() {
            points += result["Values"].as_array().unwrap().len();
        }
        pages += 1;
        match answer.get("NextToken") {
            Some(token) => request["NextToken"] = token.clone(),
            None => break,
        }
    }
    // The minute in which the window begins is read whole: eleven minutes of two series.
    assert_eq!((points, pages), (22, 4));
    world.cloud.set_points_per_page(15);
    drop(request.as_object_mut().unwrap().remove("NextToken"));
    drop(request.as_object_mut().unwrap().remove("MaxDatapoints"));
    let answer = cloudwatch(&mut world, "GetMetricData", request).unwrap();
    assert_eq!(answer["NextToken"], "15", "pages also for those who ask for no number");
    assert_eq!(answer["MetricDataResults"][1]["StatusCode"], "PartialData");
}

#[test]
fn a_query_that_cannot_be_is_refused() {
    let mut world = World::new();
    let mut ask = |queries: Value, start: f64| {
        let end = world.now.epoch_seconds();
        let body = json!({"MetricDataQueries": queries, "StartTime": start, "EndTime": end});
        cloudwatch(&mut world, "GetMetricData", body).unwrap_err()
    };
    assert_eq!(ask(json!([]), 0.0).code, "ValidationError");
    assert_eq!(ask(json!([of_group("a", "X", "Sum")]), 1e12).code, "ValidationError");
    assert_eq!(ask(json!([of_group("A", "X", "Sum")]), 0.0).code, "ValidationError");
    assert_eq!(ask(json!([of_group("a", "X", "Mean")]), 0.0).code, "ValidationError");
    assert_eq!(ask(json!([{"Id": "a", "Expression": "b +"}]), 0.0).code, "ValidationError");
    let search = ask(json!([{"Id": "a", "Expression": "SEARCH(1, 2)"}]), 0.0);
    assert_eq!((search.status, search.code.as_str()), (501, "NotSimulated"));
}

#[test]
fn an_alarm_on_errors_goes_off_and_takes_a_rollout_back() {
    let mut world = at_once();
    cloudwatch(
        &mut world,
        "PutMetricAlarm",
        json!({
            "AlarmName": "errors", "Namespace": "AWS/ApplicationELB",
            "MetricName": "HTTPCode_Target_5XX_Count", "Statistic": "Sum", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 50.0, "TreatMissingData": "notBreaching",
            "ComparisonOperator": "GreaterThanThreshold",
            "Dimensions": [{"Name": "LoadBalancer", "Value": BALANCER}],
        }),
    )
    .unwrap();
    world.cloud.start_traffic(TrafficPlan::steady(50.0));
    world.created("release", "1", RELEASE);
    world.update(
        "release",
        json!({"deploymentConfiguration": {"alarms": {
            "alarmNames": ["errors"], "enable": true, "rollback": true,
        }}}),
    );
    world.pass(120);
    let state = |world: &mut World| {
        let found = cloudwatch(world, "DescribeAlarms", json!({"AlarmNames": ["errors"]})).unwrap();
        found["MetricAlarms"][0]["StateValue"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&mut world), "OK");
    let fate = TaskFate::errors(0.2);
    world.cloud.set_fate(FateRule { image: Some(":2".into()), fate, ..FateRule::default() });
    world.deploy("release", "2");
    world.settle("release");
    let deployment = world.deployment("release");
    assert_eq!(deployment["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(deployment["alarms"]["triggeredAlarmNames"], json!(["errors"]));
    world.pass(600);
    assert_eq!(state(&mut world), "OK");
}

#[test]
fn monitoring_that_does_not_answer_is_an_error_of_the_call() {
    let mut world = World::new();
    world.cloud.add_fault(Fault::times("GetMetricData", 1, FaultKind::ServerError { status: 500 }));
    world.cloud.add_fault(Fault::times("DescribeAlarms", 1, FaultKind::Throttle));
    let error = cloudwatch(&mut world, "GetMetricData", json!({})).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (500, "InternalServiceFault"));
    let error = cloudwatch(&mut world, "DescribeAlarms", json!({})).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (400, "ThrottlingException"));
}
