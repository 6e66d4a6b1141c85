//! Waiting for a person before the full service.

use super::{Job, alone};
use crate::gates::{answered, gated};
use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::OutcomeKind::{CanaryUndecided, Paused};
use ecs_canary::model::{GateAction, Goal};

async fn running() -> World {
    let world = World::weighted();
    world.released(1).await;
    world
}

#[tokio::test(start_paused = true)]
async fn nobody_comes() {
    for (then, kind, name) in [
        (GateAction::Rollback, CanaryUndecided, "gate/nobody-came-taken-back"),
        (GateAction::Hold, Paused, "gate/nobody-came-left"),
    ] {
        let world = running().await;
        let wanted = gated(&world, then);
        let what = ("A gate of ten minutes, and nobody promotes.", name);
        alone(&world, &wanted, Job("release", kind), what).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_answers_in_another_job() {
    for (goal, command, name) in
        [(Goal::Promote, "promote", "gate/promoted"), (Goal::Abort, "abort", "gate/aborted")]
    {
        let world = running().await;
        let wanted = gated(&world, GateAction::Rollback);
        let (waited, other) = answered(&world, &wanted, goal).await;
        let mut text = Transcript::new("A person answers in another job of the pipeline.");
        text.job("release", &waited);
        text.meanwhile("that job's own log:");
        text.job(command, &other);
        text.standing(&world);
        text.is(name);
    }
}
