//! What a person reads of `plan`, `status` and `verify`, as golden files in
//! `tests/scenarios/{plan,status,verify}`; `UPDATE_SCENARIOS=1` writes them.

#[path = "../release/timeless.rs"]
mod timeless;

use crate::weighted::second_version;
use crate::world::{Ended, World};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, FateRule, Fault, FaultKind, TaskFate};
use serde_json::{Value, json};
use std::path::Path;

/// Commands one after the other, each with what it said.
struct Seen(String);

impl Seen {
    /// `what` says in a sentence what is found.
    fn new(what: &str) -> Self {
        Self(format!("# {what}\n"))
    }

    /// Runs a command that ends with `code`.
    fn run(&mut self, world: &World, words: &[&str], code: i32) {
        let ended = world.run(words).code(code);
        self.add(words, &ended);
    }

    fn add(&mut self, words: &[&str], ended: &Ended) {
        self.0.push_str(&format!("$ ecs-canary {}\n", words.join(" ")));
        for line in ended.stdout.lines().chain(ended.stderr.lines()) {
            timeless::looks_well(line).unwrap_or_else(|why| panic!("{why}\n{}", ended.stdout));
            self.0.push_str(&format!("{}\n", stable(line)));
        }
        self.0.push_str(&format!("exit {}\n", ended.code));
    }

    /// Something that happens in between.
    fn meanwhile(&mut self, what: &str) {
        self.0.push_str(&format!("* {what}\n"));
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    fn is(&self, name: &str) {
        let golden =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/scenarios/{name}.txt"));
        if std::env::var_os("UPDATE_SCENARIOS").is_some() {
            std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
            std::fs::write(&golden, &self.0).unwrap();
        }
        let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
        assert!(wanted == self.0, "another transcript than {}:\n{}", golden.display(), self.0);
    }
}

/// Digests of what was built here differ from build to build.
fn stable(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("sha256:") {
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        shown.push_str(before);
        shown.push_str("sha256:DIGEST");
        rest = &after[digits..];
    }
    let line = format!("{shown}{rest}");
    // The commits of the test are ids too.
    let commits = ["11111111", "22222222", "33333333"];
    let kept = commits.iter().fold(line, |line, one| line.replace(one, &one[..7]));
    let line = timeless::timeless(&kept);
    // How long a command took.
    match line.rsplit_once("   ") {
        Some((before, after)) if after.ends_with(" s") => format!("{before}   T"),
        _ => line,
    }
}

impl World {
    fn ecs(&self, action: &str, body: Value) -> Value {
        self.cloud
            .with(|cloud, now| cloud.call(now, EXAMPLE_ACCESS_KEY, "ecs", action, body).unwrap())
    }

    /// One tag of the full service.
    fn tag(&self, key: &str) -> String {
        let named =
            json!({"cluster": EXAMPLE_CLUSTER, "services": ["release"], "include": ["TAGS"]});
        let found = self.ecs("DescribeServices", named);
        let tags = found["services"][0]["tags"].as_array().cloned().unwrap_or_default();
        let tag = tags.into_iter().find(|tag| tag["key"] == key);
        tag.and_then(|tag| Some(tag["value"].as_str()?.to_owned())).unwrap_or_default()
    }

    fn set_tag(&self, key: &str, value: &str) {
        let named = json!({"cluster": EXAMPLE_CLUSTER, "services": ["release"]});
        let arn = self.ecs("DescribeServices", named)["services"][0]["serviceArn"].clone();
        let body = json!({"resourceArn": arn, "tags": [{"key": key, "value": value}]});
        self.ecs("TagResource", body);
    }

    /// The lease of the full service ends then, whatever the clock of this machine says.
    fn lease_until(&self, time: &str) {
        let lease = self.tag("ecs-canary:lease");
        let (before, after) = lease.split_once("until ").unwrap();
        let (_, holder) = after.split_once(' ').unwrap();
        self.set_tag("ecs-canary:lease", &format!("{before}until {time} {holder}"));
    }

