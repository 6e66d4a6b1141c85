//! CloudWatch Logs: what containers say, and where it is found.

use super::fixture::World;
use crate::cloud::brain::{
    ApiError, CloudOptions, EXAMPLE_ACCESS_KEY, EXAMPLE_CLUSTER, Exit, FateRule, LogGroups,
    TaskFate,
};
use serde_json::{Value, json};

fn logs(world: &mut World, action: &str, body: Value) -> Result<Value, ApiError> {
    world.cloud.call(world.now, EXAMPLE_ACCESS_KEY, "logs", action, body)
}

/// A task that says two lines and ends with code 3; gives its id.
fn migration(world: &mut World, options: Value) -> String {
    let mut container = json!({
        "name": "app", "image": "app:1", "memory": 64,
        "logConfiguration": {"logDriver": "awslogs"},
    });
    container["logConfiguration"]["options"] = options;
    let definition = json!({"family": "migrate", "containerDefinitions": [container]});
    world.call("RegisterTaskDefinition", definition);
    let fate = TaskFate {
        log: vec!["migrating".into(), "WARN slow".into()],
        exit: Some(Exit { code: 3, after: Some(20.0) }),
        last_words: Some("ERROR table is locked\ngiving up".into()),
        ..TaskFate::default()
    };
    world.cloud.set_fate(FateRule { fate, ..FateRule::default() });
    let request = json!({"cluster": EXAMPLE_CLUSTER, "taskDefinition": "migrate"});
    let arn = world.call("RunTask", request)["tasks"][0]["taskArn"].as_str().unwrap().to_owned();
    world.pass(120);
    arn.rsplit('/').next().unwrap().to_owned()
}

fn messages(answer: &Value) -> Vec<String> {
    let events = answer["events"].as_array().unwrap();
    events.iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_task_that_ends_leaves_its_words_where_its_options_point() {
    let mut world = World::new();
    let id =
        migration(&mut world, json!({"awslogs-group": "/ecs/a", "awslogs-stream-prefix": "job"}));
    let stream = format!("job/app/{id}");
    let named = json!({"logGroupName": "/ecs/a", "logStreamName": stream});
    let all = logs(&mut world, "GetLogEvents", named.clone()).unwrap();
    assert_eq!(messages(&all), ["migrating", "WARN slow", "ERROR table is locked", "giving up"]);
    let mut two = named.clone();
    two["limit"] = json!(2);
    let newest = logs(&mut world, "GetLogEvents", two.clone()).unwrap();
    assert_eq!(messages(&newest), ["ERROR table is locked", "giving up"]);
    two["nextToken"] = newest["nextBackwardToken"].clone();
    let older = logs(&mut world, "GetLogEvents", two.clone()).unwrap();
    assert_eq!(messages(&older), ["migrating", "WARN slow"]);
    two["nextToken"] = all["nextForwardToken"].clone();
    let end = logs(&mut world, "GetLogEvents", two.clone()).unwrap();
    assert_eq!((messages(&end).len(), &end["nextForwardToken"]), (0, &two["nextToken"]));

    let group = json!({"logGroupName": "/ecs/a"});
    let streams = logs(&mut world, "DescribeLogStreams", group.clone()).unwrap();
    assert_eq!(streams["logStreams"][0]["logStreamName"], json!(stream));
    let mut errors = group.clone();
    errors["filterPattern"] = json!("?ERROR ?WARN");
    assert_eq!(
        messages(&logs(&mut world, "FilterLogEvents", errors).unwrap()),
        ["WARN slow", "ERROR table is locked"]
    );
    let mut early = group;
    early["endTime"] = all["events"][2]["timestamp"].clone();
    assert_eq!(messages(&logs(&mut world, "FilterLogEvents", early).unwrap()).len(), 2);
    let error =
        logs(&mut world, "GetLogEvents", json!({"logGroupName": "b", "logStreamName": "c"}));
    assert_eq!(error.unwrap_err().code, "ResourceNotFoundException");
}

#[test]
fn without_a_prefix_the_stream_is_named_after_the_container() {
    let mut world = World::new();
    let id = migration(&mut world, json!({"awslogs-group": "/ecs/a"}));
    let request = json!({"cluster": EXAMPLE_CLUSTER, "tasks": [id]});
    let task = world.call("DescribeTasks", request)["tasks"][0].clone();
    assert_eq!(task["containers"][0]["exitCode"], 3);
    let streams = logs(&mut world, "DescribeLogStreams", json!({"logGroupName": "/ecs/a"}));
    assert_eq!(
        streams.unwrap()["logStreams"][0]["logStreamName"],
        task["containers"][0]["runtimeId"]
    );
}

#[test]
fn a_log_group_that_is_not_there_keeps_the_task_from_starting() {
    let options = CloudOptions { log_groups: LogGroups::MustExist, ..CloudOptions::default() };
    for (made, create, starts) in
        [(false, "false", false), (true, "false", true), (false, "true", true)]
    {
        let mut world = World::with(options.clone());
        if made {
            logs(&mut world, "CreateLogGroup", json!({"logGroupName": "/ecs/a"})).unwrap();
        }
        let id = migration(
            &mut world,
            json!({"awslogs-group": "/ecs/a", "awslogs-create-group": create}),
        );
        let request = json!({"cluster": EXAMPLE_CLUSTER, "tasks": [id]});
        let task = world.call("DescribeTasks", request)["tasks"][0].clone();
        let code = if starts { "EssentialContainerExited" } else { "TaskFailedToStart" };
        assert_eq!(task["stopCode"], code);
        assert_eq!(
            task["stoppedReason"].as_str().unwrap().contains("log group does not exist"),
            !starts
        );
    }
}
