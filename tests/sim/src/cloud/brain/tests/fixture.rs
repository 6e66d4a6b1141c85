//! The example account with a hand to steer it.

use crate::cloud::brain::{
    ApiError, Cloud, CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, EXAMPLE_LISTENER,
    EXAMPLE_TARGET_GROUP, Routed, SimTime, Visit,
};
use serde_json::{Value, json};
use std::time::Duration;

/// An account and the time in it.
pub(super) struct World {
    pub(super) cloud: Cloud,
    pub(super) now: SimTime,
    pub(super) start: SimTime,
}

/// Which service, and how.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) desired: u32,
    pub(super) percents: (u32, u32),
    pub(super) balanced: bool,
    pub(super) breaker: bool,
}

pub(super) const RELEASE: Plan =
    Plan { desired: 3, percents: (100, 200), balanced: true, breaker: true };

/// The canary of the example: one task, stopped before its successor starts.
pub(super) const CANARY: Plan = Plan { desired: 1, percents: (0, 100), ..RELEASE };

impl World {
    pub(super) fn new() -> Self {
        Self::with(CloudOptions::default())
    }

    pub(super) fn with(options: CloudOptions) -> Self {
        let start = SimTime::from_millis(1_795_468_080_000);
        Self { cloud: Cloud::example(options, start), now: start, start }
    }

    pub(super) fn ask(&mut self, action: &str, body: Value) -> Result<Value, ApiError> {
        self.cloud.call(self.now, EXAMPLE_ACCESS_KEY, "ecs", action, body)
    }

    pub(super) fn call(&mut self, action: &str, body: Value) -> Value {
        self.ask(action, body).unwrap()
    }

    pub(super) fn elb(&mut self, action: &str, body: Value) -> Value {
        self.cloud.call(self.now, EXAMPLE_ACCESS_KEY, "elasticloadbalancing", action, body).unwrap()
    }

    /// Lets so many seconds pass.
    pub(super) fn pass(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.cloud.advance(self.now);
    }

    /// Goes to the next change that comes by itself, at most `most` seconds ahead.
    pub(super) fn step(&mut self, most: u64) {
        let bound = self.now + Duration::from_secs(most);
        let next = self.cloud.next_change(self.now).map_or(bound, |next| next.min(bound));
        self.now = next.max(self.now + Duration::from_millis(1));
        self.cloud.advance(self.now);
    }

    /// Seconds since the start.
    pub(super) fn seconds(&self) -> u64 {
        self.now.since(self.start).as_secs()
    }

    /// Registers a revision of `family` with an image tag.
    pub(super) fn register(&mut self, family: &str, tag: &str) -> String {
        let answer = self.call(
            "RegisterTaskDefinition",
            json!({
                "family": family,
                "memory": "512",
                "containerDefinitions": [{
                    "name": "canary-test",
                    "image": format!("registry.example.com/group/app:{tag}"),
                    "portMappings": [{"containerPort": 80}],
                }],
            }),
        );
        answer["taskDefinition"]["taskDefinitionArn"].as_str().unwrap().to_owned()
    }

    /// Creates a service that runs `tag`.
    pub(super) fn create(&mut self, name: &str, tag: &str, plan: Plan) -> Value {
        let definition = self.register(name, tag);
        let (least, most) = plan.percents;
        let mut request = json!({
            "cluster": EXAMPLE_CLUSTER,
            "serviceName": name,
            "taskDefinition": definition,
            "desiredCount": plan.desired,
            "deploymentConfiguration": {
                "minimumHealthyPercent": least,
                "maximumPercent": most,
                "deploymentCircuitBreaker": {"enable": plan.breaker, "rollback": plan.breaker},
            },
        });
        if plan.balanced {
            request["loadBalancers"] = json!([{
                "targetGroupArn": EXAMPLE_TARGET_GROUP,
                "containerName": "canary-test",
                "containerPort": 80,
            }]);
        }
        self.call("CreateService", request)["service"].clone()
    }

