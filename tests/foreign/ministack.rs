//! ministack without Docker: tasks are entries that run at once, rollouts take a second or two.

use crate::job::{CLUSTER, Job, commit};
use crate::server::Server;
use serde_json::{Value, json};

/// What our program says for want of service deployments, and of autoscaling.
const BY_ITS_ENTRY: &str = "the service's own entry is followed, which tells less: no service \
                            deployments: ECS lists none";
/// The login that the example's task definition names.
const REGISTRY_LOGIN: &str =
    "arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:ecs-canary-poc2-1ax2py";
const NO_AUTOSCALING: &str = "could not tell whether autoscaling sets a service's count";

/// A means something because ministack makes a new PRIMARY for an update, keeps the old one
/// ACTIVE until the new tasks have run for a second, and counts tasks truly.
///
/// Not asserted: `rolloutState` of the first deployments (COMPLETED from birth), the events
/// (one is wrong), target health (always healthy), how many deployments are left.
#[test]
fn two_releases_and_the_way_back_come_to_their_ends() {
    let Some(account) = Server::ministack(&[]) else { return };
    let mut job = Job::new(account);
    let first = job.released(1);
    assert_eq!((job.image("release"), job.image("canary-release")), (first.clone(), first));

    let second = job.built(2);
    let ended = job.run(&["deploy", "canary"]).code(0).says(BY_ITS_ENTRY).says(NO_AUTOSCALING);
    ended.says("done canary-release runs canary-release:2");
    assert_eq!(job.stands("canary-release"), "canary-release:2 1/1");
    assert_eq!(job.stands("release"), "release:1 3/3", "only the canary was touched");

    let plan = job.run(&["plan"]).code(0).says("release:1 -> new revision: image");
    plan.says("this is a plan; nothing was changed");
    job.run(&["deploy", "full"]).code(0).says(BY_ITS_ENTRY);
    assert_eq!(job.stands("release"), "release:2 3/3");
    assert_eq!(job.image("release"), second);
    let with = json!({"cluster": CLUSTER, "services": ["release", "canary-release"]});
    assert_eq!(job.account.wait("ecs", "services_stable", with), Ok(()));

    job.run(&["rollback"]).code(0).says("done release runs release:1");
    assert_eq!(job.stands("release"), "release:1 3/3");
    assert_eq!(job.stands("canary-release"), "canary-release:1 1/1");
}

/// Meaningful by the round trip of fields: ministack stores what it was sent and answers it, so
/// a second run that finds a difference, or a request that is not read back, is ours.
///
/// Not asserted: that autoscaling and service deployments were looked at. They are missing, and
/// that has to be said in place of an answer.
#[test]
fn what_was_registered_is_read_back_and_read_as_the_same() {
    let Some(account) = Server::ministack(&[]) else { return };
    let mut job = Job::new(account);
    let image = job.built(1);
    let rendered = job.run(&["render", "--all", "--service", "canary", "--image", &image]).code(0);
    let requests: Vec<Value> = serde_json::from_str(&rendered.stdout).unwrap();
    job.run(&["deploy", "canary"]).code(0);
    for request in &requests {
        let answer = match request["operation"].as_str().unwrap() {
            "RegisterTaskDefinition" => job.revision("canary-release:1")["taskDefinition"].take(),
            _ => job.service("canary-release"),
        };
        for (key, sent) in request["request"].as_object().unwrap() {
            let is_elsewhere = ["cluster", "taskDefinition", "tags", "clientToken"];
            if !is_elsewhere.contains(&key.as_str()) {
                covers(&answer[key], sent, key);
            }
        }
    }
    let again = job.run(&["--json", "deploy", "canary"]).code(0).outcome();
    assert_eq!(again["outcome"], "no_change", "{again}");

    let revision = tags(&job.revision("canary-release:1")["tags"]);
    assert_eq!(revision["ecs-canary:commit"], commit(1));
    assert!(revision.contains_key("ecs-canary:succeeded"), "{revision:?}");
    let service = tags(&job.service("canary-release")["tags"]);
    assert_eq!(service["ecs-canary:lease"], "1 free");

    let status = job.run(&["--json", "status"]).code(0);
    let status: Value = serde_json::from_str(status.stdout.lines().next().unwrap()).unwrap();
    let canary = &status["services"][1];
    assert_eq!((&canary["running"], &canary["commit"]), (&json!(1), &json!(commit(1))));
}

