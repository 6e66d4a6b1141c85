//! Two target groups behind one rule.

use super::fixture::{CANARY, RELEASE, World};
use crate::cloud::brain::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP, FateRule, TaskFate,
};
use serde_json::{Value, json};

const CANARY_GROUP: &str =
    "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/canary/0000000000000001";

fn forward(full: u32, canary: u32) -> Value {
    json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": EXAMPLE_TARGET_GROUP, "Weight": full},
        {"TargetGroupArn": CANARY_GROUP, "Weight": canary},
    ]}}])
}

/// The example with a second group and a rule; both services run.
fn weighted() -> (World, String) {
    let mut world = World::new();
    world.cloud.add_target_group(CANARY_GROUP, "instance");
    let rule = world.elb(
        "CreateRule",
        json!({
            "ListenerArn": EXAMPLE_LISTENER, "Priority": "1",
            "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}],
            "Actions": forward(1, 0),
        }),
    )["Rules"][0]["RuleArn"]
        .as_str()
        .unwrap()
        .to_owned();
    world.created("release", "1", RELEASE);
    world.create("canary-release", "2", CANARY);
    world.update(
        "canary-release",
        json!({"loadBalancers": [{
            "targetGroupArn": CANARY_GROUP, "containerName": "canary-test", "containerPort": 80,
        }]}),
    );
    world.settle("canary-release");
    (world, rule)
}

fn share_of_canary(world: &mut World) -> u32 {
    (0..1000).map(|_| u32::from(world.request().ends_with(":2"))).sum()
}

#[test]
fn requests_follow_the_weights() {
    let (mut world, rule) = weighted();
    for (full, canary, bounds) in
        [(1, 0, 0..=0), (90, 10, 70..=130), (50, 50, 440..=560), (0, 999, 1000..=1000)]
    {
        world.elb("ModifyRule", json!({"RuleArn": rule, "Actions": forward(full, canary)}));
        let share = share_of_canary(&mut world);
        assert!(bounds.contains(&share), "{full}/{canary}: {share}");
    }
    world.elb("ModifyRule", json!({"RuleArn": rule, "Actions": forward(0, 0)}));
    assert_eq!(world.request(), "503");
}

#[test]
fn a_weight_that_cannot_be_is_refused_and_changes_nothing() {
    let (mut world, rule) = weighted();
    let request = json!({"RuleArn": rule, "Actions": forward(0, 1000)});
    let error = world
        .cloud
        .call(world.now, EXAMPLE_ACCESS_KEY, "elasticloadbalancing", "ModifyRule", request)
        .unwrap_err();
    assert_eq!(error.code, "ValidationError");
    assert_eq!(share_of_canary(&mut world), 0);
}

#[test]
fn unhealthy_targets_get_nothing_while_others_are_healthy() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    world.cloud.set_fate(FateRule {
        service: Some("canary-release".into()),
        fate: TaskFate::never_healthy(),
        ..FateRule::default()
    });
    world.create("canary-release", "2", CANARY);
    for _ in 0..60 {
        assert!(world.request().ends_with(":1"));
        world.pass(1);
    }
}
