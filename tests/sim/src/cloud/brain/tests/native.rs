//! Strategies BLUE_GREEN, LINEAR and CANARY: stages, pauses, traffic, and every way back.

use super::fixture::World;
use crate::cloud::brain::{
    ApiError, EXAMPLE_CLUSTER, EXAMPLE_LISTENER, EXAMPLE_TARGET_GROUP, FateRule, TaskFate,
};
use serde_json::{Value, json};

const OTHER: &str =
    "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/other/0000000000000002";

fn forward(weights: (u32, u32)) -> Value {
    json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": EXAMPLE_TARGET_GROUP, "Weight": weights.0},
        {"TargetGroupArn": OTHER, "Weight": weights.1},
    ]}}])
}

/// The example with a second target group and a service of that strategy at revision 1.
fn service(configuration: Value) -> (World, String) {
    let mut world = World::new();
    world.cloud.add_target_group(OTHER, "instance");
    let rule = world.elb(
        "CreateRule",
        json!({
            "ListenerArn": EXAMPLE_LISTENER, "Priority": "1",
            "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}], "Actions": forward((1, 0)),
        }),
    )["Rules"][0]["RuleArn"]
        .as_str()
        .unwrap()
        .to_owned();
    let definition = world.register("web", "1");
    let mut request = json!({
        "cluster": EXAMPLE_CLUSTER, "serviceName": "web", "taskDefinition": definition,
        "desiredCount": 2,
        "loadBalancers": [{
            "targetGroupArn": EXAMPLE_TARGET_GROUP, "containerName": "canary-test",
            "containerPort": 80, "advancedConfiguration": {
                "alternateTargetGroupArn": OTHER, "productionListenerRule": rule,
                "roleArn": "arn:aws:iam::111122223333:role/lb",
            },
        }],
    });
    request["deploymentConfiguration"] = configuration;
    world.call("CreateService", request);
    world.settle("web");
    assert_eq!(world.deployment("web")["status"], "SUCCESSFUL");
    (world, rule)
}

fn pause(stages: Value, timeout: Value) -> Value {
    let mut hook = json!({"targetType": "PAUSE"});
    hook["lifecycleStages"] = stages;
    hook["timeoutConfiguration"] = timeout;
    hook
}

fn canary(hooks: Value) -> Value {
    let mut configuration = json!({
        "strategy": "CANARY", "bakeTimeInMinutes": 2,
        "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 5},
    });
    configuration["lifecycleHooks"] = hooks;
    configuration
}

fn weights(world: &mut World, rule: &str) -> (u64, u64) {
    let rules = world.elb("DescribeRules", json!({"RuleArns": [rule]}));
    let groups = &rules["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"];
    (groups[0]["Weight"].as_u64().unwrap(), groups[1]["Weight"].as_u64().unwrap())
}

/// Waits until a hook awaits an action; gives its id.
fn paused(world: &mut World) -> String {
    for _ in 0..2000 {
        let deployment = world.deployment("web");
        let hook = &deployment["lifecycleHookDetails"][0];
        if hook["status"] == "AWAITING_ACTION" {
            return hook["hookId"].as_str().unwrap().to_owned();
        }
        assert!(["PENDING", "IN_PROGRESS"].iter().any(|open| deployment["status"] == *open));
        world.step(5);
    }
    panic!("no pause: {}", world.deployment("web"));
}

fn answer(world: &mut World, hook: &str, action: &str) -> Result<Value, ApiError> {
    let arn = world.service("web")["currentServiceDeployment"].clone();
    let body = json!({"serviceDeploymentArn": arn, "hookId": hook, "action": action});
    world.ask("ContinueServiceDeployment", body)
}

