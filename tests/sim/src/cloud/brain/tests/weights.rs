//! Two target groups behind one rule.

use super::fixture::{CANARY, RELEASE, World};
use crate::cloud::brain::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP, FateRule, Routed, TaskFate,
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

/// A forward with stickiness of target groups.
fn sticky(full: u32, canary: u32) -> Value {
    let mut actions = forward(full, canary);
    actions[0]["ForwardConfig"]["TargetGroupStickinessConfig"] =
        json!({"Enabled": true, "DurationSeconds": 60});
    actions
}

fn cookie_of(world: &mut World) -> (String, String) {
    match world.visit("") {
        Routed::To(picked) => (picked.target_group, picked.set_cookie.unwrap()),
        other @ Routed::Answered { .. } => panic!("{other:?}"),
    }
}

#[test]
fn stickiness_keeps_a_client_with_its_target_group_until_the_weight_is_zero() {
    for outlives in [false, true] {
        let (mut world, rule) = weighted();
        world.cloud.world.switches.stickiness_outlives_weight_zero = outlives;
        let answer = world.elb("ModifyRule", json!({"RuleArn": rule, "Actions": sticky(1, 1)}));
        assert_eq!(
            answer["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"],
            json!({"Enabled": true, "DurationSeconds": 60})
        );
        let cookie = loop {
            let (group, cookie) = cookie_of(&mut world);
            if group == CANARY_GROUP {
                break cookie.split(';').next().unwrap().to_owned();
            }
        };
        let group = |world: &mut World| match world.visit(&cookie) {
            Routed::To(picked) => picked.target_group,
            Routed::Answered { status, .. } => status.to_string(),
        };
        assert!((0..50).all(|_| group(&mut world) == CANARY_GROUP));
        world.elb("ModifyRule", json!({"RuleArn": rule, "Actions": sticky(1, 0)}));
        assert_eq!(group(&mut world) == CANARY_GROUP, outlives);
    }
}

#[test]
fn an_authenticate_action_keeps_its_secret_to_itself_and_lets_in_who_has_a_session() {
    let (mut world, rule) = weighted();
    let oidc = |secret: Value| {
        let mut actions = forward(1, 0);
        actions[0]["Order"] = json!("2");
        let mut config = json!({
            "Issuer": "https://login.example.com", "ClientId": "app",
            "AuthorizationEndpoint": "https://login.example.com/a",
            "TokenEndpoint": "https://login.example.com/t",
            "UserInfoEndpoint": "https://login.example.com/u",
        });
        for (member, value) in secret.as_object().unwrap() {
            config[member] = value.clone();
        }
        let first = json!({
            "Type": "authenticate-oidc", "Order": "1", "AuthenticateOidcConfig": config,
        });
        json!([actions[0], first])
    };
    let answer = world.elb(
        "ModifyRule",
        json!({"RuleArn": rule, "Actions": oidc(json!({"ClientSecret": "s3cret"}))}),
    );
    let actions = &answer["Rules"][0]["Actions"];
    assert_eq!(actions[0]["Type"], "authenticate-oidc");
    assert_eq!(actions[0]["AuthenticateOidcConfig"]["ClientSecret"], Value::Null);
    assert_eq!(world.request(), "302");
    assert!(matches!(world.visit("AWSELBAuthSessionCookie-0=x"), Routed::To(_)));
    let mut modify = |actions: Value| {
        let request = json!({"RuleArn": rule, "Actions": actions});
        let (now, service) = (world.now, "elasticloadbalancing");
        world.cloud.call(now, EXAMPLE_ACCESS_KEY, service, "ModifyRule", request)
    };
    // What DescribeRules shows cannot be sent back as it is.
    assert_eq!(modify(actions.clone()).unwrap_err().code, "ValidationError");
    modify(oidc(json!({"UseExistingClientSecret": "true"}))).unwrap();
    let alone = json!([oidc(json!({"ClientSecret": "s"}))[1]]);
    assert_eq!(modify(alone).unwrap_err().code, "InvalidLoadBalancerAction");
}