    /// A release that is killed while it holds its first share.
    fn killed_in_the_hold(&self) {
        assert!(self.start(&["release"], "").until("hold 10 %").kill());
    }
}

const FAR: &str = "2999-01-01T00:00:00Z";
const PAST: &str = "2001-01-01T00:00:00Z";

#[test]
fn nothing_is_there_yet() {
    let world = World::new();
    let mut seen = Seen::new("Nothing was released yet, and no image was pushed.");
    seen.run(&world, &["status"], 0);
    seen.run(&world, &["status", "--watch", "--deadline", "1s"], 0);
    seen.is("status/nothing");
    let mut seen = Seen::new("Nothing was released yet, and no image was pushed.");
    seen.run(&world, &["verify"], 11);
    seen.is("verify/nothing");
    world.build();
    let mut seen = Seen::new("Nothing was released yet; the image is there.");
    seen.run(&world, &["plan", "canary"], 0);
    seen.run(&world, &["plan", "full"], 0);
    seen.run(&world, &["plan", "promote"], 11);
    seen.run(&world, &["plan", "rollback"], 11);
    seen.is("plan/nothing");
}

#[test]
fn healthy_and_idle_and_then_a_canary_at_its_gate() {
    let world = second_version("steps: [10, 50]\nhold: 1h\ngate: {timeout: 2h, then: rollback}");
    let mut seen = Seen::new("Version 1 runs; version 2 was built.");
    seen.run(&world, &["status"], 0);
    seen.is("status/idle");
    let mut seen = Seen::new("Version 1 runs; version 2 was built.");
    seen.run(&world, &["plan", "release"], 0);
    seen.run(&world, &["plan", "canary"], 0);
    seen.run(&world, &["plan", "full"], 0);
    seen.is("plan/idle");
    let mut seen = Seen::new("Version 1 runs; version 2 was built.");
    seen.run(&world, &["verify"], 0);
    seen.is("verify/ready");
    world.run(&["deploy", "canary"]).good();
    let mut seen = Seen::new("The canary job of version 2 ended at 10 %.");
    seen.run(&world, &["status"], 0);
    seen.is("status/canary-waits");
    let mut seen = Seen::new("The canary job of version 2 ended at 10 %.");
    seen.run(&world, &["plan", "promote"], 0);
    seen.run(&world, &["plan", "release"], 0);
    seen.run(&world, &["plan", "abort"], 0);
    seen.is("plan/canary-waits");
}

#[test]
fn a_release_under_way_and_its_job_that_dies() {
    let mut world = second_version("steps: [10, 50]\nhold: 1h");
    world.killed_in_the_hold();
    world.lease_until(FAR);
    let mut seen = Seen::new("A release of version 2 holds 10 %.");
    seen.run(&world, &["status"], 0);
    let watch = ["status", "--watch"];
    let watching = world.start(&watch, "").until("10 % of the requests");
    world.lease_until(PAST);
    let ended = watching.until("is not taken back").terminate().wait();
    seen.meanwhile("its lease ends while somebody watches, who then ends that");
    seen.add(&watch, &ended.code(0));
    seen.run(&world, &["status"], 0);
    seen.is("status/under-way-and-dead");
    world.at_commit(&"3".repeat(40), "3.0.0", 103);
    world.push("3.0.0");
    let mut seen = Seen::new("The job of version 2 died at 10 %; its lease ended.");
    world.remove("image.json");
    seen.run(&world, &["plan", "release"], 0);
    world.lease_until(FAR);
    seen.meanwhile("the same while its job is alive");
    seen.run(&world, &["plan", "release"], 12);
    seen.is("plan/another-release");
}

#[test]
fn after_a_failed_release_that_was_taken_back() {
    let world = second_version("steps: [10, 50]\nhold: 1h");
    let fate = TaskFate::crash_at_start(1);
    let rows = world.cloud.services();
    let old = rows.iter().find(|row| row.service == "release").unwrap();
    let old = old.images.values().next().cloned();
    world.cloud.fate(FateRule { fate, ..FateRule::default() });
    world.cloud.fate(FateRule { image: old, ..FateRule::default() });
    world.run(&["release"]).code(30);
    let mut seen = Seen::new("The canary of version 2 crashed, and was taken back.");
    seen.run(&world, &["status"], 0);
    seen.is("status/failed");
}

#[test]
fn services_that_are_not_ours() {
    let world = World::new();
    world.build();
    world.run(&["deploy", "full"]).good();
    let old = world.ecs("DescribeTaskDefinition", json!({"taskDefinition": "release"}));
    let old = &old["taskDefinition"];
    let body = json!({
        "family": "made-by-hand", "containerDefinitions": old["containerDefinitions"],
        "cpu": old["cpu"], "memory": old["memory"], "networkMode": old["networkMode"],
    });
    let made = world.ecs("RegisterTaskDefinition", body);
    let arn = made["taskDefinition"]["taskDefinitionArn"].clone();
    let body = json!({"cluster": EXAMPLE_CLUSTER, "service": "release", "taskDefinition": arn});
    world.ecs("UpdateService", body);
    while world.cloud.services().iter().any(|row| row.rollout != "COMPLETED") {
        std::thread::yield_now();
    }
    for key in ["ecs-canary:lease", "ecs-canary:progress"] {
        let named = json!({"cluster": EXAMPLE_CLUSTER, "services": ["release"]});
        let arn = world.ecs("DescribeServices", named)["services"][0]["serviceArn"].clone();
        world.ecs("UntagResource", json!({"resourceArn": arn, "tagKeys": [key]}));
    }
    let mut seen = Seen::new("Somebody deployed a revision of another family by hand.");
    seen.run(&world, &["status"], 0);
    seen.is("status/by-hand");
    let mut seen = Seen::new("Somebody deployed a revision of another family by hand.");
    seen.run(&world, &["plan", "full"], 0);
    seen.run(&world, &["plan", "canary"], 0);
    seen.run(&world, &["plan", "rollback"], 0);
    seen.is("plan/by-hand");
}

#[test]
fn checks_that_fail_and_checks_that_cannot_be_made() {
    let world = World::new();
    world.build();
    world.edit("ecs-canary.yml", "percents: 100/200", "percents: 90/120");
    world.edit(
        "deploy/docker-compose.yml",
        "awslogs-group: /ecs/canary-test",
        "awslogs-group: /nobody/made",
    );
    let mut seen = Seen::new("Percents that allow no new task, and a log group that nobody made.");
    seen.run(&world, &["verify"], 11);
    seen.is("verify/failed");
    world.edit("ecs-canary.yml", "percents: 90/120", "percents: 100/200");
    world.edit(
        "deploy/docker-compose.yml",
        "awslogs-group: /nobody/made",
        "awslogs-group: /ecs/canary-test",
    );
    for action in ["DescribeTargetGroups", "DescribeLogGroups", "DescribeTargetHealth"] {
        world.cloud.fault(Fault::always(action, FaultKind::Deny));
    }
    let mut seen = Seen::new("Three rights are missing.");
    seen.run(&world, &["verify"], 50);
    seen.is("verify/denied");
}
