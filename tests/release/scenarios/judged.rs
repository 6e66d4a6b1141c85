//! What the judge says of the canary's requests.

use super::Job;
use crate::judged::{busy, falls_silent, judging, released, wanted};
use crate::transcript::Transcript;
use crate::world::{Told, World};
use ecs_canary::model::OutcomeKind::{self, CanaryFailed, CanaryUndecided, Frozen, Succeeded};
use ecs_canary::model::{Goal, Judging, OnFail, OnUndecided};
use ecs_sim::cloud::{TaskFate, TrafficPlan};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn with_errors(share: f64) -> World {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(share));
    world
}

fn written(world: &World, told: &Told, kind: OutcomeKind, (what, name): (&str, &str)) {
    assert_eq!(told.kind(), kind, "{}\n{}", told.reason(), told.log);
    let mut text = Transcript::new(what);
    text.job("release", told);
    text.standing(world);
    text.is(name);
}

#[tokio::test(start_paused = true)]
async fn as_good_as_the_old_version() {
    let world = with_errors(0.001).await;
    let told = released(&world, &judging()).await;
    let what = ("Ten requests per second, and one error in a thousand on both.", "judge/healthy");
    written(&world, &told, Succeeded, what);
}

#[tokio::test(start_paused = true)]
async fn worse_and_not_tried_again() {
    let world = with_errors(0.08).await;
    let mut text = Transcript::new("The new version answers 8 % of its requests with an error.");
    let release = wanted(&world, Goal::Release, 2, &judging());
    Job("release", CanaryFailed).runs(&mut text, &world, &release).await;
    text.standing(&world);
    Job("release", CanaryFailed).runs(&mut text, &world, &release).await;
    text.is("judge/worse");
}

#[tokio::test(start_paused = true)]
async fn worse_and_left_as_it_is() {
    let world = with_errors(0.08).await;
    let frozen = Judging { fail: OnFail::Freeze, ..judging() };
    let release = wanted(&world, Goal::Release, 2, &frozen);
    let mut text = Transcript::new("The same with `judge: {fail: freeze}`.");
    Job("release", Frozen).runs(&mut text, &world, &release).await;
    text.standing(&world);
    Job("release", Frozen).runs(&mut text, &world, &release).await;
    text.is("judge/frozen");
}

#[tokio::test(start_paused = true)]
async fn monitoring_that_does_not_answer() {
    for (undecided, kind, name) in [
        (OnUndecided::Hold, CanaryUndecided, "judge/no-data-held"),
        (OnUndecided::Rollback, CanaryUndecided, "judge/no-data-taken-back"),
        (OnUndecided::Promote, Succeeded, "judge/no-data-promoted"),
    ] {
        let (world, told) = falls_silent(&Judging { undecided, ..judging() }).await;
        written(&world, &told, kind, ("CloudWatch answers nothing but errors.", name));
    }
}

#[tokio::test(start_paused = true)]
async fn too_few_requests_for_a_verdict() {
    for (undecided, name) in [
        (OnUndecided::Hold, "judge/undecided-held"),
        (OnUndecided::Rollback, "judge/undecided-taken-back"),
    ] {
        let world = busy(TrafficPlan::steady(0.05)).await;
        let told = released(&world, &Judging { undecided, ..judging() }).await;
        written(&world, &told, CanaryUndecided, ("Three requests a minute.", name));
    }
}

#[tokio::test(start_paused = true)]
async fn an_alarm_goes_off() {
    let world = with_errors(0.001).await;
    world.alarm("queue", false);
    let policy = Judging { alarms: vec!["queue".to_owned()], ..judging() };
    let alarm = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.pass(3 * MINUTE).await;
        world.alarm("queue", true);
    };
    let (told, ()) = tokio::join!(released(&world, &policy), alarm);
    written(&world, &told, CanaryFailed, ("The alarm named in `judge.alarms`.", "judge/alarm"));
}

#[tokio::test(start_paused = true)]
async fn the_judge_may_not_read() {
    let world = with_errors(0.001).await;
    world.deny("GetMetricData");
    let told = released(&world, &judging()).await;
    written(&world, &told, OutcomeKind::Denied, ("No right to read CloudWatch.", "judge/denied"));
}

#[tokio::test(start_paused = true)]
async fn a_person_promotes_a_bad_canary() {
    let world = with_errors(0.08).await;
    let mut text = Transcript::new("The canary's job ends green; promote looks at its requests.");
    let canary = wanted(&world, Goal::Canary, 2, &judging());
    Job("deploy canary", Succeeded).runs(&mut text, &world, &canary).await;
    world.pass(20 * MINUTE).await;
    text.meanwhile("20 minutes pass");
    let promote = wanted(&world, Goal::Promote, 2, &judging());
    Job("promote", CanaryFailed).runs(&mut text, &world, &promote).await;
    text.standing(&world);
    text.is("judge/promote-worse");
}
