//! Two services without a listener rule.

use super::{Job, alone};
use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::OutcomeKind::{NoChange, Refused, Succeeded};
use ecs_canary::model::{AfterFull, CountRule, Goal, Wanted};
use std::time::Duration;

async fn running() -> World {
    let world = World::new();
    world.released(1).await;
    world
}

#[tokio::test(start_paused = true)]
async fn the_first_release_in_two_jobs() {
    let world = World::new();
    let mut text = Transcript::new("There is no service yet.");
    let canary = world.wanted(Goal::Canary, 1);
    Job("deploy canary", Succeeded).runs(&mut text, &world, &canary).await;
    let full = world.wanted(Goal::Full, 1);
    Job("deploy full", Succeeded).runs(&mut text, &world, &full).await;
    text.standing(&world);
    text.is("twin/first");
}

#[tokio::test(start_paused = true)]
async fn a_canary_and_then_the_full_service() {
    let world = running().await;
    let mut text = Transcript::new("Version 1 runs, version 2 comes in two jobs.");
    let canary = world.wanted(Goal::Canary, 2);
    Job("deploy canary", Succeeded).runs(&mut text, &world, &canary).await;
    text.standing(&world);
    let full = world.wanted(Goal::Full, 2);
    Job("deploy full", Succeeded).runs(&mut text, &world, &full).await;
    text.standing(&world);
    Job("deploy full", NoChange).runs(&mut text, &world, &full).await;
    text.is("twin/canary-and-full");
}

#[tokio::test(start_paused = true)]
async fn a_release_in_one_job() {
    let world = running().await;
    let mut wanted = world.wanted(Goal::Release, 2);
    wanted.course.hold = Duration::from_secs(300);
    let what = ("Canary, five minutes, full service: all in one job.", "twin/release");
    alone(&world, &wanted, Job("release", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_is_promoted() {
    let world = running().await;
    let mut text = Transcript::new("First there is no canary of this release, then there is.");
    let promote = world.wanted(Goal::Promote, 2);
    Job("promote", Refused).runs(&mut text, &world, &promote).await;
    world.release(&world.wanted(Goal::Canary, 2)).await;
    text.meanwhile("the canary is deployed");
    Job("promote", Succeeded).runs(&mut text, &world, &promote).await;
    text.standing(&world);
    text.is("twin/promote");
}

#[tokio::test(start_paused = true)]
async fn a_canary_is_taken_back() {
    let world = running().await;
    world.release(&world.wanted(Goal::Canary, 2)).await;
    let mut text = Transcript::new("The canary runs version 2, and a person does not like it.");
    let abort = world.wanted(Goal::Abort, 2);
    Job("abort", Succeeded).runs(&mut text, &world, &abort).await;
    text.standing(&world);
    Job("abort", NoChange).runs(&mut text, &world, &abort).await;
    text.is("twin/abort");
}

#[tokio::test(start_paused = true)]
async fn the_canary_service_is_removed_afterwards() {
    let world = running().await;
    let wanted = Wanted { after_full: AfterFull::Remove, ..world.wanted(Goal::Full, 2) };
    let what = ("`after_full: remove` in the release file.", "twin/canary-removed");
    alone(&world, &wanted, Job("deploy full", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn counts_are_changed() {
    let world = running().await;
    let mut wanted = world.wanted(Goal::Scale, 1);
    for (service, count) in wanted.full.iter_mut().zip([5]) {
        service.count = CountRule::Always(count);
    }
    let what = ("Three tasks become five.", "twin/scale");
    alone(&world, &wanted, Job("scale full=5", Succeeded), what).await;
}