#[test]
fn a_canary_with_a_pause_before_the_traffic_stops_twice() {
    let (mut world, rule) =
        service(canary(json!([pause(json!(["PRE_PRODUCTION_TRAFFIC_SHIFT"]), json!({}))])));
    assert_eq!(weights(&mut world, &rule), (100, 0));
    world.deploy("web", "2");
    let first = paused(&mut world);
    assert_eq!(weights(&mut world, &rule), (100, 0));
    let deployment = world.deployment("web");
    assert_eq!(deployment["lifecycleStage"], "PRE_PRODUCTION_TRAFFIC_SHIFT");
    assert_eq!(deployment["targetServiceRevision"]["runningTaskCount"], 2);
    assert_eq!(world.live("web"), 4);
    answer(&mut world, &first, "CONTINUE").unwrap();
    let twice = answer(&mut world, &first, "CONTINUE").unwrap_err();
    assert_eq!(twice.code, "InvalidParameterException");
    world.pass(60);
    assert_eq!(weights(&mut world, &rule), (90, 10));
    let share = (0..1000).filter(|_| world.request().ends_with(":2")).count();
    assert!((60..140).contains(&share), "{share}");
    let before = world.seconds();
    let second = paused(&mut world);
    assert_ne!(first, second);
    assert!((200..320).contains(&(world.seconds() - before)));
    assert_eq!(weights(&mut world, &rule), (90, 10));
    answer(&mut world, &second, "CONTINUE").unwrap();
    world.settle("web");
    let deployment = world.deployment("web");
    assert_eq!(
        (&deployment["status"], weights(&mut world, &rule)),
        (&json!("SUCCESSFUL"), (0, 100))
    );
    assert_eq!(world.live("web"), 2);
    let over = answer(&mut world, &second, "CONTINUE").unwrap_err();
    assert_eq!(over.code, "InvalidParameterException");
    let revision = deployment["targetServiceRevision"]["arn"].clone();
    let found = world.call("DescribeServiceRevisions", json!({"serviceRevisionArns": [revision]}));
    let resolved = &found["serviceRevisions"][0]["resolvedConfiguration"]["loadBalancers"][0];
    assert_eq!(resolved["targetGroupArn"], OTHER);
}

#[test]
fn the_two_target_groups_swap_at_each_release() {
    let (mut world, rule) = service(json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1}));
    for (tag, wanted) in [("2", (0, 100)), ("3", (100, 0)), ("4", (0, 100))] {
        world.deploy("web", tag);
        world.settle("web");
        assert_eq!(weights(&mut world, &rule), wanted, "{tag}");
        assert!(world.request().ends_with(tag));
    }
}

#[test]
fn the_stages_come_in_their_order_and_linear_goes_by_steps() {
    let (mut world, rule) = service(json!({
        "strategy": "LINEAR", "bakeTimeInMinutes": 1,
        "linearConfiguration": {"stepPercent": 30.0, "stepBakeTimeInMinutes": 1},
    }));
    world.deploy("web", "2");
    let (mut stages, mut steps): (Vec<String>, Vec<u64>) = (Vec::new(), Vec::new());
    while world.deployment("web")["status"] != "SUCCESSFUL" {
        let stage = world.deployment("web")["lifecycleStage"].as_str().unwrap().to_owned();
        if stages.last() != Some(&stage) {
            stages.push(stage);
        }
        let weight = weights(&mut world, &rule).1;
        if steps.last() != Some(&weight) {
            steps.push(weight);
        }
        world.pass(1);
        assert!(world.seconds() < 7200);
    }
    assert_eq!(steps, [0, 30, 60, 90, 100]);
    let (before, shift) = ("PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT");
    assert_eq!(
        stages[..6],
        [
            "RECONCILE_SERVICE",
            "PRE_SCALE_UP",
            "SCALE_UP",
            "POST_SCALE_UP",
            "TEST_TRAFFIC_SHIFT",
            "POST_TEST_TRAFFIC_SHIFT",
        ]
    );
    assert_eq!(stages[6..14], [before, shift, before, shift, before, shift, before, shift]);
    assert_eq!(stages[14..], ["POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"]);
}

