//! Mode native by the command line: a canary that waits, and a person who promotes it.

use crate::world::{COMMIT_2, World};
use ecs_sim::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP, Fault, FaultKind, Role,
};
use serde_json::json;

const COMMIT_3: &str = "3333333333333333333333333333333333333333";
const OTHER: &str =
    "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/other/0000000000000002";

/// A second target group, and a rule that names both; its ARN.
fn rule(world: &World) -> String {
    world.cloud.with(|cloud, now| {
        cloud.add_target_group(OTHER, "instance");
        let groups = json!([
            { "TargetGroupArn": EXAMPLE_TARGET_GROUP, "Weight": 1 },
            { "TargetGroupArn": OTHER, "Weight": 0 },
        ]);
        let body = json!({
            "ListenerArn": EXAMPLE_LISTENER, "Priority": "1",
            "Conditions": [{ "Field": "path-pattern", "Values": ["/*"] }],
            "Actions": [{ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } }],
        });
        let service = "elasticloadbalancing";
        let made = cloud.call(now, EXAMPLE_ACCESS_KEY, service, "CreateRule", body).unwrap();
        made["Rules"][0]["RuleArn"].as_str().unwrap().to_owned()
    })
}

/// The release file of the example with one service that ECS deploys.
fn release_file(rule: &str) -> String {
    format!(
        "cluster: ecs-canary-test-poc-svc-cluster\n\
         region: ap-northeast-1\n\
         compose: deploy/docker-compose.yml\n\
         params: deploy/ecs-params.yml\n\
         container: {{name: canary-test, port: 80}}\n\
         services:\n  full: {{name: release, desired: 2, target_group: '{EXAMPLE_TARGET_GROUP}'}}\n\
         mode: native\n\
         listener_rule: {rule}\n\
         hold: 0s\n\
         native:\n  strategy: canary\n  percent: 10\n  timeout: 24h\n  \
         alternate_target_group: {OTHER}\n  role: arn:aws:iam::111122223333:role/ecs\n"
    )
}

#[test]
fn a_canary_waits_and_a_person_promotes_or_takes_it_back() {
    let mut world = World::new();
    world.build();
    world.write("ecs-canary.yml", &release_file(&rule(&world)));
    world.run(&["deploy", "full"]).good();
    world.edit("html/index.html", "v1", "v2");
    world.remove("image.json");
    world.at_commit(COMMIT_2, "2.0.0", 102);
    world.build();
    world.run(&["promote"]).code(11).says("nothing to promote");
    let plan = world.run(&["plan", "--service", "canary"]).good();
    plan.says("could not tell whether there is room");
    let canary = world.run(&["--json", "deploy", "canary"]).code(0);
    let last = canary.json().pop().unwrap();
    assert_eq!(last["outcome"], "paused", "{last}");
    assert!(last["deployment"].as_str().is_some_and(|arn| arn.contains("service-deployment")));
    let ended = world.run(&["status"]).good();
    let shown =
        "stage   CANARY brings release:2, IN_PROGRESS at PRE_PRODUCTION_TRAFFIC_SHIFT: 10 % of the";
    assert!(ended.stdout.contains(shown), "{}", ended.stdout);
    for says in
        ["`ecs-canary abort` takes it back; at", "ECS goes back by itself", "promote: answer"]
    {
        assert!(ended.stdout.contains(says), "{says}: {}", ended.stdout);
    }
    let lines = world.run(&["--json", "status"]).good().json();
    let status = lines.iter().find(|line| line["event"] == "services").unwrap();
    let native = &status["release"]["native"];
    let told = ["service", "status", "strategy", "revision", "stage", "share"];
    let told: Vec<&str> = told.iter().map(|key| native[key].as_str().unwrap()).collect();
    let stage = "PRE_PRODUCTION_TRAFFIC_SHIFT";
    assert_eq!(told, ["release", "IN_PROGRESS", "CANARY", "release:2", stage, "10"], "{native:#}");
    assert_eq!(native["pause"]["then"], "rollback", "{native:#}");
    assert!(native["pause"]["until"].is_i64(), "{native:#}");
    let next = status["release"]["next"].as_array().unwrap();
    let next: Vec<_> = next.iter().map(|one| one["command"].as_str().unwrap()).collect();
    assert_eq!(next, ["promote", "abort", "gc --releases", "rollback"], "{status:#}");
    world.run(&["abort"]).good().says("runs release:1");
    world.run(&["deploy", "canary"]).code(0).says("ECS goes back by itself");
    world.remove("image.json");
    world.run(&["promote"]).good().says("runs release:2");
    assert_eq!(world.services(), "release 2/2 release:2\n");
    assert_eq!(world.requests("ModifyRule").len(), 0, "ECS moves the weights");
    world.run(&["rollback"]).good();
    assert_eq!(world.services(), "release 2/2 release:1\n");
    world.run(&["gc", "--releases"]).good().says("no release was left behind");
}

