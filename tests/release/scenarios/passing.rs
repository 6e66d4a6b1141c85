//! Trouble that passes by: the release goes well, and its log stays calm.

use super::{Job, alone};
use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::Goal;
use ecs_canary::model::OutcomeKind::Succeeded;
use ecs_sim::cloud::{Fault, FaultKind, ScenarioTarget, scenario};
use std::time::Duration;

async fn running() -> World {
    let world = World::new();
    world.released(1).await;
    world
}

/// How often the log speaks of it.
fn times(log: &str, words: &str) -> usize {
    log.lines().filter(|line| line.contains(words)).count()
}

#[tokio::test(start_paused = true)]
async fn aws_throttles_a_third_of_all_calls() {
    let world = running().await;
    let script = scenario("throttled", &ScenarioTarget::default()).unwrap();
    world.port.cloud.borrow_mut().run_script(script);
    let what = (
        "AWS throttles every third call, and the first three tries of the update.",
        "passing/throttled-calls",
    );
    let wanted = world.wanted(Goal::Full, 2);
    alone(&world, &wanted, Job("deploy full", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn aws_throttles_every_look_for_some_minutes() {
    let world = running().await;
    let wanted = world.wanted(Goal::Full, 2);
    let trouble = async {
        world.pass(Duration::from_secs(12)).await;
        world.fault(Fault::always("Describe*", FaultKind::Throttle));
        world.pass(Duration::from_secs(240)).await;
        world.heal_for_colleague();
    };
    let (told, ()) = tokio::join!(world.release(&wanted), trouble);
    assert_eq!(told.kind(), Succeeded, "{}", told.log);
    assert_eq!(times(&told.log, "hrottl"), 1, "once, not for each try\n{}", told.log);
    let mut text = Transcript::new("AWS throttles every look for four minutes.");
    text.job("deploy full", &told);
    text.standing(&world);
    text.is("passing/throttled-looks");
}
