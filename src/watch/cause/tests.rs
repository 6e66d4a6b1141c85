//! Words that AWS was seen to say, and what a person is told.

use super::{HealthAsked, likely_cause};
use crate::model::{
    ContainerLog, ContainerName, FailureReport, HealthCheck, LogPlace, ServiceEvent, ServiceName,
    StoppedContainer, StoppedTask, TargetHealth, TaskDefArn, Timestamp,
};
use insta::assert_snapshot;

fn report() -> FailureReport {
    FailureReport {
        service: ServiceName::new("release"),
        ended: "failed".to_owned(),
        revision: "release:2".to_owned(),
        deployment: None,
        cause: None,
        reason: "the circuit breaker threshold was exceeded".to_owned(),
        events: Vec::new(),
        tasks: Vec::new(),
        logs: Vec::new(),
        targets: Vec::new(),
        alarms: Vec::new(),
        could_not_tell: Vec::new(),
    }
}

fn task(stop_code: &str, reason: &str, exit_code: Option<i32>) -> StoppedTask {
    StoppedTask {
        task: "98893cc0".to_owned(),
        task_definition: TaskDefArn::new("arn:aws:ecs:r:1:task-definition/release:2"),
        stop_code: Some(stop_code.to_owned()),
        reason: Some(reason.to_owned()),
        containers: vec![StoppedContainer {
            name: ContainerName::new("web"),
            exit_code,
            reason: None,
            runtime_id: None,
        }],
    }
}

fn of_reason(reason: &str) -> String {
    let tasks = vec![task("TaskFailedToStart", reason, None)];
    likely_cause(&FailureReport { tasks, ..report() }, None).unwrap_or_default()
}

fn of_exit(code: i32) -> String {
    let tasks =
        vec![task("EssentialContainerExited", "Essential container in task exited", Some(code))];
    likely_cause(&FailureReport { tasks, ..report() }, None).unwrap_or_default()
}

fn of_event(message: &str, asked: Option<&HealthAsked>) -> String {
    let message = message.to_owned();
    let events = vec![ServiceEvent { id: "1".to_owned(), at: Timestamp::from_millis(0), message }];
    likely_cause(&FailureReport { events, ..report() }, asked).unwrap_or_default()
}

fn asked() -> HealthAsked {
    let check = HealthCheck {
        path: Some("/health".to_owned()),
        port: "traffic-port".to_owned(),
        codes: Some("200".to_owned()),
        ..HealthCheck::default()
    };
    HealthAsked { container: "web".to_owned(), port: 80, check }
}

#[test]
fn a_pull_that_failed_says_what_to_look_at() {
    let said = [
        "CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref \"registry.example/app@sha256:1\": not found",
        "CannotPullContainerError: pull access denied for registry.example/app, repository does not exist or may require 'docker login'",
        "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: dial tcp 10.0.0.1:443: i/o timeout",
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'",
        "CannotPullContainerError: toomanyrequests: You have reached your pull rate limit",
        "CannotPullContainerError: something new",
    ]
    .map(of_reason);
    assert_snapshot!(said.join("\n"), @r"
    the image could not be pulled: the registry has no such image
    the image could not be pulled: pull access denied for registry.example/app, repository does not exist or may require 'docker login'
    the image could not be pulled: the registry cannot be reached from where the task runs
    the image could not be pulled: the image has no build for the processor of the task
    the image could not be pulled: the registry limits how often it may be pulled from
    the image could not be pulled: something new
    ");
}

#[test]
fn a_secret_that_could_not_be_read_is_named_with_the_missing_permission() {
    let said = [
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/registry-AbCdEf from secrets manager: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/exec/1 is not authorized to perform: secretsmanager:GetSecretValue on resource: x",
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db: ParameterNotFound",
        "ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: timeout",
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
    ]
    .map(of_reason);
    assert_snapshot!(said.join("\n"), @r"
    no permission for the secret prod/registry-AbCdEf: the execution role needs secretsmanager:GetSecretValue
    the secret /prod/db does not exist
    the secret cannot be read from the task's network: no way to AWS (NAT or VPC endpoint)
    the log group of the container does not exist: create it, or set awslogs-create-group
    ");
}

#[test]
fn an_exit_code_is_said_in_words() {
    let said = [0, 1, 127, 137, 139].map(of_exit);
    assert_snapshot!(said.join("\n"), @r"
    container web ends by itself with exit code 0: a service's container has to keep running
    container web ends with exit code 1
    container web cannot run its command (exit 127)
    container web was killed (137): out of memory, or too slow to stop
    container web crashed (139, segmentation fault)
    ");
}

#[test]
fn a_health_check_is_told_with_path_and_port() {
    let failed = |why: &str| {
        let text = format!(
            "(service release) (port 32768) is unhealthy in (target-group arn:x) due to (reason {why})."
        );
        [of_event(&text, Some(&asked())), of_event(&text, None)].join("\n")
    };
    let said = [
        failed("Health checks failed with these codes: [503]"),
        failed("Request timed out"),
        failed("Health checks failed"),
    ];
    assert_snapshot!(said.join("\n"), @r"
    container web answers 503 on /health
    the container answers 503 to the load balancer's health check
    container web does not answer the load balancer's health check on /health in time
    the container does not answer the load balancer's health check in time
    nothing answers the load balancer on port 80 of container web: does it listen there?
    nothing answers the load balancer of the container: does it listen there?
    ");
}

#[test]
fn an_instance_without_room_is_told_by_what_it_lacks() {
    let said = [
        "(service release) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance a1) has insufficient memory available. For more information, see the Troubleshooting section.",
        "(service release) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.",
        "(service release) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance a1) is already using a port required by your task.",
        "(service release) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::1:role/exec' that was provided for this task.).",
    ]
    .map(|text| of_event(text, None));
    assert_snapshot!(said.join("\n"), @r"
    no room for a task: no instance has enough memory free
    no room for a task: the cluster has no instances
    no room for a task: each instance has its fixed host port in use already
    ECS may not use the role arn:aws:iam::1:role/exec: it does not exist, or does not trust ecs-tasks
    ");
}

#[test]
fn last_words_go_before_an_exit_code_and_an_alarm_is_named() {
    let tasks =
        vec![task("EssentialContainerExited", "Essential container in task exited", Some(1))];
    let log = ContainerLog {
        container: ContainerName::new("web"),
        task: "98893cc0".to_owned(),
        place: LogPlace { group: "g".to_owned(), stream: "s".to_owned(), region: None },
        lines: vec!["exec /app: exec format error".to_owned()],
    };
    let told = FailureReport { tasks, logs: vec![log], ..report() };
    assert_eq!(
        likely_cause(&told, None).as_deref(),
        Some("container web was built for another processor than the task runs on")
    );
    let alarmed = FailureReport { alarms: vec!["5xx-high".to_owned()], ..report() };
    assert_eq!(likely_cause(&alarmed, None).as_deref(), Some("CloudWatch alarm 5xx-high went off"));
    assert_eq!(likely_cause(&report(), None), None);
}

#[test]
fn an_unhealthy_target_tells_it_when_no_event_does() {
    let target = TargetHealth {
        target: "i-1:32768".to_owned(),
        state: "unhealthy".to_owned(),
        reason: Some("Target.ResponseCodeMismatch".to_owned()),
        description: Some("Health checks failed with these codes: [502]".to_owned()),
    };
    let told = FailureReport { targets: vec![target], ..report() };
    assert_eq!(
        likely_cause(&told, Some(&asked())).as_deref(),
        Some("container web answers 502 on /health")
    );
}
