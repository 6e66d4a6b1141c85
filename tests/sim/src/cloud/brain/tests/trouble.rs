//! Faults, keys and the record of calls, without HTTP.

use super::fixture::{RELEASE, World};
use crate::cloud::brain::{
    AccessKey, CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Fault, FaultKind, Reply, Request,
};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_service_just_created_may_be_missing_for_a_while() {
    let mut world = World::new();
    let stale = FaultKind::StaleReads { seconds: 20.0 };
    world.cloud.add_fault(Fault::always("Describe*", stale));
    world.create("release", "1", RELEASE);
    let named = json!({"cluster": EXAMPLE_CLUSTER, "services": ["release"]});
    let first = world.call("DescribeServices", named.clone());
    assert_eq!(first["failures"][0]["reason"], "MISSING");
    world.pass(21);
    assert_eq!(world.call("DescribeServices", named)["services"][0]["status"], "ACTIVE");
}

#[test]
fn stale_reads_look_like_a_stable_service() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let stale = FaultKind::StaleReads { seconds: 30.0 };
    world.cloud.add_fault(Fault::always("DescribeServices", stale));
    world.deploy("release", "2");
    let seen = world.service("release");
    assert_eq!(seen["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(seen["runningCount"], seen["desiredCount"]);
}

#[test]
fn a_late_answer_says_how_late() {
    let mut world = World::new();
    world.cloud.add_fault(Fault::always("ListClusters", FaultKind::Slow { seconds: 7.5 }));
    let request = Request::new(EXAMPLE_ACCESS_KEY, "ecs", "ListClusters", json!({}));
    let answer = world.cloud.request(world.now, &request);
    assert_eq!(answer.delay, Duration::from_millis(7500));
    assert!(matches!(answer.reply, Reply::Sent(Ok(_))));
}

#[test]
fn a_lost_answer_may_leave_a_change_behind() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let named = |count: u32| json!({"cluster": EXAMPLE_CLUSTER, "service": "release", "desiredCount": count});
    for (applied, count, wanted) in [(true, 5, 5), (false, 7, 5)] {
        let fault = Fault::times("UpdateService", 1, FaultKind::NoAnswer { applied });
        world.cloud.add_fault(fault);
        assert_eq!(world.ask("UpdateService", named(count)).unwrap_err().code, "NoAnswer");
        assert_eq!(world.service("release")["desiredCount"], wanted);
    }
}

#[test]
fn a_fault_of_chance_hits_its_share() {
    let mut world = World::new();
    let fault = Fault { probability: Some(0.3), ..Fault::always("*", FaultKind::Throttle) };
    world.cloud.add_fault(fault);
    let hit = (0..1000).filter(|_| world.ask("ListClusters", json!({})).is_err()).count();
    assert!((250..350).contains(&hit), "{hit}");
}

#[test]
fn every_call_is_recorded_as_it_came() {
    let mut world = World::new();
    let body = json!({"cluster": EXAMPLE_CLUSTER, "services": ["a"], "include": null});
    world.call("DescribeServices", body.clone());
    assert!(world.ask("UpdateService", json!({"cluster": "no", "service": "a"})).is_err());
    let calls = world.cloud.calls();
    assert_eq!((calls[0].action.as_str(), &calls[0].body), ("DescribeServices", &body));
    assert_eq!((calls[0].mutating, calls[0].outcome.as_str()), (false, "ok"));
    assert_eq!((calls[1].mutating, calls[1].outcome.as_str()), (true, "ClusterNotFoundException"));
}

#[test]
fn roles_and_tags_need_rights_of_their_own() {
    let mut world = World::new();
    let key = AccessKey::new("AKIA2", "arn:aws:iam::1:user/b", &["ecs:RegisterTaskDefinition"]);
    world.cloud.add_key(key);
    let plain = json!({
        "family": "app", "containerDefinitions": [{"name": "a", "image": "a", "memory": 4}],
    });
    let mut with_role = plain.clone();
    with_role["taskRoleArn"] = json!("arn:aws:iam::1:role/x");
    let mut with_tags = plain.clone();
    with_tags["tags"] = json!([{"key": "a", "value": "b"}]);
    let mut ask =
        |body| world.cloud.call(world.now, "AKIA2", "ecs", "RegisterTaskDefinition", body);
    ask(plain).unwrap();
    assert!(ask(with_role).unwrap_err().message.contains("iam:PassRole"));
    assert!(ask(with_tags).unwrap_err().message.contains("ecs:TagResource"));
}

#[test]
fn what_is_not_simulated_is_loud_and_remembered() {
    let mut world = World::new();
    let error = world.ask("PutAttributes", json!({})).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (501, "NotSimulated"));
    assert!(error.message.contains("ecs:PutAttributes"));
    assert_eq!(world.cloud.unknown_actions().len(), 1);
}

#[test]
fn calls_beyond_the_published_rates_are_throttled_where_that_is_switched_on() {
    for limited in [false, true] {
        let options = CloudOptions { rate_limits: limited, ..CloudOptions::default() };
        let mut world = World::with(options);
        let plain = json!({
            "family": "app", "containerDefinitions": [{"name": "a", "image": "a", "memory": 4}],
        });
        let codes: Vec<String> = (0..25)
            .filter_map(|_| world.ask("RegisterTaskDefinition", plain.clone()).err())
            .map(|error| error.code)
            .collect();
        assert_eq!(codes, vec!["ThrottlingException"; if limited { 5 } else { 0 }]);
        world.pass(3);
        world.call("RegisterTaskDefinition", plain);
    }
}
