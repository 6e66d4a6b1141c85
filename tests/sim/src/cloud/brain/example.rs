//! The example world: what the team of the nginx example has in AWS before its first release.
//! Owns its names.

use super::cloud::Cloud;
use super::options::CloudOptions;
use super::principals::{Role, Secret};
use super::state::{Cluster, Listener, LoadBalancer, Rule, Tags, TargetGroup};
use super::time::SimTime;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Cluster of the example.
pub const EXAMPLE_CLUSTER: &str = "ecs-canary-test-poc-svc-cluster";
/// The role by which ECS pulls the image and writes logs.
const EXAMPLE_ROLE: &str = "arn:aws:iam::111122223333:role/TaskExecRole";
/// The secret that holds the registry's login.
const EXAMPLE_SECRET: &str =
    "arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:ecs-canary-poc2-1ax2py";
/// The one target group of both services.
pub const EXAMPLE_TARGET_GROUP: &str = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:\
targetgroup/ecs-canary-test-poc/0123456789abcdef";
/// The load balancer.
pub const EXAMPLE_LOAD_BALANCER: &str = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:\
loadbalancer/app/ecs-canary-test-poc/50dc6c495c0c9188";
/// Its listener on port 80.
pub const EXAMPLE_LISTENER: &str = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:\
listener/app/ecs-canary-test-poc/50dc6c495c0c9188/f2f7dc8efc522ab2";
/// The listener's default rule.
const EXAMPLE_DEFAULT_RULE: &str = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:\
listener-rule/app/ecs-canary-test-poc/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee";

impl Cloud {
    /// An account with the example's cluster, load balancer, listener and target group, and
    /// no services. Region and account are the example's, whatever the options say.
    pub fn example(options: CloudOptions, now: SimTime) -> Self {
        let mut cloud = Self::new(CloudOptions {
            region: super::EXAMPLE_REGION.to_owned(),
            account: super::EXAMPLE_ACCOUNT.to_owned(),
            ..options
        });
        let cluster = Cluster {
            name: EXAMPLE_CLUSTER.to_owned(),
            arn: cloud.world.ids.ecs(&format!("cluster/{EXAMPLE_CLUSTER}")),
            settings: Map::new(),
            tags: Tags::default(),
        };
        cloud.world.clusters.insert(cluster.name.clone(), cluster);
        cloud.add_role(Role {
            arn: EXAMPLE_ROLE.to_owned(),
            allow: Vec::new(),
            trusted: vec!["ecs-tasks.amazonaws.com".to_owned()],
            web_identity: None,
        });
        cloud.add_secret(Secret { arn: EXAMPLE_SECRET.to_owned(), leaving: false });
        cloud.add_target_group(EXAMPLE_TARGET_GROUP, "instance");
        cloud.world.load_balancers.insert(EXAMPLE_LOAD_BALANCER.to_owned(), load_balancer(now));
        let listener = Listener {
            arn: EXAMPLE_LISTENER.to_owned(),
            load_balancer: EXAMPLE_LOAD_BALANCER.to_owned(),
            port: 80,
            protocol: "HTTP".to_owned(),
            tags: Tags::default(),
        };
        cloud.world.listeners.insert(listener.arn.clone(), listener);
        cloud.world.rules.insert(EXAMPLE_DEFAULT_RULE.to_owned(), default_rule());
        cloud
    }

    /// Adds a target group with quick checks (healthy after 10 s, drained after 10 s) under an
    /// ARN of one's own. `target_type` is `instance` or `ip`.
    pub fn add_target_group(&mut self, arn: &str, target_type: &str) {
        let name = arn.split('/').nth(1).unwrap_or_default().to_owned();
        let settings = json!({
            "Protocol": "HTTP",
            "ProtocolVersion": "HTTP1",
            "Port": 80,
            "VpcId": "vpc-0123456789abcdef0",
            "TargetType": target_type,
            "IpAddressType": "ipv4",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPort": "traffic-port",
            "HealthCheckEnabled": true,
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 2,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2,
            "HealthCheckPath": "/",
            "Matcher": {"HttpCode": "200"},
        });
        let delay = ("deregistration_delay.timeout_seconds".to_owned(), "10".to_owned());
        let group = TargetGroup {
            arn: arn.to_owned(),
            name,
            settings: members(settings),
            attributes: BTreeMap::from([
                delay,
                ("load_balancing.algorithm.type".to_owned(), "weighted_random".to_owned()),
                ("stickiness.enabled".to_owned(), "false".to_owned()),
            ]),
            tags: Tags::default(),
            targets: BTreeMap::new(),
        };
        self.world.target_groups.insert(group.arn.clone(), group);
    }
}

fn load_balancer(now: SimTime) -> LoadBalancer {
    let settings = json!({
        "Scheme": "internet-facing",
        "Type": "application",
        "IpAddressType": "ipv4",
        "VpcId": "vpc-0123456789abcdef0",
        "SecurityGroups": [],
    });
    LoadBalancer {
        arn: EXAMPLE_LOAD_BALANCER.to_owned(),
        name: "ecs-canary-test-poc".to_owned(),
        dns: "ecs-canary-test-poc-1234567890.ap-northeast-1.elb.amazonaws.com".to_owned(),
        created_at: now,
        settings: members(settings),
        tags: Tags::default(),
    }
}

fn default_rule() -> Rule {
    Rule {
        arn: EXAMPLE_DEFAULT_RULE.to_owned(),
        listener: EXAMPLE_LISTENER.to_owned(),
        priority: None,
        conditions: json!([]),
        actions: json!([{
            "Type": "forward",
            "TargetGroupArn": EXAMPLE_TARGET_GROUP,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": EXAMPLE_TARGET_GROUP, "Weight": 1}],
                "TargetGroupStickinessConfig": {"Enabled": false},
            },
        }]),
        tags: Tags::default(),
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
