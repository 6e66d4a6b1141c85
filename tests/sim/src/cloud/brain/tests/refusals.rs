//! What ECS refuses, in its words.

use super::fixture::{RELEASE, World};
use crate::cloud::brain::{EXAMPLE_CLUSTER, EXAMPLE_TARGET_GROUP};
use serde_json::{Value, json};

/// `base` with `change` laid over it; null removes.
fn with(base: &Value, change: Value) -> Value {
    let mut merged = base.clone();
    let Value::Object(members) = change else { panic!("not an object: {change}") };
    for (name, value) in members {
        merged[name] = value;
    }
    merged
}

fn service() -> Value {
    json!({
        "cluster": EXAMPLE_CLUSTER,
        "serviceName": "release",
        "taskDefinition": "app",
        "desiredCount": 1,
        "loadBalancers": [{
            "targetGroupArn": EXAMPLE_TARGET_GROUP,
            "containerName": "canary-test",
            "containerPort": 80,
        }],
    })
}

fn balancer(group: &str, container: &str, port: u16) -> Value {
    json!({"loadBalancers": [{
        "targetGroupArn": group, "containerName": container, "containerPort": port,
    }]})
}

fn percents(least: u32, most: u32) -> Value {
    json!({"deploymentConfiguration": {"minimumHealthyPercent": least, "maximumPercent": most}})
}

#[test]
fn a_service_that_cannot_be_is_refused() {
    let unattached = "arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/x/1";
    let cases = [
        (json!({"cluster": "nowhere"}), "ClusterNotFoundException", "Cluster not found."),
        (json!({"taskDefinition": "nothing"}), "ClientException", "TaskDefinition not found."),
        (json!({"taskDefinition": "app:9"}), "ClientException", "TaskDefinition not found."),
        (json!({"taskDefinition": "old:1"}), "ClientException", "TaskDefinition is inactive"),
        (json!({"taskDefinition": null}), "InvalidParameterException", "can not be blank"),
        (json!({"serviceName": "a b"}), "InvalidParameterException", "invalid characters"),
        (
            json!({"serviceName": null}),
            "InvalidParameterException",
            "ServiceName can not be blank.",
        ),
        (percents(100, 100), "InvalidParameterException", "this will block deployments"),
        (percents(150, 120), "InvalidParameterException", "minimumHealthyPercent"),
        (
            balancer("arn:aws:elasticloadbalancing:x:1:targetgroup/none/1", "canary-test", 80),
            "InvalidParameterException",
            "targetGroupArn",
        ),
        (
            balancer(unattached, "canary-test", 80),
            "InvalidParameterException",
            "does not have an associated load balancer.",
        ),
        (
            balancer(EXAMPLE_TARGET_GROUP, "web", 80),
            "InvalidParameterException",
            "The container web does not exist in the task definition.",
        ),
        (
            balancer(EXAMPLE_TARGET_GROUP, "canary-test", 8080),
            "InvalidParameterException",
            "The container canary-test did not have a container port 8080 defined.",
        ),
        (
            json!({"launchType": "FARGATE"}),
            "InvalidParameterException",
            "Task definition does not support launch_type FARGATE.",
        ),
        (
            json!({"loadBalancers": null, "healthCheckGracePeriodSeconds": 60}),
            "InvalidParameterException",
            "Health check grace period is only valid",
        ),
        (
            json!({"deploymentConfiguration": {"strategy": "CANARY"}}),
            "InvalidParameterException",
            "advancedConfiguration",
        ),
    ];
    let mut world = World::new();
    world.cloud.add_target_group(unattached, "instance");
    world.register("app", "1");
    let old = world.register("old", "1");
    world.call("DeregisterTaskDefinition", json!({"taskDefinition": old}));
    for (change, code, words) in cases {
        let error = world.ask("CreateService", with(&service(), change.clone())).unwrap_err();
        assert_eq!(error.code, code, "{change}: {error}");
        assert!(error.message.contains(words), "{change}: {error}");
    }
    assert!(world.cloud.services().is_empty());
    world.call("CreateService", service());
    let twice = world.ask("CreateService", service()).unwrap_err();
    assert_eq!(twice.message, "Creation of service was not idempotent.");
}

#[test]
fn an_update_that_does_not_fit_changes_nothing() {
    let mut world = World::new();
    world.created("release", "1", RELEASE);
    let old = world.register("release", "2");
    world.call("DeregisterTaskDefinition", json!({"taskDefinition": old}));
    let before = world.service("release");
    let cases = [
        (json!({"taskDefinition": "release:2"}), "TaskDefinition is inactive"),
        (json!({"taskDefinition": "release:7"}), "TaskDefinition not found."),
        (percents(100, 100), "this will block deployments"),
        (balancer(EXAMPLE_TARGET_GROUP, "web", 80), "does not exist in the task definition."),
    ];
    for (change, words) in cases {
        let named = json!({"cluster": EXAMPLE_CLUSTER, "service": "release"});
        let error = world.ask("UpdateService", with(&named, change)).unwrap_err();
        assert!(error.message.contains(words), "{error}");
    }
    assert_eq!(world.service("release"), before);
}