#[test]
fn a_newer_commit_takes_the_place_of_a_canary_that_waits() {
    let mut world = World::new();
    world.build();
    world.write("ecs-canary.yml", &release_file(&rule(&world)));
    world.run(&["deploy", "full"]).good();
    let versions = [(COMMIT_2, "2.0.0", 102, "v1", "v2"), (COMMIT_3, "3.0.0", 103, "v2", "v3")];
    for (commit, reference, pipeline, old, new) in versions {
        world.edit("html/index.html", old, new);
        world.remove("image.json");
        world.at_commit(commit, reference, pipeline);
        world.build();
        if commit == COMMIT_3 {
            let before = world.changes().len();
            let plan = world.run(&["plan", "canary"]).good();
            plan.says("2.0.0 (commit 22222222, pipeline 102) waits with 10 % of the requests")
                .says("stop the deployment of release:2 on release");
            assert_eq!(world.changes().len(), before, "nothing was changed");
        }
        world.run(&["deploy", "canary"]).code(0).says("ECS goes back by itself");
    }
    assert_eq!(world.requests("StopServiceDeployment").len(), 1);
    world.remove("image.json");
    world.run(&["promote"]).good().says("runs release:3");
}

/// `CHECK ANSWER` of the checks of these names.
fn answers(world: &World, names: &[&str]) -> Vec<String> {
    let ended = world.run(&["--json", "verify"]);
    let lines = ended.json();
    let checks = lines.iter().find(|line| line["event"] == "checks").unwrap();
    let checks = checks["checks"].as_array().unwrap().iter();
    let named = checks.filter(|line| names.contains(&line["check"].as_str().unwrap()));
    named.map(|line| format!("{} {}", line["check"], line["answer"]).replace('"', "")).collect()
}

const NEEDS: [&str; 5] =
    ["strategy", "listener_rule", "alternate_target_group", "load_balancer_role", "capacity"];

#[test]
fn the_role_that_ecs_changes_the_rule_with_is_looked_at() {
    let world = World::new();
    world.build();
    world.write("ecs-canary.yml", &release_file(&rule(&world)));
    let role = || answers(&world, &["load_balancer_role"]);
    assert_eq!(role(), ["load_balancer_role failed"], "there is none");
    world.cloud.with(|cloud, _| {
        cloud.add_role(Role {
            arn: "arn:aws:iam::111122223333:role/ecs".to_owned(),
            allow: Vec::new(),
            trusted: vec!["ecs.amazonaws.com".to_owned()],
            web_identity: None,
        });
    });
    assert_eq!(role(), ["load_balancer_role ok"]);
}

#[test]
fn verify_tells_what_ecs_will_need_with_three_answers() {
    let world = World::new();
    world.build();
    let rule = rule(&world);
    world.write("ecs-canary.yml", &release_file(&rule));
    world.run(&["deploy", "full"]).good();
    let before = world.changes().len();
    // A right that a release does without is no reason to fail.
    world.cloud.fault(Fault::always("GetRole", FaultKind::Deny));
    assert_eq!(
        answers(&world, &NEEDS),
        [
            "strategy ok",
            "listener_rule ok",
            "alternate_target_group ok",
            "load_balancer_role could_not_tell",
            "capacity could_not_tell",
        ]
    );
    world.run(&["verify"]).code(0);
    let canary = world.run(&["verify", "--service", "canary"]).code(0);
    assert!(canary.stdout.contains("ok              strategy"), "{}", canary.stdout);
    // Another health check, weights of which none is 0, a role of another account, no pause.
    let other = json!({ "TargetGroupArn": OTHER, "HealthCheckPath": "/other" });
    elb(&world, "ModifyTargetGroup", other);
    let groups = json!([
        { "TargetGroupArn": EXAMPLE_TARGET_GROUP, "Weight": 1 },
        { "TargetGroupArn": OTHER, "Weight": 1 },
    ]);
    let action = json!({ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } });
    elb(&world, "ModifyRule", json!({ "RuleArn": rule, "Actions": [action] }));
    let wrong = release_file(&rule)
        .replace("111122223333:role", "444455556666:role")
        .replace("  timeout:", "  pauses: [POST_SCALE_UP]\n  timeout:");
    world.write("ecs-canary.yml", &wrong);
    assert_eq!(
        answers(&world, &NEEDS),
        [
            "strategy failed",
            "listener_rule failed",
            "alternate_target_group failed",
            "load_balancer_role failed",
            "capacity could_not_tell",
        ]
    );
    let ended = world.run(&["verify"]).code(11);
    // Long lines are broken.
    let said = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in [
        "differs from the service's own: health check path /other, not ",
        "the listener rule gives weights 1/1",
        "it is of account 444455556666, the service of 111122223333",
        "`deploy canary` has nowhere to wait",
    ] {
        assert!(said.contains(says), "{says}: {}", ended.stdout);
    }
    for action in ["DescribeTargetGroups", "DescribeRules"] {
        world.cloud.fault(Fault::always(action, FaultKind::Deny));
    }
    let denied = answers(&world, &["listener_rule", "alternate_target_group"]);
    assert_eq!(denied, ["listener_rule could_not_tell", "alternate_target_group could_not_tell"]);
    let changes = world.changes().len() - before;
    assert_eq!(changes, 2, "only those of this test");
}

fn elb(world: &World, action: &str, body: serde_json::Value) {
    world.cloud.with(|cloud, now| {
        let service = "elasticloadbalancing";
        cloud.call(now, EXAMPLE_ACCESS_KEY, service, action, body).unwrap();
    });
}
