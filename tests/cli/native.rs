//! Mode native by the command line: a canary that waits, and a person who promotes it.

use crate::world::{COMMIT_2, World};
use ecs_sim::cloud::{EXAMPLE_ACCESS_KEY, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP};
use serde_json::json;

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