#[test]
fn a_task_definition_that_cannot_be_is_refused() {
    let container = json!({"name": "app", "image": "app:1", "memory": 64});
    let one = |change: Value| json!({"containerDefinitions": [with(&container, change)]});
    let fargate = |cpu: &str, memory: &str| {
        json!({
            "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc",
            "cpu": cpu, "memory": memory,
        })
    };
    let cases = [
        (json!({"family": null}), "Family should not be null"),
        (json!({"family": "a b"}), "Family contains invalid characters"),
        (json!({"containerDefinitions": []}), "Container list cannot be empty"),
        (one(json!({"name": null})), "Container.name should not be null"),
        (one(json!({"name": "a.b"})), "Container.name contains invalid"),
        (one(json!({"image": ""})), "Container.image should not be null"),
        (one(json!({"image": "a b"})), "Container.image contains invalid"),
        (one(json!({"memory": null})), "At least one of 'memory' or 'memoryReservation'"),
        (one(json!({"essential": false})), "at least one essential container"),
        (one(json!({"mountPoints": [{"sourceVolume": "x"}]})), "Unknown volume 'x'."),
        (
            json!({"containerDefinitions": [container.clone(), container.clone()]}),
            "Container names must be unique",
        ),
        (
            with(
                &json!({"networkMode": "awsvpc"}),
                one(json!({"portMappings": [{"containerPort": 80, "hostPort": 8080}]})),
            ),
            "must match",
        ),
        (fargate("256", "4096"), "No Fargate configuration exists"),
        (fargate("", "512"), "'cpu' be defined at the task level"),
        (
            json!({"requiresCompatibilities": ["FARGATE"], "networkMode": "bridge"}),
            "only supports network mode",
        ),
        (json!({"cpu": "much"}), "Invalid 'cpu' setting"),
    ];
    let mut world = World::new();
    let good = json!({"family": "app", "containerDefinitions": [container.clone()]});
    for (change, words) in cases {
        let error = world.ask("RegisterTaskDefinition", with(&good, change.clone())).unwrap_err();
        assert_eq!(error.code, "ClientException", "{change}");
        assert!(error.message.contains(words), "{change}: {error}");
    }
    for size in [fargate("256", "512"), fargate("0.25 vCPU", "1 GB"), fargate("1024", "2048")] {
        world.call("RegisterTaskDefinition", with(&good, size));
    }
}

#[test]
fn a_task_definition_comes_back_with_ecs_defaults_and_all_that_was_sent() {
    let mut world = World::new();
    let sent = json!({
        "family": "app",
        "networkMode": "bridge",
        "executionRoleArn": "TaskExecRole",
        "enableFaultInjection": true,
        "somethingNew": {"a": [1, 2]},
        "containerDefinitions": [{
            "name": "app", "image": "app:1", "memory": 64,
            "portMappings": [{"containerPort": 80}],
            "linuxParameters": {"initProcessEnabled": true},
        }],
    });
    let answer = world.call("RegisterTaskDefinition", sent.clone());
    let kept = &answer["taskDefinition"];
    for (member, value) in sent.as_object().unwrap() {
        if member != "containerDefinitions" {
            assert_eq!(&kept[member], value, "{member}");
        }
    }
    let container = &kept["containerDefinitions"][0];
    assert_eq!(container["linuxParameters"], json!({"initProcessEnabled": true}));
    assert_eq!(
        container["portMappings"],
        json!([{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}])
    );
    for empty in ["environment", "mountPoints", "volumesFrom", "systemControls"] {
        assert_eq!(container[empty], json!([]), "{empty}");
    }
    assert_eq!((&container["cpu"], &container["essential"]), (&json!(0), &json!(true)));
    assert_eq!((&kept["revision"], &kept["status"]), (&json!(1), &json!("ACTIVE")));
    assert_eq!(kept["compatibilities"], json!(["EXTERNAL", "EC2"]));
    assert_eq!(kept["registeredBy"], "arn:aws:iam::111122223333:user/deployer");
}

#[test]
fn revisions_count_up_and_a_family_names_its_newest_active_one() {
    let mut world = World::new();
    for tag in ["1", "2", "3"] {
        world.register("app", tag);
    }
    world.register("app-other", "1");
    world.call("DeregisterTaskDefinition", json!({"taskDefinition": "app:3"}));
    let newest = world.call("DescribeTaskDefinition", json!({"taskDefinition": "app"}));
    assert_eq!(newest["taskDefinition"]["revision"], 2);
    let inactive = world.call("DescribeTaskDefinition", json!({"taskDefinition": "app:3"}));
    assert_eq!(inactive["taskDefinition"]["status"], "INACTIVE");
    let listed = world.call("ListTaskDefinitions", json!({"familyPrefix": "app", "sort": "DESC"}));
    let names: Vec<_> = listed["taskDefinitionArns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arn| arn.as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    assert_eq!(names, ["app:2", "app:1"]);
    world.register("app", "4");
    let newest = world.call("DescribeTaskDefinition", json!({"taskDefinition": "app"}));
    assert_eq!(newest["taskDefinition"]["revision"], 4);
}

#[test]
fn a_fargate_service_needs_its_network() {
    let mut world = World::new();
    world.call(
        "RegisterTaskDefinition",
        json!({
            "family": "app", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": "256", "memory": "512",
            "containerDefinitions": [{
                "name": "canary-test", "image": "app:1", "portMappings": [{"containerPort": 80}],
            }],
        }),
    );
    let fargate = with(&service(), json!({"launchType": "FARGATE"}));
    let error = world.ask("CreateService", with(&fargate, json!({"loadBalancers": null})));
    assert!(error.unwrap_err().message.contains("Network Configuration must be provided"));
    let network =
        json!({"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}});
    let fargate = with(&fargate, network);
    let error = world.ask("CreateService", fargate.clone()).unwrap_err();
    assert!(error.message.contains("has target type instance, which is incompatible"), "{error}");
    world.call("CreateService", with(&fargate, json!({"loadBalancers": null})));
    world.settle("release");
    let task = world.tasks("release")[0].clone();
    assert_eq!(task["launchType"], "FARGATE");
    assert_eq!(task["attachments"][0]["type"], "ElasticNetworkInterface");
}
