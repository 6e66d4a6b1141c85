//! Other releases, other people, and jobs that died.

use super::{Job, alone};
use crate::kills::killed_at;
use crate::leases::dead_release;
use crate::transcript::Transcript;
use crate::world::World;
use ecs_canary::model::OutcomeKind::{NoChange, Refused, Succeeded, Superseded};
use ecs_canary::model::{Goal, QueueRule};
use std::time::Duration;

const LEASE: &str = "ecs-canary:lease";
const THEIRS: &str = "1 until 2030-01-01T00:00:00Z of 77/abc by 5 other job";

async fn running() -> World {
    let world = World::new();
    world.released(1).await;
    world
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test(start_paused = true)]
async fn two_releases_at_the_same_time() {
    for (queue, kind, name) in
        [(QueueRule::Refuse, Refused, "lease/held"), (QueueRule::Wait, Succeeded, "lease/waited")]
    {
        let world = running().await;
        let first = world.wanted(Goal::Full, 2);
        let second = async {
            world.pass(seconds(5)).await;
            let mut wanted = world.wanted(Goal::Full, 3);
            wanted.course.queue = queue;
            world.release(&wanted).await
        };
        let (first, second) = tokio::join!(world.release(&first), second);
        assert_eq!((first.kind(), second.kind()), (Succeeded, kind), "{}", second.log);
        let mut text = Transcript::new("Version 2 is being released by another job.");
        let wait = if queue == QueueRule::Wait { " --wait" } else { "" };
        text.job(&format!("deploy full{wait}"), &second);
        text.standing(&world);
        text.is(name);
    }
}

#[tokio::test(start_paused = true)]
async fn waited_in_vain() {
    let world = running().await;
    world.set_service_tag("release", LEASE, THEIRS);
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.course.queue = QueueRule::Wait;
    wanted.deadline = wanted.deadline.before(seconds(3000));
    let what = ("The other job takes longer than this one may.", "lease/waited-in-vain");
    alone(&world, &wanted, Job("deploy full --wait", Refused), what).await;
}

#[tokio::test(start_paused = true)]
async fn taken_over_after_a_kill() {
    let world = running().await;
    dead_release(&world).await;
    let mut text = Transcript::new("The host of version 2's job died; version 3 comes.");
    let wanted = world.wanted(Goal::Full, 3);
    Job("deploy full", Refused).runs(&mut text, &world, &wanted).await;
    world.pass(seconds(300)).await;
    text.meanwhile("five minutes pass, and the dead job's lease ends");
    Job("deploy full", Succeeded).runs(&mut text, &world, &wanted).await;
    text.standing(&world);
    text.is("lease/taken-over");
}

#[tokio::test(start_paused = true)]
async fn resumed_after_a_kill() {
    let world = running().await;
    let wanted = world.wanted(Goal::Full, 2);
    killed_at(&world, &wanted, seconds(20)).await;
    let what = ("The host died; GitLab runs the same job again.", "lease/resumed");
    alone(&world, &wanted, Job("deploy full", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_job_takes_back_what_a_dead_one_left() {
    let world = World::weighted();
    world.released(1).await;
    let reap = world.stepped(Goal::Reap, 0);
    let mut text = Transcript::new("A scheduled pipeline looks for what dead jobs left.");
    Job("gc --releases", NoChange).runs(&mut text, &world, &reap).await;
    let wanted = world.stepped(Goal::Release, 2);
    killed_at(&world, &wanted, seconds(45)).await;
    text.meanwhile("the host of a release dies at a share");
    text.standing(&world);
    Job("gc --releases", NoChange).runs(&mut text, &world, &reap).await;
    world.pass(seconds(300)).await;
    text.meanwhile("five minutes pass");
    Job("gc --releases", Succeeded).runs(&mut text, &world, &reap).await;
    text.standing(&world);
    text.is("lease/gc");
}

#[tokio::test(start_paused = true)]
async fn somebody_takes_the_lease_away() {
    let world = running().await;
    let wanted = world.wanted(Goal::Release, 2);
    let thief = async {
        world.pass(seconds(200)).await;
        world.set_service_tag("release", LEASE, THEIRS);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), thief);
    assert_eq!(told.kind(), Superseded, "{}", told.log);
    let mut text = Transcript::new("Another job takes the service over.");
    text.job("release", &told);
    text.standing(&world);
    text.is("lease/lost");
}

#[tokio::test(start_paused = true)]
async fn a_rollback_comes_in_between() {
    let world = running().await;
    let person = async {
        world.pass(seconds(12)).await;
        world.release(&world.rollback()).await
    };
    let wanted = world.wanted(Goal::Full, 2);
    let (first, back) = tokio::join!(world.release(&wanted), person);
    assert_eq!(back.kind(), Succeeded, "{}", back.log);
    let mut text = Transcript::new("A person rolls back while version 2 is being released.");
    text.job("deploy full", &first);
    text.meanwhile("the person's own log:");
    text.job("rollback", &back);
    text.standing(&world);
    text.is("lease/rolled-back-by-somebody");
}

#[tokio::test(start_paused = true)]
async fn a_colleague_deploys_in_the_console() {
    let world = running().await;
    let wanted = world.wanted(Goal::Full, 2);
    let colleague = async {
        world.pass(seconds(12)).await;
        world.colleague(9);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_eq!(told.kind(), Superseded, "{}", told.log);
    let mut text = Transcript::new("A colleague deploys while we wait.");
    text.job("deploy full", &told);
    text.standing(&world);
    text.is("lease/superseded");
}

#[tokio::test(start_paused = true)]
async fn a_colleagues_deployment_is_under_way_already() {
    let world = running().await;
    world.colleague(9);
    let wanted = world.wanted(Goal::Full, 2);
    let what = ("A colleague's deployment is under way.", "lease/colleague-deploys");
    alone(&world, &wanted, Job("deploy full", Refused), what).await;
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_tag() {
    let world = running().await;
    world.deny("TagResource");
    let wanted = world.wanted(Goal::Full, 2);
    let what = ("The job may not write tags.", "lease/no-tags");
    alone(&world, &wanted, Job("deploy full", Succeeded), what).await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_of_another_format() {
    let world = running().await;
    world.set_service_tag("release", LEASE, "2 something new");
    let wanted = world.wanted(Goal::Full, 2);
    let what = ("A newer version of the program wrote the lease.", "lease/unreadable");
    alone(&world, &wanted, Job("deploy full", Refused), what).await;
}
