//! The example world with a target group for each service and a rule that shares requests.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::world::World;
use ecs_canary::model::{
    Course, Goal, ListenerRuleArn, TargetGroupArn, Traffic, TrafficShare, Wanted, WeightedTraffic,
};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const CANARY_GROUP: &str =
    "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/canary/0000000000000001";

impl World {
    /// A quick world with two target groups and a rule.
    pub(crate) fn weighted() -> Self {
        Self::quick().with_two_groups()
    }

    /// This world with a second target group and a rule.
    pub(crate) fn with_two_groups(self) -> Self {
        let world = self;
        world.port.cloud.borrow_mut().add_target_group(CANARY_GROUP, "instance");
        world.elb(
            "CreateRule",
            json!({
                "ListenerArn": EXAMPLE_LISTENER, "Priority": 1,
                "Conditions": [{ "Field": "path-pattern", "Values": ["/*"] }],
                "Actions": [{ "Type": "forward", "TargetGroupArn": EXAMPLE_TARGET_GROUP }],
            }),
        );
        world
    }

    /// A call to the load balancer from outside the release.
    pub(crate) fn elb(&self, action: &str, body: Value) -> Value {
        self.call("elasticloadbalancing", action, body)
    }

    /// A call from outside the release.
    pub(crate) fn call(&self, service: &str, action: &str, body: Value) -> Value {
        let now = self.clock.sim();
        let mut cloud = self.port.cloud.borrow_mut();
        cloud.call(now, EXAMPLE_ACCESS_KEY, service, action, body).unwrap()
    }

    fn rules(&self) -> Vec<Value> {
        let answer = self.elb("DescribeRules", json!({ "ListenerArn": EXAMPLE_LISTENER }));
        crate::convert::list(&answer["Rules"])
    }

    fn rule(&self) -> Option<Value> {
        self.rules().into_iter().find(|rule| rule["IsDefault"] == false)
    }

    pub(crate) fn traffic(&self) -> WeightedTraffic {
        WeightedTraffic {
            rule: ListenerRuleArn::new(crate::convert::text(&self.rule().unwrap(), "RuleArn")),
            full: TargetGroupArn::new(EXAMPLE_TARGET_GROUP),
            canary: TargetGroupArn::new(CANARY_GROUP),
        }
    }

    /// `100/0`; empty without a rule.
    pub(crate) fn weights(&self) -> String {
        let Some(rule) = self.rule() else { return String::new() };
        let traffic = self.traffic();
        crate::convert::rule(&rule).weights(&traffic.full, &traffic.canary).to_string()
    }

    /// Somebody else sets weights.
    pub(crate) fn set_weights(&self, full: u32, canary: u32) {
        let groups = json!([
            { "TargetGroupArn": EXAMPLE_TARGET_GROUP, "Weight": full },
            { "TargetGroupArn": CANARY_GROUP, "Weight": canary },
        ]);
        let rule = self.traffic().rule;
        let action = json!({ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } });
        self.elb("ModifyRule", json!({ "RuleArn": rule, "Actions": [action] }));
    }

    /// Somebody's alarm goes off, or is well again.
    pub(crate) fn alarm(&self, name: &str, is_raised: bool) {
        let now = self.clock.sim();
        let mut cloud = self.port.cloud.borrow_mut();
        cloud.advance(now);
        cloud.set_alarm(name, is_raised);
    }

    /// Weights and counts in the order in which the program set them.
    pub(crate) fn moves(&self) -> Vec<String> {
        let cloud = self.port.cloud.borrow();
        let shown = cloud.calls().iter().filter_map(|call| match call.action.as_str() {
            "ModifyRule" => {
                let groups = &call.body["Actions"][0]["ForwardConfig"]["TargetGroups"];
                Some(format!("{}/{}", groups[0]["Weight"], groups[1]["Weight"]))
            }
            "UpdateService" | "CreateService" => {
                let service = call.body["service"].as_str().or(call.body["serviceName"].as_str());
                let what = match (&call.body["taskDefinition"], &call.body["desiredCount"]) {
                    (Value::String(revision), _) => revision.clone(),
                    (_, count) => count.to_string(),
                };
                Some(format!("{}: {what}", service.unwrap()))
            }
            "DeleteService" | "StopServiceDeployment" => Some(call.action.clone()),
            _ => None,
        });
        shown.collect()
    }

    /// The wish for `version`, by steps of 10 and 50 per cent.
    pub(crate) fn stepped(&self, goal: Goal, version: u32) -> Wanted {
        let mut wanted = self.wanted(goal, version);
        if let Some(binding) =
            wanted.canary.as_mut().and_then(|canary| canary.load_balancer.as_mut())
        {
            binding.target_group = Some(TargetGroupArn::new(CANARY_GROUP));
        }
        wanted.course = Course {
            traffic: Traffic::Weighted(self.traffic()),
            steps: [100, 500].map(TrafficShare::from_tenths).to_vec(),
            hold: Duration::from_secs(30),
            ..Course::default()
        };
        wanted
    }
}
