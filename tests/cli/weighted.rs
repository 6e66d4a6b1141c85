//! A release by the shares of a listener rule, with requests that really go through the load
//! balancer.

use crate::world::{COMMIT_2, World};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const CANARY_GROUP: &str =
    "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/canary/00000000000000c1";

impl World {
    /// Makes a target group for the canary and a rule, and has the release file use them in mode
    /// `weighted`, with `more` lines at its end.
    pub(crate) fn share_by_a_rule(&self, more: &str) {
        self.cloud.with(|cloud, _| cloud.add_target_group(CANARY_GROUP, "instance"));
        let body = json!({
            "ListenerArn": EXAMPLE_LISTENER, "Priority": 1,
            "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}],
            "Actions": [{"Type": "forward", "TargetGroupArn": EXAMPLE_TARGET_GROUP}],
        });
        let made = self.elb("CreateRule", body);
        let rule = made["Rules"][0]["RuleArn"].as_str().unwrap();
        let text = self.read("ecs-canary.yml");
        let (before, canary) = text.split_once("  canary:").unwrap();
        let canary = canary.replace(EXAMPLE_TARGET_GROUP, CANARY_GROUP);
        let mode = format!("mode: weighted\nlistener_rule: {rule}\n{more}");
        let canary = canary.replace("mode: twin", &mode);
        self.write("ecs-canary.yml", &format!("{before}  canary:{canary}"));
    }

    /// `100/0`, as the listener's rule has it; empty without a rule.
    pub(crate) fn weights(&self) -> String {
        let rules = self.elb("DescribeRules", json!({ "ListenerArn": EXAMPLE_LISTENER }));
        let rules = rules["Rules"].as_array().cloned().unwrap_or_default();
        let Some(rule) = rules.into_iter().find(|rule| rule["IsDefault"] == false) else {
            return String::new();
        };
        let groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"].clone();
        let of = |group: &str| {
            let groups = groups.as_array().into_iter().flatten();
            groups
                .filter(|one| one["TargetGroupArn"] == group)
                .find_map(|one| one["Weight"].as_u64())
        };
        let shown = [EXAMPLE_TARGET_GROUP, CANARY_GROUP].map(|group| match of(group) {
            Some(weight) => weight.to_string(),
            None => "none".to_owned(),
        });
        shown.join("/")
    }

    fn elb(&self, action: &str, body: Value) -> Value {
        let service = "elasticloadbalancing";
        self.cloud
            .with(|cloud, now| cloud.call(now, EXAMPLE_ACCESS_KEY, service, action, body).unwrap())
    }

    /// Answers of the load balancer to so many requests: how often each image answered.
    fn visits(&self, number: usize) -> BTreeMap<String, usize> {
        let mut seen = BTreeMap::new();
        for _ in 0..number {
            *seen.entry(self.visit()).or_default() += 1;
        }
        seen
    }

    fn visit(&self) -> String {
        let address = self.cloud.load_balancer.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: app\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        body.trim().to_owned()
    }

    /// The image of a service.
    fn image(&self, service: &str) -> String {
        let mut rows = self.cloud.services().into_iter();
        let row = rows.find(|row| row.service == service).unwrap();
        row.images.into_values().next().unwrap()
    }
}

/// Version 1 runs in the full service behind a rule; version 2 is built.
pub(crate) fn second_version(more: &str) -> World {
    let mut world = World::quick();
    world.share_by_a_rule(more);
    world.build();
    world.run(&["deploy", "full"]).good();
    world.edit("html/index.html", "v1", "v2");
    world.remove("image.json");
    world.at_commit(COMMIT_2, "2.0.0", 102);
    world.build();
    world
}

#[test]
fn users_meet_the_canary_at_its_share_and_then_only_the_new_version() {
    let world = second_version("steps: [10, 50]\nhold: 10s");
    let old = world.image("release");
    assert_eq!(world.visits(50), BTreeMap::from([(old.clone(), 50)]));
    world.run(&["deploy", "canary"]).good();
    assert_eq!(world.weights(), "90/10");
    let canary = world.image("canary-release");
    assert!(world.image("release") == old && canary != old, "{canary}");
    let seen = world.visits(500);
    // 50 are to be expected, with a standard deviation of 7.
    assert!((20..90).contains(&seen[&canary]), "{seen:?}");
    assert_eq!(seen[&canary] + seen[&old], 500, "nobody met anything else");
    world.run(&["release"]).good();
    assert_eq!(world.weights(), "100/0");
    assert_eq!(world.visits(50), BTreeMap::from([(canary, 50)]));
    let weights: Vec<String> = world.requests("ModifyRule").iter().map(shown).collect();
    assert_eq!(weights.join(" "), "100/0 90/10 50/50 100/0");
}

#[test]
fn users_meet_only_the_old_version_after_an_abort() {
    let world = second_version("steps: [10, 50]\nhold: 10s");
    let old = world.image("release");
    world.run(&["deploy", "canary"]).good();
    world.run(&["abort"]).good();
    assert_eq!(world.weights(), "100/0");
    assert_eq!(world.visits(50), BTreeMap::from([(old, 50)]));
}

fn shown(request: &Value) -> String {
    let groups = &request["Actions"][0]["ForwardConfig"]["TargetGroups"];
    let of = |at: usize| groups[at]["Weight"].as_str().unwrap();
    format!("{}/{}", of(0), of(1))
}
