//! moto: no tasks and no rollouts, but a load balancer's control plane that keeps weights, and
//! Application Auto Scaling.

use crate::job::{CLUSTER, Job};
use crate::server::Server;
use serde_json::{Value, json};

/// moto's services run as many tasks as this says, from their making on.
const RUNNING: (&str, &str) = ("MOTO_ECS_SERVICE_RUNNING", "1");
/// What our program says where listing service deployments is answered with HTTP 500 and HTML.
const BY_ITS_ENTRY: &str = "the service's own entry is followed, which tells less: no service \
                            deployments: ecs:ListServiceDeployments";

/// Meaningful because moto keeps the weights of a rule as they are sent.
///
/// Not asserted: requests (it has no data plane), target health (always healthy), the way to a
/// share of 100 (an update makes no deployment there).
#[test]
fn a_canary_gets_its_share_by_the_rule_and_gives_it_back() {
    let Some(account) = Server::moto(&[RUNNING]) else { return };
    let mut job = Job::new(account);
    let rule = job.rule_with_weights();
    job.weighted(&rule, "steps: [10, 50]");
    job.made("release", 1);
    let image = job.built(2);
    let ended = job.run(&["deploy", "canary"]).code(0).says(BY_ITS_ENTRY);
    ended.says("the canary gets 10 % of the requests");
    assert_eq!(weights(&job, &rule), [90, 10]);
    assert_eq!(job.image("canary-release"), image);
    job.run(&["status"]).code(0).says("weights 90/10: the canary gets 10 % of requests");
    job.run(&["abort"]).says("weights 0 % of the requests to the canary (weights 100/0)");
    assert_eq!(weights(&job, &rule), [100, 0]);
    assert_eq!(job.stands("release"), "release:1 1/1");
}

/// Weights of the full service's and of the canary's target group.
fn weights(job: &Job, rule: &str) -> [u64; 2] {
    let found = job.account.call("elbv2", "DescribeRules", json!({"RuleArns": [rule]}));
    let groups = &found["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"];
    [&job.target_group, &job.canary_group].map(|group| {
        let mut all = groups.as_array().unwrap().iter();
        let one = all.find(|one| one["TargetGroupArn"].as_str() == Some(group)).unwrap();
        one["Weight"].as_u64().unwrap()
    })
}

/// Meaningful because moto changes the service's field at an update and makes no deployment: a
/// program that believes the field calls it a success.
#[test]
fn an_update_that_starts_no_deployment_is_no_success() {
    let Some(account) = Server::moto(&[RUNNING]) else { return };
    let mut job = Job::new(account);
    job.made("release", 1);
    job.built(2);
    let ended = job.run(&["deploy", "full", "--deadline", "1m"]);
    assert_eq!(job.stands("release"), "release:2 1/1");
    ended.code(33).says("release wants release:2");
}

/// Meaningful by moto's scalable targets, which keep what they are told.
///
/// Not asserted: counts that a policy sets; nothing scales there.
#[test]
fn scale_in_is_suspended_while_a_release_waits_and_resumed_at_its_end() {
    let Some(account) = Server::moto(&[RUNNING]) else { return };
    let mut job = Job::new(account);
    job.made("release", 1);
    let with = json!({
        "ServiceNamespace": "ecs", "ResourceId": format!("service/{CLUSTER}/release"),
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 1, "MaxCapacity": 5,
    });
    job.account.call("application-autoscaling", "RegisterScalableTarget", with);
    job.built(2);
    let waiting = job.start(&["deploy", "full"]);
    let waiting = waiting.until("scale-in is suspended", || is_suspended(&job));
    let ended = waiting.terminate().wait().code(34);
    assert!(!is_suspended(&job), "{}", ended.stderr);
}

fn is_suspended(job: &Job) -> bool {
    let with = json!({"ServiceNamespace": "ecs"});
    let found = job.account.call("application-autoscaling", "DescribeScalableTargets", with);
    let state = &found["ScalableTargets"][0]["SuspendedState"]["DynamicScalingInSuspended"];
    state == &Value::Bool(true)
}

/// Meaningful by tasks that stay PENDING for ever, which moto's do without a number.
#[test]
fn a_first_deployment_whose_tasks_never_start_ends_at_the_deadline() {
    let Some(account) = Server::moto(&[]) else { return };
    let mut job = Job::new(account);
    job.built(1);
    let ended = job.run(&["deploy", "canary", "--deadline", "1m"]);
    ended.code(33).says("canary-release wants canary-release:1").says("0 of 1 tasks run");
    job.run(&["status"]).code(0).says("canary canary-release canary-release:1 11111111");
}
