//! Listener rules: weights are changed, everything else is sent as it was read.

use super::cloud::AwsCloud;
use super::exchange::Exchange;
use super::resend::AfterLostAnswer;
use crate::model::{
    CallError, CallErrorKind, ListenerRule, ListenerRuleArn, RuleWeights, TargetGroupArn,
    WeightedTraffic,
};
use aws_sdk_elasticloadbalancingv2::config::Config;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, ForwardActionConfig, Rule, TargetGroupTuple,
};

const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";
const MODIFY: &str = "elasticloadbalancing:ModifyRule";

impl AwsCloud {
    pub(super) async fn describe_rule(
        &self,
        arn: &ListenerRuleArn,
    ) -> Result<Option<ListenerRule>, CallError> {
        Ok(self.raw_rule(arn).await?.map(|rule| of_sdk(arn, &rule)))
    }

    pub(super) async fn modify_weights(
        &self,
        traffic: &WeightedTraffic,
        expected: RuleWeights,
        to: RuleWeights,
    ) -> Result<bool, CallError> {
        let Some(rule) = self.raw_rule(&traffic.rule).await? else { return Ok(false) };
        let seen = of_sdk(&traffic.rule, &rule).weights(&traffic.full, &traffic.canary);
        if seen != expected {
            return Ok(false);
        }
        let actions = rule.actions.unwrap_or_default().into_iter();
        let actions: Result<Vec<Action>, CallError> =
            actions.map(|action| with_weights(action, traffic, to)).collect();
        let exchange = Exchange::new();
        let call = self.elb_changes().modify_rule().rule_arn(traffic.rule.as_str());
        let call = call.set_actions(Some(actions?));
        // Between two of them somebody else may have changed the rule: the next look decides.
        let once = Config::builder().retry_classifier(AfterLostAnswer::never());
        let call = call.customize().interceptor(exchange.clone()).config_override(once);
        let answer = call.send().await;
        self.checked(MODIFY, &exchange, answer).map(|_| true)
    }

    async fn raw_rule(&self, arn: &ListenerRuleArn) -> Result<Option<Rule>, CallError> {
        let exchange = Exchange::new();
        let call = self.elb().describe_rules().rule_arns(arn.as_str());
        let answer = call.customize().interceptor(exchange.clone()).send().await;
        match self.checked(DESCRIBE, &exchange, answer) {
            Ok(answer) => Ok(answer.rules.unwrap_or_default().into_iter().next()),
            Err(error) if error.code.as_deref().is_some_and(|code| code.starts_with("RuleNot")) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn of_sdk(arn: &ListenerRuleArn, rule: &Rule) -> ListenerRule {
    let forward = rule.actions().iter().find(|action| is_forward(action));
    let config = forward.and_then(|action| action.forward_config.as_ref());
    let sticky = config.and_then(|config| config.target_group_stickiness_config.as_ref());
    let groups = forward.map(groups).unwrap_or_default().into_iter().filter_map(|group| {
        let weight = u32::try_from(group.weight.unwrap_or(1)).unwrap_or(0);
        Some((TargetGroupArn::new(group.target_group_arn?), weight))
    });
    ListenerRule {
        arn: arn.clone(),
        is_default: rule.is_default.unwrap_or(false),
        groups: groups.collect(),
        sticky: sticky.and_then(|sticky| sticky.enabled).unwrap_or(false),
    }
}

fn is_forward(action: &Action) -> bool {
    action.r#type == Some(ActionTypeEnum::Forward)
}

/// Target groups of a forward action in either of its two spellings.
fn groups(action: &Action) -> Vec<TargetGroupTuple> {
    let listed = action.forward_config.as_ref().and_then(|one| one.target_groups.clone());
    match (listed, &action.target_group_arn) {
        (Some(listed), _) if !listed.is_empty() => listed,
        (_, Some(arn)) => vec![TargetGroupTuple::builder().target_group_arn(arn).build()],
        (_, None) => Vec::new(),
    }
}

/// The action as it is sent back.
///
/// # Errors
/// An action of a kind that this program does not know would lose what it does not know of it.
fn with_weights(
    mut action: Action,
    traffic: &WeightedTraffic,
    to: RuleWeights,
) -> Result<Action, CallError> {
    match &action.r#type {
        Some(ActionTypeEnum::Forward) => {}
        Some(ActionTypeEnum::AuthenticateOidc) => {
            // The secret is never shown, so it cannot be sent: ELB keeps the one it has.
            if let Some(oidc) = &mut action.authenticate_oidc_config {
                oidc.client_secret = None;
                oidc.use_existing_client_secret = Some(true);
            }
            return Ok(action);
        }
        Some(
            ActionTypeEnum::AuthenticateCognito
            | ActionTypeEnum::FixedResponse
            | ActionTypeEnum::JwtValidation
            | ActionTypeEnum::Redirect,
        ) => return Ok(action),
        other => {
            let kind = other.as_ref().map_or("without a type", |kind| kind.as_str());
            return Err(CallError {
                kind: CallErrorKind::Refused,
                operation: MODIFY.to_owned(),
                code: None,
                message: format!("the rule has an action \"{kind}\" that could not be kept"),
                place: None,
            });
        }
    }
    let mut groups = groups(&action);
    for (arn, weight) in [(&traffic.full, to.full), (&traffic.canary, to.canary)] {
        let Some(weight) = weight else { continue };
        let weight = i32::try_from(weight).ok();
        let named =
            |group: &&mut TargetGroupTuple| group.target_group_arn.as_deref() == Some(arn.as_str());
        match groups.iter_mut().find(named) {
            Some(group) => group.weight = weight,
            None => groups.push(
                TargetGroupTuple::builder()
                    .target_group_arn(arn.as_str())
                    .set_weight(weight)
                    .build(),
            ),
        }
    }
    let config = action.forward_config.take();
    let sticky = config.and_then(|config| config.target_group_stickiness_config);
    let config = ForwardActionConfig::builder()
        .set_target_groups(Some(groups))
        .set_target_group_stickiness_config(sticky);
    action.forward_config = Some(config.build());
    action.target_group_arn = None;
    Ok(action)
}