/// Meaningful by IAM and Secrets Manager, which `verify` reads by calls signed by hand: another
/// implementation takes them, and answers in AWS's own forms.
#[test]
fn a_role_and_a_secret_are_missed_until_they_are_made() {
    let Some(account) = Server::ministack(&[]) else { return };
    let mut job = Job::new(account);
    job.built(1);
    job.run(&["deploy", "canary"]).code(0);
    let checks = job.run(&["verify"]).code(11);
    checks.says("FAILED role TaskExecRole: it does not exist").says("checks failed: pull ");
    execution_role(&job);
    let secret = json!({"Name": "deploy-token", "SecretString": "not-read"});
    let secret = job.account.call("secretsmanager", "CreateSecret", secret);
    job.edit("deploy/ecs-params.yml", REGISTRY_LOGIN, secret["ARN"].as_str().unwrap());
    let checks = job.run(&["verify"]).code(0).says("ok log_group /ecs/canary-test: it exists");
    checks
        .says("ok role TaskExecRole: it exists and trusts ecs-tasks.amazonaws.com")
        .says("it exists; whether the execution role may read it")
        .says("could not tell autoscaling canary-release")
        .says("checks could not be made");
}

/// `found` has all that was `sent`: members that the service added do not count.
#[track_caller]
fn covers(found: &Value, sent: &Value, place: &str) {
    match (found, sent) {
        (Value::Object(found), Value::Object(sent)) => {
            for (key, sent) in sent {
                let found = found.get(key).unwrap_or(&Value::Null);
                covers(found, sent, &format!("{place}.{key}"));
            }
        }
        (Value::Array(found), Value::Array(sent)) => {
            assert_eq!(found.len(), sent.len(), "{place}");
            found.iter().zip(sent).for_each(|(found, sent)| covers(found, sent, place));
        }
        _ => {
            // Our own address of the registry is written differently in what was printed.
            let (found, sent) = (found.to_string(), sent.to_string());
            let same = found == sent || sent.contains("REGISTRY");
            assert!(same, "{place}: {found} in place of {sent}");
        }
    }
}

fn tags(list: &Value) -> std::collections::BTreeMap<String, String> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|one| (text(one, "key"), text(one, "value"))).collect()
}

/// Meaningful by `AUTH=true`, with which ministack evaluates the caller's policy, and the trust
/// of a role.
#[test]
fn a_denied_update_ends_with_its_own_code_and_leaves_the_service_as_it_was() {
    let Some(account) = Server::ministack(&[("AUTH", "true")]) else { return };
    let mut job = Job::new(account);
    let role = execution_role(&job);
    job.edit("deploy/ecs-params.yml", "TaskExecRole", &role);
    job.made("canary-release", 1);
    deployer_without(&mut job, "ecs:UpdateService");
    job.built(2);
    let ended = job.run(&["deploy", "canary"]).code(50).says("ecs:UpdateService: access denied");
    ended.says("canary-release runs canary-release:1").never_says("done  ");
    assert_eq!(job.stands("canary-release"), "canary-release:1 1/1");
    assert_eq!(tags(&job.service("canary-release")["tags"])["ecs-canary:lease"], "1 free");
}

fn execution_role(job: &Job) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }]});
    let with = json!({"RoleName": "TaskExecRole", "AssumeRolePolicyDocument": trust.to_string()});
    let role = job.account.call("iam", "CreateRole", with);
    role["Role"]["Arn"].as_str().unwrap().to_owned()
}

/// The job uses the keys of a user who may do everything but `action`.
fn deployer_without(job: &mut Job, action: &str) {
    let user = json!({"UserName": "deployer"});
    job.account.call("iam", "CreateUser", user.clone());
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": action, "Resource": "*"},
    ]});
    let with = json!({
        "UserName": "deployer", "PolicyName": "release", "PolicyDocument": policy.to_string(),
    });
    job.account.call("iam", "PutUserPolicy", with);
    let key = job.account.call("iam", "CreateAccessKey", user)["AccessKey"].take();
    job.set("AWS_ACCESS_KEY_ID", key["AccessKeyId"].as_str().unwrap());
    job.set("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"].as_str().unwrap());
}

/// Meaningful because ministack takes a weighted action and drops it: who does not read the rule
/// believes in shares that nobody has. Shares themselves cannot be tested here.
#[test]
fn a_rule_that_lost_its_groups_is_no_way_to_release() {
    let Some(account) = Server::ministack(&[]) else { return };
    let mut job = Job::new(account);
    let rule = job.rule_with_weights();
    job.weighted(&rule, "steps: [50]");
    job.built(1);
    let ended = job.run(&["deploy", "full"]).code(11).says("the listener rule does not forward to");
    ended.says("nothing was changed");
    let with = json!({"cluster": CLUSTER});
    assert_eq!(job.account.call("ecs", "ListServices", with)["serviceArns"], json!([]));
}
