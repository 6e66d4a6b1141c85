//! Deployments that fail, and AWS that does not answer as it should.

use super::{Job, alone};
use crate::failures::{crashing, logging};
use crate::transcript::Transcript;
use crate::world::{World, no_breaker};
use ecs_canary::model::OutcomeKind::{
    Denied, FailedNotRolledBack, FailedRolledBack, Succeeded, TimedOut, Unreachable,
};
use ecs_canary::model::{Goal, OutcomeKind};
use ecs_sim::cloud::{Fault, FaultKind, TaskFate};
use std::time::Duration;

async fn running() -> World {
    let world = World::new();
    world.released(1).await;
    world
}

/// `deploy full` of version 2, whose tasks fare so.
async fn fares(fate: TaskFate, kind: OutcomeKind, what: (&str, &str)) {
    let world = running().await;
    world.fate(2, fate);
    let mut wanted = world.wanted(Goal::Full, 2);
    if kind == TimedOut {
        no_breaker(&mut wanted);
        wanted.deadline = wanted.deadline.before(Duration::from_secs(3000));
    }
    alone(&world, &wanted, Job("deploy full", kind), what).await;
}

#[tokio::test(start_paused = true)]
async fn the_image_cannot_be_pulled() {
    let fate = TaskFate::pull_error(
        "pull image manifest has been retried 1 time(s): failed to resolve ref \
         registry.example/group/app: not found",
    );
    fares(fate, FailedRolledBack, ("The registry has no such image.", "failure/no-image")).await;
}

#[tokio::test(start_paused = true)]
async fn the_container_exits() {
    let world = running().await;
    world.fate(2, crashing());
    let wanted = logging(&world, &[("awslogs-stream-prefix", "web")]);
    let what = ("The container exits, and its log has a password.", "failure/container-exits");
    alone(&world, &wanted, Job("deploy full", FailedRolledBack), what).await;
}

#[tokio::test(start_paused = true)]
async fn the_health_check_gets_503() {
    let what = ("The container answers 503 to the load balancer.", "failure/health-503");
    fares(TaskFate::never_healthy(), FailedRolledBack, what).await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_denied() {
    let fate = TaskFate {
        resource_error: Some(
            "unable to pull secrets or registry auth: execution resource retrieval failed: unable \
             to retrieve secret from asm: AccessDeniedException: User: \
             arn:aws:sts::111122223333:assumed-role/exec/1 is not authorized to perform: \
             secretsmanager:GetSecretValue on resource: \
             arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
                .to_owned(),
        ),
        ..TaskFate::default()
    };
    let what = ("The execution role may not read a secret.", "failure/secret-denied");
    fares(fate, FailedRolledBack, what).await;
}

#[tokio::test(start_paused = true)]
async fn there_is_no_room() {
    let why =
        "The closest matching (container-instance 7c1f2e3a) has insufficient memory available";
    let fate = TaskFate { place_error: Some(why.to_owned()), ..TaskFate::default() };
    fares(fate, TimedOut, ("No instance has enough memory.", "failure/no-room")).await;
}

#[tokio::test(start_paused = true)]
async fn the_deadline_passes() {
    let what = ("Without a breaker, and the job has five minutes.", "failure/deadline");
    fares(TaskFate::never_healthy(), TimedOut, what).await;
}

#[tokio::test(start_paused = true)]
async fn the_first_deployment_is_bad() {
    let world = World::new();
    world.fate(1, TaskFate::crash_at_start(1));
    let mut wanted = world.wanted(Goal::Full, 1);
    wanted.canary = None;
    let what = ("There is nothing to go back to.", "failure/first-is-bad");
    alone(&world, &wanted, Job("deploy full", FailedNotRolledBack), what).await;
}

/// `deploy full` of version 2, in which AWS behaves so from the thirtieth second on.
async fn later(faults: &[(&str, FaultKind)], kind: OutcomeKind, (what, name): (&str, &str)) {
    let world = running().await;
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.deadline = wanted.deadline.before(Duration::from_secs(2700));
    let trouble = async {
        world.pass(Duration::from_secs(12)).await;
        for (action, fault) in faults {
            world.fault(Fault::always(action, fault.clone()));
        }
    };
    let (told, ()) = tokio::join!(world.release(&wanted), trouble);
    assert_eq!(told.kind(), kind, "{}\n{}", told.reason(), told.log);
    let mut text = Transcript::new(what);
    text.job("deploy full", &told);
    world.heal_for_colleague();
    text.standing(&world);
    text.is(name);
}

#[tokio::test(start_paused = true)]
async fn the_keys_expire_in_the_middle() {
    let what = ("The job's keys expire while it waits.", "failure/keys-expire");
    later(&[("*", FaultKind::ExpiredToken)], Denied, what).await;
}

#[tokio::test(start_paused = true)]
async fn aws_throttles_until_the_deadline() {
    let what = ("AWS throttles every read until the deadline.", "failure/throttled");
    later(&[("DescribeServices", FaultKind::Throttle)], TimedOut, what).await;
}

#[tokio::test(start_paused = true)]
async fn service_deployments_may_not_be_read() {
    let what = ("Only the service itself can be read.", "failure/deployments-not-readable");
    later(&[("DescribeServiceDeployments", FaultKind::Deny)], Succeeded, what).await;
}

#[tokio::test(start_paused = true)]
async fn aws_does_not_answer_at_all() {
    let world = running().await;
    let silence = FaultKind::NoAnswer { applied: false };
    world.fault(Fault::always("DescribeServices", silence));
    let mut text = Transcript::new("The network to AWS is gone.");
    let wanted = world.wanted(Goal::Full, 2);
    Job("deploy full", Unreachable).runs(&mut text, &world, &wanted).await;
    text.is("failure/no-answer");
}

#[tokio::test(start_paused = true)]
async fn the_job_may_not_deploy() {
    let world = running().await;
    world.deny("UpdateService");
    let what = ("The job's role may not update the service.", "failure/denied");
    let wanted = world.wanted(Goal::Full, 2);
    alone(&world, &wanted, Job("deploy full", Denied), what).await;
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_change_is_lost() {
    let world = running().await;
    world.fault(Fault::times("UpdateService", 1, FaultKind::Close { applied: true }));
    let what = ("The connection is cut after the change.", "failure/lost-answer");
    let wanted = world.wanted(Goal::Full, 2);
    alone(&world, &wanted, Job("deploy full", Succeeded), what).await;
}
