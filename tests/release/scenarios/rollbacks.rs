//! Going back.

use super::{Job, alone};
use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::OutcomeKind::{Refused, Succeeded};
use ecs_canary::model::{Goal, RollbackTo};
use std::time::Duration;

async fn two_releases() -> World {
    let world = World::new();
    world.released(1).await;
    world.released(2).await;
    world
}

#[tokio::test(start_paused = true)]
async fn to_the_last_good_release_and_no_further() {
    let world = two_releases().await;
    let mut text = Transcript::new("Version 2 is bad; before version 1 there was nothing.");
    Job("rollback", Succeeded).runs(&mut text, &world, &world.rollback()).await;
    text.standing(&world);
    let mut again = world.rollback();
    again.identity.job = Some(7);
    Job("rollback", Refused).runs(&mut text, &world, &again).await;
    text.is("rollback/last-good");
}

#[tokio::test(start_paused = true)]
async fn while_a_deployment_is_under_way() {
    let world = two_releases().await;
    world.colleague(3);
    world.pass(Duration::from_secs(15)).await;
    let what = ("A colleague's deployment is under way.", "rollback/under-way");
    alone(&world, &world.rollback(), Job("rollback", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_stop_a_deployment() {
    let world = two_releases().await;
    world.deny("StopServiceDeployment");
    world.colleague(3);
    world.pass(Duration::from_secs(15)).await;
    let what = ("The same without the right to stop it.", "rollback/may-not-stop");
    alone(&world, &world.rollback(), Job("rollback", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn to_a_revision_that_does_not_exist() {
    let world = two_releases().await;
    let mut text = Transcript::new("A mistyped revision, then a commit.");
    let to = |to: RollbackTo| world.wanted(Goal::Rollback(to), 0);
    let nine = to(RollbackTo::Revision("release:9".to_owned()));
    Job("rollback --to release:9", Refused).runs(&mut text, &world, &nine).await;
    let one = to(RollbackTo::Commit(format!("{:0>40}", 1)));
    Job("rollback --to 0000000000000000000000000000000000000001", Succeeded)
        .runs(&mut text, &world, &one)
        .await;
    text.standing(&world);
    text.is("rollback/to");
}

#[tokio::test(start_paused = true)]
async fn by_gitlabs_rollback_button() {
    let world = two_releases().await;
    let wanted = world.wanted(Goal::Full, 1);
    let what = ("GitLab's Rollback button runs version 1's job again.", "rollback/gitlab-button");
    alone(&world, &wanted, Job("deploy full", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn by_gitlabs_rollback_button_on_a_promotion() {
    let world = two_releases().await;
    let wanted = world.wanted(Goal::Promote, 1);
    let what = ("The job that is run again was a promotion.", "rollback/gitlab-button-promote");
    alone(&world, &wanted, Job("promote", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn an_older_commit_that_was_never_released() {
    let world = World::new();
    world.released(2).await;
    let wanted = world.wanted(Goal::Full, 1);
    let what = ("An old pipeline's job, whose commit never ran here.", "rollback/older-commit");
    alone(&world, &wanted, Job("deploy full", Refused), what).await;
}

#[tokio::test(start_paused = true)]
async fn what_ran_before_is_deregistered() {
    let world = two_releases().await;
    let body = serde_json::json!({ "taskDefinition": "release:1" });
    world.port.now("DeregisterTaskDefinition", body);
    let what = ("Somebody deregistered the only earlier revision.", "rollback/deregistered");
    alone(&world, &world.rollback(), Job("rollback", Refused), what).await;
}