#[test]
fn a_pause_that_nobody_answers_ends_as_its_timeout_says() {
    for (action, status) in [("ROLLBACK", "ROLLBACK_SUCCESSFUL"), ("CONTINUE", "SUCCESSFUL")] {
        let hook = pause(
            json!(["POST_PRODUCTION_TRAFFIC_SHIFT"]),
            json!({"timeoutInMinutes": 30, "action": action}),
        );
        let (mut world, rule) = service(canary(json!([hook])));
        world.deploy("web", "2");
        let id = paused(&mut world);
        assert_eq!(weights(&mut world, &rule), (0, 100));
        world.pass(1900);
        // The answer comes too late.
        let late = answer(&mut world, &id, "CONTINUE").unwrap_err();
        assert_eq!(late.code, "InvalidParameterException");
        world.settle("web");
        let deployment = world.deployment("web");
        assert_eq!(deployment["status"], status);
        let back = status != "SUCCESSFUL";
        assert_eq!(weights(&mut world, &rule), if back { (100, 0) } else { (0, 100) });
        assert!(world.request().ends_with(if back { ":1" } else { ":2" }));
    }
}

#[test]
fn a_stop_in_any_stage_brings_all_traffic_back() {
    let stages = [
        "RECONCILE_SERVICE",
        "PRE_SCALE_UP",
        "POST_SCALE_UP",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
    ];
    for stage in stages {
        for stops in [true, false] {
            let (mut world, rule) = service(canary(json!([pause(json!([stage]), json!({}))])));
            world.deploy("web", "2");
            let hook = paused(&mut world);
            if stops {
                let arn = world.service("web")["currentServiceDeployment"].clone();
                world.call("StopServiceDeployment", json!({"serviceDeploymentArn": arn}));
            } else {
                answer(&mut world, &hook, "ROLLBACK").unwrap();
            }
            world.settle("web");
            let deployment = world.deployment("web");
            assert_eq!(deployment["status"], "ROLLBACK_SUCCESSFUL", "{stage}");
            let reason = deployment["rollback"]["reason"].as_str().unwrap();
            let words = if stops { "StopServiceDeployment" } else { "hook failed" };
            assert!(reason.contains(words), "{reason}");
            assert_eq!(weights(&mut world, &rule), (100, 0), "{stage}");
            assert!(world.service("web")["taskDefinition"].as_str().unwrap().ends_with(":1"));
            assert_eq!(world.live("web"), 2);
            world.deploy("web", "3");
            let again = paused(&mut world);
            assert_ne!(again, hook);
        }
    }
}

#[test]
fn a_stop_in_the_stages_without_pauses_goes_back_as_well() {
    for seconds in [1, 20, 60, 120, 180, 420, 520] {
        let (mut world, rule) = service(canary(json!([])));
        world.deploy("web", "2");
        world.pass(seconds);
        let arn = world.service("web")["currentServiceDeployment"].clone();
        let stopped = world.ask("StopServiceDeployment", json!({"serviceDeploymentArn": arn}));
        let stage = world.deployment("web")["lifecycleStage"].clone();
        assert!(stopped.is_ok(), "{stage}");
        world.settle("web");
        assert_eq!(world.deployment("web")["status"], "ROLLBACK_SUCCESSFUL", "{stage}");
        assert_eq!(weights(&mut world, &rule), (100, 0), "{stage}");
    }
}

