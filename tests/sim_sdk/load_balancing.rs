//! Target groups, listeners, rules, target health.

use crate::clients::example;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, ForwardActionConfig, PathPatternConditionConfig, RuleCondition,
    TargetGroupTuple, TargetHealthStateEnum,
};
use ecs_sim::cloud::{EXAMPLE_LISTENER, EXAMPLE_LOAD_BALANCER, EXAMPLE_TARGET_GROUP};

fn forward(groups: &[(&str, i32)]) -> Action {
    let tuples = groups
        .iter()
        .map(|(arn, weight)| {
            TargetGroupTuple::builder().target_group_arn(*arn).weight(*weight).build()
        })
        .collect();
    Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .forward_config(ForwardActionConfig::builder().set_target_groups(Some(tuples)).build())
        .build()
}

#[tokio::test]
async fn targets_become_healthy_and_are_gone_after_the_service() {
    let cloud = example().await;
    cloud.create("release", "app:1", 2).await;
    cloud.settled("release").await;
    let health = cloud
        .elb
        .describe_target_health()
        .target_group_arn(EXAMPLE_TARGET_GROUP)
        .send()
        .await
        .unwrap();
    let targets = health.target_health_descriptions();
    assert_eq!(targets.len(), 2);
    assert!(targets.iter().all(|target| {
        target.target_health().unwrap().state() == Some(&TargetHealthStateEnum::Healthy)
    }));
    assert!(targets[0].target().unwrap().port().unwrap() >= 32_768);
}

#[tokio::test]
async fn the_weights_of_a_rule_are_written_and_read_back() {
    let cloud = example().await;
    let made = cloud.elb.create_target_group().name("canary").send().await.unwrap();
    let canary = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    let everything = RuleCondition::builder()
        .field("path-pattern")
        .path_pattern_config(PathPatternConditionConfig::builder().values("/*").build())
        .build();
    let rule = cloud
        .elb
        .create_rule()
        .listener_arn(EXAMPLE_LISTENER)
        .priority(10)
        .conditions(everything)
        .actions(forward(&[(EXAMPLE_TARGET_GROUP, 95), (&canary, 5)]))
        .send()
        .await
        .unwrap();
    let rule = rule.rules()[0].rule_arn().unwrap().to_owned();
    cloud
        .elb
        .modify_rule()
        .rule_arn(&rule)
        .actions(forward(&[(EXAMPLE_TARGET_GROUP, 0), (&canary, 999)]))
        .send()
        .await
        .unwrap();
    let rules = cloud.elb.describe_rules().listener_arn(EXAMPLE_LISTENER).send().await.unwrap();
    assert_eq!(rules.rules().len(), 2);
    assert_eq!(rules.rules()[1].is_default(), Some(true));
    let config = rules.rules()[0].actions()[0].forward_config().unwrap();
    let weights: Vec<_> = config.target_groups().iter().map(|group| group.weight()).collect();
    assert_eq!(weights, [Some(0), Some(999)]);

    let heavy = cloud.elb.modify_rule().rule_arn(&rule).actions(forward(&[(&canary, 1000)]));
    assert!(heavy.send().await.is_err());
    let groups = cloud
        .elb
        .describe_target_groups()
        .load_balancer_arn(EXAMPLE_LOAD_BALANCER)
        .send()
        .await
        .unwrap();
    assert_eq!(groups.target_groups().len(), 2);
}

#[tokio::test]
async fn an_unknown_target_group_is_a_typed_error() {
    let cloud = example().await;
    let asked = cloud.elb.describe_target_health().target_group_arn("arn:aws:nothing");
    assert!(
        asked.send().await.unwrap_err().into_service_error().is_target_group_not_found_exception()
    );
}

#[tokio::test]
async fn the_load_balancer_tells_its_listeners() {
    let cloud = example().await;
    let balancers = cloud.elb.describe_load_balancers().send().await.unwrap();
    assert!(balancers.load_balancers()[0].created_time().is_some());
    let arn = balancers.load_balancers()[0].load_balancer_arn().unwrap();
    let listeners = cloud.elb.describe_listeners().load_balancer_arn(arn).send().await.unwrap();
    assert_eq!(listeners.listeners()[0].port(), Some(80));
    let attributes = cloud
        .elb
        .describe_target_group_attributes()
        .target_group_arn(EXAMPLE_TARGET_GROUP)
        .send()
        .await
        .unwrap();
    let delay = attributes
        .attributes()
        .iter()
        .find(|attribute| attribute.key() == Some("deregistration_delay.timeout_seconds"));
    assert_eq!(delay.unwrap().value(), Some("10"));
}
