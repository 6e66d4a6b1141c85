//! Weights of a listener rule, and everything else of it.

use crate::access;
use aws_sdk_elasticloadbalancingv2::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, AuthenticateOidcActionConfig, ForwardActionConfig,
    PathPatternConditionConfig, Rule, RuleCondition, TargetGroupStickinessConfig, TargetGroupTuple,
};
use ecs_canary::aws::connect;
use ecs_canary::model::{
    CallErrorKind, ListenerRuleArn, RuleWeights, TargetGroupArn, WeightedTraffic,
};
use ecs_canary::ports::LoadBalancer as _;
use ecs_sim::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_REGION, EXAMPLE_SECRET_KEY, EXAMPLE_TARGET_GROUP,
    Fault, FaultKind, SimCloud, SimCloudHandle, SimOptions,
};

fn client(sim: &SimCloudHandle) -> aws_sdk_elasticloadbalancingv2::Client {
    let keys = Credentials::new(EXAMPLE_ACCESS_KEY, EXAMPLE_SECRET_KEY, None, None, "test");
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(EXAMPLE_REGION))
        .endpoint_url(&sim.endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .build();
    aws_sdk_elasticloadbalancingv2::Client::new(&config)
}

fn oidc() -> Action {
    let config = AuthenticateOidcActionConfig::builder()
        .issuer("https://id.example")
        .authorization_endpoint("https://id.example/a")
        .token_endpoint("https://id.example/t")
        .user_info_endpoint("https://id.example/u")
        .client_id("app")
        .client_secret("hidden")
        .scope("openid email");
    Action::builder()
        .r#type(ActionTypeEnum::AuthenticateOidc)
        .order(1)
        .authenticate_oidc_config(config.build())
        .build()
}

fn forward(group: &str) -> Action {
    let sticky = TargetGroupStickinessConfig::builder().enabled(true).duration_seconds(90).build();
    let config = ForwardActionConfig::builder()
        .target_groups(TargetGroupTuple::builder().target_group_arn(group).weight(1).build())
        .target_group_stickiness_config(sticky);
    Action::builder()
        .r#type(ActionTypeEnum::Forward)
        .order(2)
        .forward_config(config.build())
        .build()
}

async fn made(elb: &aws_sdk_elasticloadbalancingv2::Client) -> WeightedTraffic {
    let group = elb.create_target_group().name("canary").send().await.unwrap();
    let canary = group.target_groups()[0].target_group_arn().unwrap().to_owned();
    let everything = RuleCondition::builder()
        .field("path-pattern")
        .path_pattern_config(PathPatternConditionConfig::builder().values("/*").build())
        .build();
    let call = elb.create_rule().listener_arn(EXAMPLE_LISTENER).priority(7);
    let call = call.conditions(everything).actions(oidc()).actions(forward(EXAMPLE_TARGET_GROUP));
    let rule = call.send().await.unwrap();
    WeightedTraffic {
        rule: ListenerRuleArn::new(rule.rules()[0].rule_arn().unwrap()),
        full: TargetGroupArn::new(EXAMPLE_TARGET_GROUP),
        canary: TargetGroupArn::new(canary),
    }
}

async fn shown(elb: &aws_sdk_elasticloadbalancingv2::Client, traffic: &WeightedTraffic) -> Rule {
    let answer = elb.describe_rules().rule_arns(traffic.rule.as_str()).send().await.unwrap();
    answer.rules()[0].clone()
}

fn weights(full: u32, canary: u32) -> RuleWeights {
    RuleWeights { full: Some(full), canary: Some(canary) }
}

#[tokio::test]
async fn other_weights_leave_stickiness_order_and_authentication_as_they_were() {
    let sim = SimCloud::start(SimOptions::at_speed(1.0)).await.unwrap();
    let elb = client(&sim);
    let traffic = made(&elb).await;
    let before = shown(&elb, &traffic).await;
    let mut access = access(sim.endpoint.clone());
    access.region = Some(EXAMPLE_REGION.to_owned());
    access.variables.insert("AWS_ACCESS_KEY_ID".to_owned(), EXAMPLE_ACCESS_KEY.to_owned());
    access.variables.remove("AWS_SESSION_TOKEN");
    let cloud = connect(&access).await.unwrap();

    let first = RuleWeights { full: Some(1), canary: None };
    assert!(cloud.set_weights(&traffic, first, weights(95, 5)).await.unwrap());
    let rule = cloud.rule(&traffic.rule).await.unwrap().unwrap();
    assert_eq!(rule.weights(&traffic.full, &traffic.canary), weights(95, 5));
    assert!(rule.sticky && !rule.is_default);
    let after = shown(&elb, &traffic).await;
    assert_eq!(after.actions()[0], before.actions()[0], "authentication, without its secret");
    assert_eq!(after.conditions(), before.conditions());
    let sticky = |rule: &Rule| {
        let forward = rule.actions()[1].forward_config().unwrap();
        (rule.actions()[1].order(), forward.target_group_stickiness_config().cloned())
    };
    assert_eq!(sticky(&after), sticky(&before));

    let stale = cloud.set_weights(&traffic, first, weights(0, 100)).await.unwrap();
    assert!(!stale, "somebody else's weights are not written over");
    sim.fault(Fault::times("ModifyRule", 1, FaultKind::Close { applied: true }));
    let lost = cloud.set_weights(&traffic, weights(95, 5), weights(100, 0)).await.unwrap_err();
    assert_eq!(lost.kind, CallErrorKind::NoAnswer, "made or not: only a look tells");
    let rule = cloud.rule(&traffic.rule).await.unwrap().unwrap();
    assert_eq!(rule.weights(&traffic.full, &traffic.canary), weights(100, 0));
    sim.fault(Fault::times("ModifyRule", 6, FaultKind::Throttle));
    assert!(cloud.set_weights(&traffic, weights(100, 0), weights(95, 5)).await.unwrap());
    let nowhere = ListenerRuleArn::new(traffic.rule.as_str().replace("listener-rule", "none"));
    assert_eq!(cloud.rule(&nowhere).await.unwrap(), None);
    sim.fault(Fault::times("DescribeRules", 1, FaultKind::Deny));
    let error = cloud.rule(&traffic.rule).await.unwrap_err();
    assert_eq!(
        (error.kind, error.operation.as_str()),
        (CallErrorKind::Denied, "elasticloadbalancing:DescribeRules",)
    );
}
