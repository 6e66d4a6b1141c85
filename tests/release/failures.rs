//! What a person is told of a deployment that failed.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::world::{Told, World, spec};
use ecs_canary::model::{FailureReport, Goal, OutcomeKind, TaskDefinitionSpec, Wanted};
use ecs_sim::cloud::{Fault, FaultKind, ScenarioTarget, TaskFate, scenario};
use insta::assert_snapshot;
use serde_json::json;
use std::collections::BTreeSet;

/// Version 2, whose container logs to CloudWatch with these options besides the group.
pub(crate) fn logging(world: &World, options: &[(&str, &str)]) -> Wanted {
    let mut wanted = world.wanted(Goal::Full, 2);
    let mut body = spec("release", 2).body().clone();
    let mut all = json!({ "awslogs-group": "/ecs/web" });
    for (key, value) in options {
        all[*key] = json!(value);
    }
    body["containerDefinitions"][0]["logConfiguration"] =
        json!({ "logDriver": "awslogs", "options": all });
    wanted.full.as_mut().unwrap().task = Some(TaskDefinitionSpec::new(body));
    wanted
}

pub(crate) fn crashing() -> TaskFate {
    let words = "connecting to postgres://app:hunter2@db/app\nFATAL: DB_PASSWORD=hunter2 is wrong";
    TaskFate { last_words: Some(words.to_owned()), ..TaskFate::crash_at_start(3) }
}

fn report(told: &Told) -> &FailureReport {
    told.ended.steps.iter().find_map(|step| step.failure.as_deref()).unwrap()
}