#[test]
fn a_function_that_says_no_and_an_alarm_take_it_back() {
    let function = "arn:aws:lambda:ap-northeast-1:111122223333:function:check";
    let hook = json!({
        "hookTargetArn": function, "roleArn": "arn:aws:iam::1:role/x",
        "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    });
    let mut configuration = canary(json!([hook]));
    configuration["alarms"] = json!({"alarmNames": ["high"], "enable": true, "rollback": true});
    let (mut world, rule) = service(configuration);
    world.deploy("web", "2");
    world.settle("web");
    assert_eq!(world.deployment("web")["status"], "SUCCESSFUL");
    world.cloud.fail_hook(function);
    world.deploy("web", "3");
    world.settle("web");
    assert_eq!(world.deployment("web")["status"], "ROLLBACK_SUCCESSFUL");
    world.cloud.world.failing_hooks.clear();
    world.deploy("web", "4");
    world.pass(200);
    world.cloud.set_alarm("high", true);
    world.settle("web");
    let deployment = world.deployment("web");
    assert_eq!(deployment["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(deployment["alarms"]["triggeredAlarmNames"], json!(["high"]));
    assert_eq!(weights(&mut world, &rule), (0, 100));
}

#[test]
fn a_rule_that_lacks_a_target_group_ends_the_deployment() {
    let (mut world, rule) = service(canary(json!([])));
    world.deploy("web", "2");
    world.pass(30);
    let one = json!([{"Type": "forward", "TargetGroupArn": EXAMPLE_TARGET_GROUP}]);
    world.elb("ModifyRule", json!({"RuleArn": rule, "Actions": one}));
    world.settle("web");
    let deployment = world.deployment("web");
    assert_eq!(deployment["status"], "ROLLBACK_SUCCESSFUL");
    let reason = deployment["rollback"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("Both targetGroup and alternateTargetGroup must be associated"));
}

#[test]
fn tasks_that_do_not_start_keep_the_traffic_where_it_was_until_the_stage_is_too_long() {
    let (mut world, rule) = service(canary(json!([])));
    let fate = TaskFate::crash_at_start(1);
    world.cloud.set_fate(FateRule { image: Some(":2".into()), fate, ..FateRule::default() });
    world.deploy("web", "2");
    world.pass(3600);
    assert_eq!(world.deployment("web")["lifecycleStage"], "SCALE_UP");
    assert_eq!(weights(&mut world, &rule), (100, 0));
    world.pass(24 * 3600);
    assert_eq!(world.deployment("web")["status"], "ROLLBACK_SUCCESSFUL");
}

#[test]
fn a_newer_release_takes_the_place_of_a_canary() {
    let (mut world, rule) = service(canary(json!([])));
    world.deploy("web", "2");
    let old = world.deployment("web")["serviceDeploymentArn"].clone();
    world.pass(180);
    world.deploy("web", "3");
    assert_eq!(weights(&mut world, &rule), (100, 0));
    world.settle("web");
    let found = world.call("DescribeServiceDeployments", json!({"serviceDeploymentArns": [old]}));
    assert_eq!(found["serviceDeployments"][0]["status"], "STOPPED");
    assert_eq!(world.deployment("web")["status"], "SUCCESSFUL");
    assert!(world.request().ends_with(":3"));
    assert_eq!((world.live("web"), weights(&mut world, &rule)), (2, (0, 100)));
}

#[test]
fn what_ecs_refuses_in_a_strategy_is_refused() {
    let (mut world, _) = service(canary(json!([])));
    let hook = |more: Value| {
        let mut hook = pause(json!(["PRE_SCALE_UP"]), json!({}));
        for (member, value) in more.as_object().unwrap() {
            hook[member] = value.clone();
        }
        canary(json!([hook]))
    };
    let mut percent = canary(json!([]));
    percent["canaryConfiguration"]["canaryPercent"] = json!(0.05);
    let cases = [
        json!({"strategy": "RAINBOW"}),
        percent,
        hook(json!({"lifecycleStages": ["PRODUCTION_TRAFFIC_SHIFT"]})),
        hook(json!({"timeoutConfiguration": {"timeoutInMinutes": 20_161}})),
        hook(json!({"targetType": "AWS_LAMBDA"})),
        canary(json!(vec![pause(json!(["PRE_SCALE_UP"]), json!({})); 11])),
    ];
    for case in cases {
        let request = json!({
            "cluster": EXAMPLE_CLUSTER, "service": "web", "deploymentConfiguration": case,
        });
        let error = world.ask("UpdateService", request).unwrap_err();
        assert_eq!(error.code, "InvalidParameterException", "{case}");
    }
}
