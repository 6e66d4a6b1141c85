//! Elastic Load Balancing, as far as a release needs it.

use crate::model::{
    CallError, ListenerRule, ListenerRuleArn, RuleWeights, TargetGroup, TargetGroupArn,
    TargetHealth, WeightedTraffic,
};

/// Reads target groups and rules, and sets weights.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait LoadBalancer {
    /// Health of every target; `NotFound` when the group does not exist.
    async fn target_health(&self, group: &TargetGroupArn) -> Result<Vec<TargetHealth>, CallError>;

    /// The group itself; `None` when it does not exist.
    async fn target_group(&self, group: &TargetGroupArn) -> Result<Option<TargetGroup>, CallError>;

    /// The rule; `None` when it does not exist.
    async fn rule(&self, arn: &ListenerRuleArn) -> Result<Option<ListenerRule>, CallError>;

    /// ModifyRule with other weights of the two groups. Everything else of the rule is sent as
    /// it was read right before: stickiness, other groups, authentication. False, and nothing
    /// sent, when the weights are not `expected` any more.
    async fn set_weights(
        &self,
        traffic: &WeightedTraffic,
        expected: RuleWeights,
        to: RuleWeights,
    ) -> Result<bool, CallError>;
}