    /// A service that runs `tag` and is at rest.
    pub(super) fn created(&mut self, name: &str, tag: &str, plan: Plan) {
        self.create(name, tag, plan);
        self.settle(name);
    }

    /// Updates a service to a new revision with `tag`.
    pub(super) fn deploy(&mut self, name: &str, tag: &str) -> Value {
        let definition = self.register(name, tag);
        self.update(name, json!({"taskDefinition": definition}))
    }

    pub(super) fn update(&mut self, name: &str, mut change: Value) -> Value {
        change["cluster"] = json!(EXAMPLE_CLUSTER);
        change["service"] = json!(name);
        self.call("UpdateService", change)["service"].clone()
    }

    pub(super) fn service(&mut self, name: &str) -> Value {
        let request = json!({"cluster": EXAMPLE_CLUSTER, "services": [name], "include": ["TAGS"]});
        self.call("DescribeServices", request)["services"][0].clone()
    }

    /// The newest service deployment.
    pub(super) fn deployment(&mut self, name: &str) -> Value {
        let arn = self.service(name)["currentServiceDeployment"].clone();
        self.call("DescribeServiceDeployments", json!({"serviceDeploymentArns": [arn]}))
            ["serviceDeployments"][0]
            .clone()
    }

    /// Waits until the newest service deployment has ended; gives the seconds it took.
    pub(super) fn settle(&mut self, name: &str) -> u64 {
        let before = self.seconds();
        loop {
            let status = self.deployment(name)["status"].clone();
            let ended = ["SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"];
            if ended.iter().any(|end| status == *end) {
                return self.seconds() - before;
            }
            assert!(self.seconds() - before < 7200, "{name} is {status} after two hours");
            self.step(60);
        }
    }

    /// Texts of the events since the start, oldest first, ids replaced.
    pub(super) fn events(&mut self, name: &str) -> Vec<String> {
        let service = self.service(name);
        let mut events: Vec<String> = service["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["message"].as_str().unwrap().to_owned())
            .collect();
        events.reverse();
        events
    }

    /// Health of all targets of the example's group.
    pub(super) fn health(&mut self) -> Vec<String> {
        let request = json!({"TargetGroupArn": EXAMPLE_TARGET_GROUP});
        self.elb("DescribeTargetHealth", request)["TargetHealthDescriptions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|target| target["TargetHealth"]["State"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Tasks of a service that are wanted.
    pub(super) fn tasks(&mut self, service: &str) -> Vec<Value> {
        self.tasks_that_are("RUNNING", service)
    }

    /// Tasks of a service that are stopped or stopping.
    pub(super) fn stopped(&mut self, service: &str) -> Vec<Value> {
        self.tasks_that_are("STOPPED", service)
    }

    fn tasks_that_are(&mut self, wanted: &str, service: &str) -> Vec<Value> {
        let request = json!({
            "cluster": EXAMPLE_CLUSTER, "serviceName": service, "desiredStatus": wanted,
        });
        let arns = self.call("ListTasks", request)["taskArns"].clone();
        if arns == json!([]) {
            return Vec::new();
        }
        let request = json!({"cluster": EXAMPLE_CLUSTER, "tasks": arns, "include": ["TAGS"]});
        self.call("DescribeTasks", request)["tasks"].as_array().unwrap().clone()
    }

    /// Number of a service's tasks that are wanted.
    pub(super) fn live(&mut self, service: &str) -> u32 {
        u32::try_from(self.tasks(service).len()).unwrap()
    }

    /// One request to the load balancer with cookies.
    pub(super) fn visit(&mut self, cookies: &str) -> Routed {
        let visit = Visit { host: "localhost", path: "/", cookies };
        self.cloud.route(self.now, EXAMPLE_LISTENER, visit)
    }

    /// One request to the load balancer: the image that answers, or the status.
    pub(super) fn request(&mut self) -> String {
        match self.visit("") {
            Routed::To(picked) => picked.images.join(" "),
            Routed::Answered { status, .. } => status.to_string(),
        }
    }
}
