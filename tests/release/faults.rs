//! A cloud that misbehaves.

use crate::world::{World, no_breaker};
use ecs_canary::model::{Goal, OutcomeKind, Refusal};
use ecs_sim::cloud::{CloudOptions, Fault, FaultKind, Switches, TaskFate};
use insta::assert_snapshot;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_breaker_rollback_is_not_success() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_at_start(3));
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
    assert_snapshot!(told.reason(), @"container web ends with exit code 3");
    assert_snapshot!(told.log, @r"
    release  2.0.0 (commit 00000000, pipeline 102), to cluster ecs-canary-test-poc-svc-cluster
    plan  release:1 -> release:2: image
    service  release updated to release:2
    > release: waits for release:2
    release  0 of 3 new tasks running; 3 old still running (0 s)
    release  has started 3 tasks: task 98893cc0 task 4819f089 task 1fdb3f1d.
    release  0 of 3 new tasks running, 3 starting; 3 old still running (11 s)
    release  0 of 3 new tasks running; 3 old still running (22 s)
    release  3 tasks failed so far
    release  deployment failed: tasks failed to start.
    release  rolling back to deployment ecs-svc/6157504422564721213.
    release  deployment completed.
    release  has reached a steady state.
    release  3 tasks stopped; web exit 3: Essential container in task exited (98893cc0, ...)
    < release: failed, rolled back (27 s)
    release:2 on release: failed, rolled back: container web ends with exit code 3
    ecs  Service deployment rolled back because the circuit breaker threshold was exceeded
    event  21:09:21 has started 3 tasks: task 98893cc0 task 4819f089 task 1fdb3f1d.
    event  21:09:42 deployment failed: tasks failed to start.
    event  21:09:42 rolling back to deployment ecs-svc/6157504422564721213.
    event  21:09:42 deployment completed.
    event  21:09:42 has reached a steady state.
    task  3 tasks stopped; web exit 3: Essential container in task exited (98893cc0, ...)
    unknown  could not tell the log of web: it has no log driver awslogs
    ");
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_first_deployment_that_fails_has_nothing_to_go_back_to() {
    let world = World::new();
    world.fate(1, TaskFate::pull_error("pull access denied for registry.example/group/app"));
    let told = world.release(&world.wanted(Goal::Canary, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedNotRolledBack, "{}", told.log);
    assert_snapshot!(told.reason(), @"the image could not be pulled: pull access denied for registry.example/group/app");
    assert_snapshot!(told.ended.outcome.hint.clone().unwrap_or_default(), @"it was the first deployment of canary-release, so there is nothing to go back to: repair it and run the job again, or scale canary-release to 0");
}

#[tokio::test(start_paused = true)]
async fn a_failed_first_deployment_can_be_tried_again_after_its_repair() {
    let world = World::new();
    world.fate(1, TaskFate::pull_error("no permission for the secret"));
    let wanted = world.wanted(Goal::Canary, 1);
    assert_eq!(world.release(&wanted).await.kind(), OutcomeKind::FailedNotRolledBack);
    world.fate(1, TaskFate::default());
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn a_health_check_that_fails_is_named_as_the_cause() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::never_healthy());
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
    assert_snapshot!(told.reason(), @"container web answers 503 on /");
}

#[tokio::test(start_paused = true)]
async fn without_a_breaker_the_deadline_ends_the_wait_and_says_what_goes_on() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_at_start(1));
    let mut wanted = world.wanted(Goal::Full, 2);
    no_breaker(&mut wanted);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::TimedOut, "{}", told.log);
    assert_snapshot!(told.reason(), @"container web ends with exit code 1; the deadline passed and it still goes on; release:2: 0 of 3 new tasks running; 3 old still running; is unable to consistently start tasks successfully.");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_that_fails_as_well_needs_a_person() {
    let world = World::new();
    world.released(1).await;
    world.fate(2, TaskFate::crash_at_start(1));
    world.fate(1, TaskFate::crash_at_start(1));
    let told = world.release(&world.wanted(Goal::Canary, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedNotRolledBack, "{}", told.log);
    assert_snapshot!(told.reason(), @"container web ends with exit code 1");
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_deployment_in_the_middle_of_ours_is_superseded() {
    for superseded_is_stopped in [true, false] {
        let switches = Switches { superseded_is_stopped, ..Switches::default() };
        let world = World::with(CloudOptions { switches, ..CloudOptions::default() });
        world.released(1).await;
        let wanted = world.wanted(Goal::Full, 2);
        let colleague = async {
            world.pass(Duration::from_secs(20)).await;
            world.colleague(9);
        };
        let (told, ()) = tokio::join!(world.release(&wanted), colleague);
        assert_eq!(told.kind(), OutcomeKind::Superseded, "{}", told.log);
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_deployment_under_way_is_not_pushed_aside() {
    let world = World::new();
    world.released(1).await;
    world.colleague(9);
    let changes = world.changes().len();
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Refused, "{}", told.log);
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::OtherRelease));
    assert_eq!(world.changes().len(), changes, "nothing was changed");
    assert_snapshot!(told.reason(), @"release: another deployment is under way (release:2, PENDING, commit somebody); nothing was changed");
}

#[tokio::test(start_paused = true)]
async fn denied_service_deployments_are_followed_by_the_primary_deployment() {
    let world = World::new();
    world.deny("*ServiceDeployments");
    world.released(1).await;
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(told.log.contains("the service's own entry is followed"), "{}", told.log);
    world.fate(3, TaskFate::crash_at_start(1));
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_at_service_deployments_alone_is_done_without() {
    let world = World::new();
    world.fault(Fault::always("*ServiceDeployments", FaultKind::NoAnswer { applied: false }));
    world.released(1).await;
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(told.log.contains("the service's own entry is followed"), "{}", told.log);
    world.fate(3, TaskFate::crash_at_start(1));
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_may_not_be_registered_leaves_no_service_and_says_so() {
    let world = World::new();
    world.deny("RegisterTaskDefinition");
    let told = world.release(&world.wanted(Goal::Canary, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Denied, "{}", told.log);
    assert_snapshot!(told.now(), @"none of the services exists yet");
}

#[tokio::test(start_paused = true)]
async fn denied_service_revisions_do_not_hide_our_deployment() {
    let world = World::new();
    world.deny("DescribeServiceRevisions");
    world.released(1).await;
    world.fate(2, TaskFate::crash_at_start(3));
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
    assert!(told.ended.outcome.deployment.is_some());
    world.released(3).await;
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:1"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn denied_tags_are_said_once_and_the_release_goes_on() {
    let world = World::new();
    world.deny("TagResource");
    let told = world.release(&world.wanted(Goal::Canary, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(told.log.matches("no tags are written").count(), 1, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_was_lost_is_made_once() {
    for action in ["RegisterTaskDefinition", "CreateService", "UpdateService"] {
        for applied in [true, false] {
            let world = World::new();
            world.fault(Fault::times(action, 1, FaultKind::Close { applied }));
            world.released(1).await;
            world.released(2).await;
            assert_snapshot_of(&world);
            let sent = world.calls("UpdateService") + world.calls("CreateService");
            let again = usize::from(!applied && action != "RegisterTaskDefinition");
            assert_eq!(sent, 4 + again, "{action}, applied: {applied}");
        }
    }
}

fn assert_snapshot_of(world: &World) {
    assert_eq!(
        world.state(),
        "canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED"
    );
}

#[tokio::test(start_paused = true)]
async fn stale_reads_are_not_taken_for_the_end() {
    let world = World::new();
    world.released(1).await;
    world.fault(Fault::always("Describe*", FaultKind::StaleReads { seconds: 12.0 }));
    world.fault(Fault::always("List*", FaultKind::StaleReads { seconds: 12.0 }));
    let wanted = world.wanted(Goal::Full, 2);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot_of(&world);
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_of_update_service_does_not_mislead() {
    let switches = Switches { update_answer_is_fresh: false, ..Switches::default() };
    let world = World::with(CloudOptions { switches, ..CloudOptions::default() });
    world.released(1).await;
    world.released(2).await;
    assert_snapshot_of(&world);
}

#[tokio::test(start_paused = true)]
async fn throttled_polls_are_missed_ticks() {
    let world = World::new();
    world.released(1).await;
    let fault = Fault::always("Describe*", FaultKind::Throttle);
    world.fault(Fault { probability: Some(0.7), ..fault });
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_change_is_tried_again() {
    let world = World::new();
    world.fault(Fault::times("RegisterTaskDefinition", 12, FaultKind::Throttle));
    world.fault(Fault::times("CreateService", 12, FaultKind::Throttle));
    world.released(1).await;
    assert_eq!(world.state().matches("3/3").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_answer_at_the_start_means_that_nothing_was_changed() {
    let world = World::new();
    world.fault(Fault::always("*", FaultKind::NoAnswer { applied: false }));
    let told = world.release(&world.wanted(Goal::Canary, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Unreachable);
    assert!(told.reason().ends_with("nothing was changed"), "{}", told.reason());
    assert!(told.ended.outcome.seconds < 65.0, "{}", told.ended.outcome.seconds);
    assert!(world.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn denied_or_expired_keys_end_before_the_first_change() {
    for kind in [FaultKind::Deny, FaultKind::ExpiredToken] {
        let world = World::new();
        world.fault(Fault::always("DescribeServices", kind));
        let told = world.release(&world.wanted(Goal::Canary, 1)).await;
        assert_eq!(told.kind(), OutcomeKind::Denied);
        assert!(told.reason().contains("nothing was changed"), "{}", told.reason());
        assert!(world.changes().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_cluster_or_a_wrong_container_ends_before_the_first_change() {
    let world = World::new();
    let mut wanted = world.wanted(Goal::Canary, 1);
    wanted.cluster = ecs_canary::model::ClusterName::new("nowhere");
    let told = world.release(&wanted).await;
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::Preflight));
    assert_snapshot!(told.reason(), @"cluster nowhere does not exist; nothing was changed");
    let mut wanted = world.wanted(Goal::Canary, 1);
    if let Some(binding) = wanted.canary.as_mut().and_then(|one| one.load_balancer.as_mut()) {
        binding.container = ecs_canary::model::ContainerName::new("wep");
    }
    let told = world.release(&wanted).await;
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::Preflight));
    assert_snapshot!(told.reason(), @r#"
    canary-release: the load balancer wants container "wep", the task definition has web; nothing was changed
    "#);
    assert!(world.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_older_commit_that_was_never_released_is_refused() {
    let world = World::new();
    world.released(5).await;
    let changes = world.changes().len();
    let told = world.release(&world.wanted(Goal::Full, 4)).await;
    assert_eq!(told.kind(), OutcomeKind::Refused, "{}", told.log);
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::Older));
    assert_eq!(world.changes().len(), changes);
    assert_snapshot!(told.reason(), @"release: commit 00000000 (pipeline 104) is older than what runs, 00000000 (pipeline 105), and was never released there; nothing was changed");
}

#[tokio::test(start_paused = true)]
async fn the_same_release_again_changes_nothing() {
    let world = World::new();
    world.released(1).await;
    let changes = world.changes().len();
    let told = world.release(&world.wanted(Goal::Full, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::NoChange, "{}", told.log);
    assert_eq!(world.changes().len(), changes);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_wants_no_tasks_keeps_none_and_says_so() {
    let world = World::new();
    world.released(1).await;
    let body = serde_json::json!({
        "cluster": ecs_sim::cloud::EXAMPLE_CLUSTER, "service": "release", "desiredCount": 0,
    });
    world.port.now("UpdateService", body);
    world.pass(Duration::from_secs(60)).await;
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(told.log.contains("wants 0 tasks"), "{}", told.log);
    assert_eq!(world.row("release").desired, 0);
}