/// The log from the sentence on top on.
fn told_of_failure(told: &Told) -> String {
    let lines = told.log.lines().skip_while(|line| !line.starts_with("release:2 on release: "));
    lines.take_while(|line| !line.starts_with("====")).collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_told_with_the_last_words_of_its_container() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, crashing());
    let told = world.release(&logging(&world, &[("awslogs-stream-prefix", "web")])).await;
    assert_snapshot!(told_of_failure(&told), @r"
    release:2 on release: failed, rolled back: container web ends with exit code 3
    ecs  Service deployment rolled back because the circuit breaker threshold was exceeded
    event  21:09:21 has started 3 tasks: task 98893cc0 task 4819f089 task 1fdb3f1d.
    event  21:09:42 deployment failed: tasks failed to start.
    event  21:09:42 rolling back to deployment ecs-svc/6157504422564721213.
    event  21:09:42 deployment completed.
    event  21:09:42 has reached a steady state.
    task  3 tasks stopped; web exit 3: Essential container in task exited (98893cc0, ...)
    log  web of task 98893cc0, last 2 lines:
    log    connecting to postgres://app:***@db/app
    log    FATAL: DB_PASSWORD=*** is wrong
    ");
    let report = report(&told);
    assert_eq!(report.tasks.len(), 3);
    assert_eq!(report.logs[0].place.stream, format!("web/web/{}", report.logs[0].task));
    assert!(!format!("{report:?}").contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn without_a_stream_prefix_dockers_own_name_leads_to_the_log() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, crashing());
    let told = world.release(&logging(&world, &[])).await;
    assert!(told.log.contains("FATAL: DB_PASSWORD=***"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_said_and_changes_nothing_else() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, crashing());
    for action in ["GetLogEvents", "ListTasks", "DescribeTargetHealth", "DescribeTargetGroups"] {
        world.fault(Fault::always(action, FaultKind::Deny));
    }
    let told = world.release(&logging(&world, &[("awslogs-stream-prefix", "web")])).await;
    assert_snapshot!(told_of_failure(&told), @r"
    release:2 on release: failed, rolled back: Service deployment rolled back because the circuit break…
    event  21:09:21 has started 3 tasks: task 98893cc0 task 4819f089 task 1fdb3f1d.
    event  21:09:42 deployment failed: tasks failed to start.
    event  21:09:42 rolling back to deployment ecs-svc/6157504422564721213.
    event  21:09:42 deployment completed.
    event  21:09:42 has reached a steady state.
    unknown  could not tell why tasks stopped: ecs:ListTasks: access denied (AccessDeniedException): User: arn:aws:iam::111122223333:user/deployer is not authorized to perform: ecs:ListTasks bec…
    unknown  could not tell the targets' health: ecs:DescribeTargetHealth: access denied (AccessDenied): User: arn:aws:iam::111122223333:user/deployer is not authorized to perform: elasticloadba…
    ");
    world.heal_for_colleague();
    world.deny("GetLogEvents");
    let wanted = Wanted { identity: world.wanted(Goal::Full, 3).identity, ..logging(&world, &[]) };
    let told = world.release(&wanted).await;
    assert!(told.log.contains("unknown  could not tell the log of web: "), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_health_check_is_told_with_its_path() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::never_healthy());
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(report(&told).cause.as_deref(), Some("container web answers 503 on /"));
    assert_snapshot!(told_of_failure(&told), @r"
    release:2 on release: failed, rolled back: container web answers 503 on /
    ecs  Service deployment rolled back because the circuit breaker threshold was exceeded
    event  21:09:47 i-8268360cec623523e:32773 is unhealthy in target group ecs-canary-test-poc due to Health checks failed with these codes: [503]
    event  21:09:47 i-8268360cec623523e:32775 is unhealthy in target group ecs-canary-test-poc due to Health checks failed with these codes: [503]
    event  21:09:47 i-dfcb3632c48fc6fb1:32774 is unhealthy in target group ecs-canary-test-poc due to Health checks failed with these codes: [503]
    event  21:09:52 has stopped 3 running tasks: task 98893cc0 task 4819f089 task 1fdb3f1d.
    event  21:09:53 deregistered 1 targets in target group ecs-canary-test-poc (3 times)
    event  21:09:53 has begun draining connections on 1 tasks. (3 times)
    event  21:10:02 deployment failed: tasks failed to start.
    event  21:10:02 rolling back to deployment ecs-svc/6157504422564721213.
    event  21:10:22 deployment completed.
    event  21:10:22 has reached a steady state.
    task  3 tasks stopped; web exit 0: Task failed ELB health checks in target group ecs-canary-test-poc (98893cc0, ...)
    unknown  could not tell the log of web: it has no log driver awslogs
    ");
}

#[tokio::test(start_paused = true)]
async fn events_from_before_are_not_those_of_this_release() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, crashing());
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    let first: Vec<String> = report(&told).events.iter().map(|one| one.id.clone()).collect();
    world.fate(3, crashing());
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    let second = &report(&told).events;
    assert!(!second.is_empty() && second.iter().all(|one| !first.contains(&one.id)));
    assert!(second.is_sorted_by_key(|one| one.at), "oldest first");
}

/// Late, in the wrong order, twice, or never: the report has each event once, in order.
#[tokio::test(start_paused = true)]
async fn events_that_come_in_disorder_are_told_by_their_id_and_in_order() {
    let told_under = async |trouble: &str| {
        let world = World::new();
        world.released(1).await;
        let before = known(&world);
        world.fate(2, TaskFate::never_healthy());
        let script = scenario(trouble, &ScenarioTarget::default()).unwrap();
        world.port.cloud.borrow_mut().run_script(script);
        let told = world.release(&world.wanted(Goal::Full, 2)).await;
        assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
        (report(&told).clone(), before)
    };
    let (quiet, _) = told_under("slow-draining").await;
    for trouble in ["events-out-of-order", "events-repeated", "events-dropped"] {
        let (report, before) = told_under(trouble).await;
        let ids: BTreeSet<&String> = report.events.iter().map(|event| &event.id).collect();
        assert_eq!(ids.len(), report.events.len(), "{trouble}: each once");
        assert!(report.events.is_sorted_by_key(|event| event.at), "{trouble}: {report:#?}");
        assert!(ids.iter().all(|id| !before.contains(*id)), "{trouble}: none from before");
        assert_eq!((&report.cause, &report.ended), (&quiet.cause, &quiet.ended), "{trouble}");
        assert!(report.events.len() > 5, "{trouble}: {report:#?}");
    }
}

/// Ids of all events so far.
fn known(world: &World) -> BTreeSet<String> {
    let dump = world.port.cloud.borrow().dump();
    let events = dump["events"]["release"].as_array().cloned().unwrap_or_default();
    events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}
