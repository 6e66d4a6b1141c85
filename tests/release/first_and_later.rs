//! Releases that go well.

use crate::world::World;
use ecs_canary::model::{Goal, OutcomeKind, Refusal};
use ecs_sim::cloud::{Fault, FaultKind};
use insta::assert_snapshot;

#[tokio::test(start_paused = true)]
async fn the_first_deploy_creates_both_services_with_the_declared_counts() {
    let world = World::new();
    let canary = world.release(&world.wanted(Goal::Canary, 1)).await;
    assert_eq!(canary.kind(), OutcomeKind::Succeeded, "{}", canary.log);
    let full = world.release(&world.wanted(Goal::Full, 1)).await;
    assert_eq!(full.kind(), OutcomeKind::Succeeded, "{}", full.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:1 v1 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
    assert_snapshot!(full.log, @r"
    release  1.0.0 (commit 00000000, pipeline 101), to cluster ecs-canary-test-poc-svc-cluster
    before  an earlier job of this release got as far as: canary is up, step 1; this one goes on
    plan  release:1: first revision
    service  release created with 3 tasks
    > release: waits for release:1
    release  0 of 3 tasks running (0 s)
    release  has started 3 tasks: task cb26c00c task b5ea7210 task e98872e1.
    release  0 of 3 tasks running, 3 starting (9 s)
    release  registered 1 targets in target group ecs-canary-test-poc (3 times)
    release  3 of 3 tasks running (20 s)
    release  deployment completed.
    release  has reached a steady state.
    < release: 3 of 3 tasks healthy (35 s)
    ");
}

#[tokio::test(start_paused = true)]
async fn the_second_deploy_moves_the_canary_first_and_then_the_full_service() {
    let world = World::new();
    world.released(1).await;
    let canary = world.release(&world.wanted(Goal::Canary, 2)).await;
    assert_eq!(canary.kind(), OutcomeKind::Succeeded, "{}", canary.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:1 v1 3/3 COMPLETED");
    assert_snapshot!(canary.log, @r"
    release  2.0.0 (commit 00000000, pipeline 102), to cluster ecs-canary-test-poc-svc-cluster
    plan  canary-release:1 -> canary-release:2: image
    service  canary-release updated to canary-release:2, 1 task wanted
    > canary-release: waits for canary-release:2
    canary-release  0 of 1 new tasks running; 1 old still running (0 s)
    canary-release  has stopped 1 running tasks: task 5e7030fc.
    canary-release  deregistered 1 targets in target group ecs-canary-test-poc
    canary-release  has begun draining connections on 1 tasks.
    canary-release  has started 1 tasks: task b5156949.
    canary-release  0 of 1 tasks running, 1 starting (11 s)
    canary-release  registered 1 targets in target group ecs-canary-test-poc
    canary-release  1 of 1 tasks running (22 s)
    canary-release  deployment completed.
    canary-release  has reached a steady state.
    < canary-release: 1 of 1 tasks healthy (43 s)
    ");
    let full = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(full.kind(), OutcomeKind::Succeeded, "{}", full.log);
    assert_snapshot!(world.state(), @"canary-release canary-release:2 v2 1/1 COMPLETED; release release:2 v2 3/3 COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn of_two_first_deploys_at_the_same_time_one_is_refused_and_changes_nothing_that_runs() {
    for goal in [Goal::Full, Goal::Canary] {
        let world = World::new();
        let (one, two) = (world.wanted(goal.clone(), 1), world.wanted(goal.clone(), 2));
        let (one, two) = tokio::join!(world.release(&one), world.release(&two));
        let (won, lost) =
            if one.kind() == OutcomeKind::Succeeded { (one, two) } else { (two, one) };
        assert_eq!(won.kind(), OutcomeKind::Succeeded, "{}", won.log);
        assert_eq!(lost.kind(), OutcomeKind::Refused, "{}", lost.log);
        assert_eq!(lost.ended.outcome.refusal, Some(Refusal::OtherRelease), "{}", lost.reason());
        for words in ["is under way", "pipeline 10", "registered, not used"] {
            assert!(lost.reason().contains(words), "{words}: {}", lost.reason());
        }
        let updates = world.changes().iter().filter(|call| *call == "UpdateService").count();
        assert_eq!(updates, 0, "{}", lost.log);
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_deploy_that_never_sees_the_other_one_is_refused_all_the_same() {
    let world = World::new();
    let (one, two) = (world.wanted(Goal::Full, 1), world.wanted(Goal::Full, 2));
    let stale = FaultKind::StaleReads { seconds: 120.0 };
    world.fault(Fault::always("DescribeServices", stale));
    let (one, two) = tokio::join!(world.release(&one), world.release(&two));
    let told = [&one, &two].map(|told| (told.kind(), told.ended.outcome.refusal));
    let refused = (OutcomeKind::Refused, Some(Refusal::OtherRelease));
    assert_eq!(told.iter().filter(|one| **one == refused).count(), 1, "{}\n{}", one.log, two.log);
}
