//! Before the full service a release waits for a person, who answers in another job.

use crate::judged::{busy, judging, wanted as judged};
use crate::world::{Told, World};
use ecs_canary::model::{Gate, GateAction, Goal, OutcomeKind, Wanted};
use ecs_sim::cloud::{Incident, TaskFate, TrafficPlan};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn prepared() -> World {
    let world = World::weighted();
    world.released(1).await;
    world
}

pub(crate) fn gated(world: &World, then: GateAction) -> Wanted {
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.course.gate = Some(Gate { timeout: 10 * MINUTE, then });
    wanted
}

/// Once the release stands at its gate, another job of its pipeline runs.
pub(crate) async fn answered(world: &World, wanted: &Wanted, goal: Goal) -> (Told, Told) {
    let person = async {
        while !world.service_tag("release", "ecs-canary:progress").contains(" gate 2 ") {
            world.pass(Duration::from_secs(5)).await;
        }
        world.pass(2 * MINUTE).await;
        let mut other = world.stepped(goal, 2);
        other.identity.job = Some(4711);
        other.identity.job_name = Some("by hand".to_owned());
        world.release(&other).await
    };
    tokio::join!(world.release(wanted), person)
}

#[tokio::test(start_paused = true)]
async fn nobody_comes_and_the_gate_does_what_it_was_told() {
    let world = prepared().await;
    let told = world.release(&gated(&world, GateAction::Rollback)).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryUndecided, "{} {}", told.reason(), told.log);
    assert_eq!(told.ended.outcome.exit_code, 23);
    assert!(told.reason().starts_with("nobody promoted it in time"), "{}", told.reason());
    assert_eq!(world.weights(), "100/0");

    let world = prepared().await;
    let told = world.release(&gated(&world, GateAction::Hold)).await;
    assert_eq!(told.kind(), OutcomeKind::Paused, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "50/50");
    let told = world.release(&world.stepped(Goal::Promote, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "100/0");

    let world = prepared().await;
    let told = world.release(&gated(&world, GateAction::Promote)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert!(told.ended.outcome.seconds > 600.0);
}

#[tokio::test(start_paused = true)]
async fn a_person_promotes_in_another_job_and_the_waiting_one_ends_green() {
    let world = prepared().await;
    let (waited, other) =
        answered(&world, &gated(&world, GateAction::Rollback), Goal::Promote).await;
    assert_eq!(other.kind(), OutcomeKind::Succeeded, "{} {}", other.reason(), other.log);
    assert_eq!(waited.kind(), OutcomeKind::Paused, "{} {}", waited.reason(), waited.log);
    assert!(waited.reason().contains("promotes this release"), "{}", waited.reason());
    assert_eq!(world.weights(), "100/0");
    assert!(world.state().contains("release release:2 v2 3/3"), "{}", world.state());
    let again = world.release(&gated(&world, GateAction::Rollback)).await;
    assert_eq!(again.kind(), OutcomeKind::NoChange, "{} {}", again.reason(), again.log);
}

#[tokio::test(start_paused = true)]
async fn a_person_takes_it_back_in_another_job() {
    let world = prepared().await;
    let (waited, other) = answered(&world, &gated(&world, GateAction::Promote), Goal::Abort).await;
    assert!(other.kind().is_good(), "{} {}", other.reason(), other.log);
    assert_eq!(waited.kind(), OutcomeKind::Superseded, "{} {}", waited.reason(), waited.log);
    assert_eq!(world.weights(), "100/0");
    assert!(world.state().contains("release release:1 v1 3/3"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn the_judge_goes_on_while_nobody_comes() {
    // The new version's group fails for one in six from the fiftieth minute on.
    let incident = Incident {
        after: 3000.0,
        lasts: 7200.0,
        error_share: 0.15,
        target_group: Some("targetgroup/canary/".to_owned()),
        ..Incident::default()
    };
    let plan = TrafficPlan { incidents: vec![incident], ..TrafficPlan::steady(20.0) };
    let world = busy(plan).await;
    world.fate(2, TaskFate::errors(0.001));
    let mut wanted = judged(&world, Goal::Release, 2, &judging());
    wanted.course.gate = Some(Gate { timeout: 90 * MINUTE, then: GateAction::Promote });
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.log.contains("waits for `ecs-canary promote` or `abort`"), "{}", told.log);
    assert!(told.ended.outcome.seconds > 1200.0, "{}", told.ended.outcome.seconds);
    assert_eq!(world.weights(), "100/0");
}
