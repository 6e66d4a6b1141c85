//! Application Auto Scaling: bounds, suspension, and who wins while a rollout is going on.

use super::fixture::{RELEASE, World};
use crate::cloud::brain::{
    ApiError, CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Switches, TrafficPlan,
};
use serde_json::{Value, json};

fn resource() -> String {
    format!("service/{EXAMPLE_CLUSTER}/release")
}

fn scaling(world: &mut World, action: &str, more: Value) -> Result<Value, ApiError> {
    let mut body = json!({
        "ServiceNamespace": "ecs", "ResourceId": resource(),
        "ScalableDimension": "ecs:service:DesiredCount",
    });
    let Value::Object(more) = more else { panic!("members are wanted") };
    for (member, value) in more {
        body[member] = value;
    }
    world.cloud.call(world.now, EXAMPLE_ACCESS_KEY, "application-autoscaling", action, body)
}

fn described(world: &mut World) -> Value {
    let body = json!({"ResourceIds": [resource()]});
    scaling(world, "DescribeScalableTargets", body).unwrap()["ScalableTargets"][0].clone()
}

#[test]
fn what_is_not_sent_again_stays() {
    let mut world = World::new();
    let refused = scaling(&mut world, "RegisterScalableTarget", json!({"MinCapacity": 1}));
    assert_eq!(refused.unwrap_err().code, "ValidationException");
    world.created("release", "1", RELEASE);
    let both = json!({"MinCapacity": 2, "MaxCapacity": 8});
    scaling(&mut world, "RegisterScalableTarget", both).unwrap();
    let all = json!({
        "DynamicScalingInSuspended": false, "DynamicScalingOutSuspended": false,
        "ScheduledScalingSuspended": false,
    });
    assert_eq!(described(&mut world)["SuspendedState"], all);
    let suspended = json!({"SuspendedState": {"DynamicScalingInSuspended": true}});
    scaling(&mut world, "RegisterScalableTarget", suspended).unwrap();
    let target = described(&mut world);
    assert_eq!(target["SuspendedState"]["DynamicScalingInSuspended"], true);
    assert_eq!((&target["MinCapacity"], &target["MaxCapacity"]), (&json!(2), &json!(8)));
    scaling(&mut world, "DeregisterScalableTarget", json!({})).unwrap();
    let again = scaling(&mut world, "DeregisterScalableTarget", json!({}));
    assert_eq!(again.unwrap_err().code, "ObjectNotFoundException");
}

#[test]
fn autoscaling_may_not_scale_in_while_suspended_or_in_a_rollout() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let both = json!({"MinCapacity": 1, "MaxCapacity": 5});
    scaling(&mut world, "RegisterScalableTarget", both).unwrap();
    let now = world.now;
    assert!(world.cloud.autoscale(now, &resource(), 99));
    assert_eq!(world.service("release")["desiredCount"], 5);
    let suspend = |flag: bool| json!({"SuspendedState": {"DynamicScalingInSuspended": flag}});
    scaling(&mut world, "RegisterScalableTarget", suspend(true)).unwrap();
    assert!(!world.cloud.autoscale(now, &resource(), 2));
    scaling(&mut world, "RegisterScalableTarget", suspend(false)).unwrap();
    world.deploy("release", "2");
    assert!(!world.cloud.autoscale(now, &resource(), 2));
    world.settle("release");
    let now = world.now;
    assert!(world.cloud.autoscale(now, &resource(), 2));
    assert_eq!(world.service("release")["desiredCount"], 2);
}

#[test]
fn a_policy_follows_the_requests_where_it_may_act() {
    for acts in [false, true] {
        let switches = Switches { autoscaling_acts: acts, ..Switches::default() };
        let mut world = World::with(CloudOptions { switches, ..CloudOptions::default() });
        world.created("release", "1", RELEASE);
        let both = json!({"MinCapacity": 2, "MaxCapacity": 8});
        scaling(&mut world, "RegisterScalableTarget", both).unwrap();
        let policy = json!({
            "PolicyName": "requests", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 600.0, "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ALBRequestCountPerTarget",
                    "ResourceLabel": "app/x/1/targetgroup/y/2",
                },
            },
        });
        scaling(&mut world, "PutScalingPolicy", policy).unwrap();
        world.cloud.start_traffic(TrafficPlan::steady(60.0));
        world.pass(400);
        let desired = |world: &mut World| world.service("release")["desiredCount"].clone();
        let busy = desired(&mut world).as_u64().unwrap();
        let bounds = if acts { 5..=8 } else { 3..=3 };
        assert!(bounds.contains(&busy), "{busy}");
        world.cloud.stop_traffic();
        world.cloud.start_traffic(TrafficPlan::steady(1.0));
        world.pass(1800);
        assert_eq!(desired(&mut world), if acts { 2 } else { 3 });
        let policies = scaling(&mut world, "DescribeScalingPolicies", json!({})).unwrap();
        assert_eq!(policies["ScalingPolicies"][0]["PolicyName"], "requests");
    }
}
