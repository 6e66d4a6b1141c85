//! Going back.

use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, RollbackTo};
use insta::assert_snapshot;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn rollback_without_arguments_goes_to_the_last_good_release_on_both_services() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
    assert_snapshot!(told.log, @r"
    plan  use release:1: the release to go back to
    service  release updated to release:1
    > release: waits for release:1
    release  0 of 3 new tasks running; 3 old still running (0 s)
    release  has started 3 tasks: task 367897e2 task 573984f2 task f5aa8c13.
    release  0 of 3 new tasks running, 3 starting; 3 old still running (12 s)
    release  registered 1 targets in target group ecs-canary-test-poc (3 times)
    release  3 of 3 new tasks running; 3 old still running (22 s)
    release  has stopped 3 running tasks: task 68a7c5cb task 4b7731af task 4dfb5f06.
    release  deregistered 1 targets in target group ecs-canary-test-poc (3 times)
    release  has begun draining connections on 1 tasks. (3 times)
    release  3 of 3 tasks running (40 s)
    release  deployment completed.
    release  has reached a steady state.
    < release: 3 of 3 tasks healthy (1 min 6 s)
    plan  use canary-release:1: the release to go back to
    service  canary-release updated to canary-release:1, 1 task wanted
    > canary-release: waits for canary-release:1
    canary-release  0 of 1 new tasks running; 1 old still running (0 s)
    canary-release  has stopped 1 running tasks: task b5156949.
    canary-release  deregistered 1 targets in target group ecs-canary-test-poc
    canary-release  has begun draining connections on 1 tasks.
    canary-release  has started 1 tasks: task dde11d48.
    canary-release  0 of 1 tasks running, 1 starting (9 s)
    canary-release  registered 1 targets in target group ecs-canary-test-poc
    canary-release  1 of 1 tasks running (27 s)
    canary-release  deployment completed.
    canary-release  has reached a steady state.
    < canary-release: 1 of 1 tasks healthy (43 s)
    ");
    assert_eq!(world.calls("RegisterTaskDefinition"), 4, "a rollback registers nothing");
}

#[tokio::test(start_paused = true)]
async fn a_second_rollback_does_not_go_forward_to_the_release_that_was_taken_back() {
    let world = World::new();
    for version in 1..=3 {
        world.released(version).await;
    }
    for (job, expected) in [(1, "release:2"), (2, "release:1")] {
        let mut wanted = world.rollback();
        wanted.identity.job = Some(job);
        let told = world.release(&wanted).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        assert_eq!(told.ended.outcome.revision.as_deref(), Some(expected));
    }
    let mut wanted = world.rollback();
    wanted.identity.job = Some(3);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Refused);
    assert_snapshot!(told.reason(), @"release cannot go back: no release before release:1 succeeded and is left to go back to");
}

#[tokio::test(start_paused = true)]
async fn rollback_while_a_deployment_is_under_way_stops_that_first() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    world.colleague(3);
    world.pass(Duration::from_secs(15)).await;
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.calls("StopServiceDeployment"), 1);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
    assert_snapshot!(told.log, @r"
    plan  use release:2: the release to go back to
    service  stop the deployment of release:3 on release
    > wait for the end of the deployment that is under way on release
    release  0 of 3 new tasks running, 3 starting; 3 old still running (0 s)
    release  registered 1 targets in target group ecs-canary-test-poc (3 times)
    release  rolling back to deployment ecs-svc/2249920600086619455.
    release  has stopped 3 running tasks: task 367897e2 task 573984f2 task f5aa8c13.
    release  deregistered 1 targets in target group ecs-canary-test-poc (3 times)
    release  has begun draining connections on 1 tasks. (3 times)
    release  3 of 3 tasks running (6 s)
    release  deployment completed.
    release  has reached a steady state.
    < release: it ended (32 s)
    ");
}

#[tokio::test(start_paused = true)]
async fn rollback_while_a_deployment_is_under_way_works_without_the_right_to_stop_it() {
    let world = World::new();
    world.released(1).await;
    world.deny("StopServiceDeployment");
    world.colleague(3);
    world.pass(Duration::from_secs(15)).await;
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn running_the_old_deploy_job_again_goes_back_with_the_image_that_aws_holds() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    let told = world.release(&world.wanted(Goal::Full, 1)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
    assert_eq!(world.calls("RegisterTaskDefinition"), 4);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_failed_is_not_a_release_to_go_back_to() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    world.fate(3, ecs_sim::cloud::TaskFate::crash_at_start(1));
    let failed = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(failed.kind(), OutcomeKind::FailedRolledBack, "{}", failed.log);
    world.released(4).await;
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:2"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_deregistered_release_is_passed_over() {
    let world = World::new();
    for version in 1..=3 {
        world.released(version).await;
    }
    let body = serde_json::json!({ "taskDefinition": "release:2" });
    world.port.now("DeregisterTaskDefinition", body);
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:1"));
}

#[tokio::test(start_paused = true)]
async fn rollback_to_a_commit_or_a_revision_goes_there() {
    let world = World::new();
    for version in 1..=3 {
        world.released(version).await;
    }
    let commit = format!("{:0>40}", 1);
    let to = |to| world.wanted(Goal::Rollback(to), 0);
    let told = world.release(&to(RollbackTo::Commit(commit))).await;
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:1"), "{}", told.log);
    let told = world.release(&to(RollbackTo::Revision("2".to_owned()))).await;
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:2"), "{}", told.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
    let image = |version| {
        let image = format!("registry.example/group/app@{}", crate::world::digest(version));
        RollbackTo::Image(image.parse().unwrap())
    };
    let told = world.release(&to(image(1))).await;
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:1"), "{}", told.log);
    let told = world.release(&to(image(2))).await;
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:2"), "{}", told.log);
    let told = world.release(&to(image(9))).await;
    assert_eq!(told.kind(), OutcomeKind::Refused);
    assert!(told.reason().starts_with("release cannot go back: no revision of release has image"));
    let told = world.release(&to(RollbackTo::Revision("release:9".to_owned()))).await;
    assert_eq!(told.kind(), OutcomeKind::Refused);
    assert_snapshot!(told.reason(), @"release cannot go back: release:9 does not exist");
}

#[tokio::test(start_paused = true)]
async fn rollback_without_the_history_of_deployments_goes_by_our_tags() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    world.deny("ListServiceDeployments");
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:1"));
}

#[tokio::test(start_paused = true)]
async fn without_a_list_of_revisions_a_rollback_goes_by_ecs_own_history_or_by_name() {
    for to in [RollbackTo::LastGood, RollbackTo::Revision("release:1".to_owned())] {
        let world = World::new();
        world.released(1).await;
        world.released(2).await;
        world.deny("ListTaskDefinitions");
        let mut wanted = world.rollback();
        wanted.goal = Goal::Rollback(to);
        let told = world.release(&wanted).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        assert_eq!(told.ended.outcome.revision.as_deref(), Some("release:1"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_could_not_be_looked_for_is_not_called_missing() {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    world.deny("ListTaskDefinitions");
    let mut wanted = world.rollback();
    wanted.goal = Goal::Rollback(RollbackTo::Revision("release:99".to_owned()));
    let told = world.release(&wanted).await;
    assert!(told.reason().contains("could not tell"), "{}", told.reason());
}
