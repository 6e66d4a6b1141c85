//! Services whose count Application Auto Scaling sets.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::kills::killed_at;
use crate::world::{Log, Told, World};
use ecs_canary::apply::resume_scaling;
use ecs_canary::model::{AfterFull, CountRule, Goal, OutcomeKind};
use ecs_canary::ports::{CancelHandle, Clock as _};
use ecs_sim::cloud::{EXAMPLE_CLUSTER, Fault, FaultKind, TaskFate};
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::time::Duration;

const BOTH: [&str; 2] = ["release", "canary-release"];

impl World {
    /// Somebody makes a service a scalable target.
    pub(crate) fn autoscaled(&self, service: &str, least: u32, most: u32) {
        self.target(service, &json!({ "MinCapacity": least, "MaxCapacity": most }));
    }

    fn target(&self, service: &str, members: &Value) {
        let mut body = json!({
            "ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": format!("service/{EXAMPLE_CLUSTER}/{service}"),
        });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.call("application-autoscaling", "RegisterScalableTarget", body);
    }

    /// A policy sets a count; whether it may.
    fn autoscale(&self, service: &str, desired: u32) -> bool {
        let now = self.clock.sim();
        let mut cloud = self.port.cloud.borrow_mut();
        cloud.advance(now);
        cloud.autoscale(now, &format!("service/{EXAMPLE_CLUSTER}/{service}"), desired)
    }

    /// `release scale-in on`, for each scalable target.
    pub(crate) fn scaling(&self) -> String {
        let body = json!({ "ServiceNamespace": "ecs" });
        let answer = self.call("application-autoscaling", "DescribeScalableTargets", body);
        let targets = crate::convert::list(&answer["ScalableTargets"]);
        let shown = targets.iter().map(|target| {
            let id = crate::convert::text(target, "ResourceId");
            let state = &target["SuspendedState"];
            let word = |member: &str| if state[member] == true { "suspended" } else { "on" };
            let mut text = format!(
                "{} scale-in {}",
                id.rsplit('/').next().unwrap(),
                word("DynamicScalingInSuspended")
            );
            for (member, name) in
                [("DynamicScalingOutSuspended", "out"), ("ScheduledScalingSuspended", "scheduled")]
            {
                if state[member] == true {
                    text.push_str(&format!(", {name} suspended"));
                }
            }
            text
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    fn notes(&self) -> [String; 2] {
        BOTH.map(|service| self.service_tag(service, "ecs-canary:scaling"))
    }
}

fn scaling_lines(told: &Told) -> String {
    let lines = told.log.lines().filter(|line| line.contains("scal"));
    lines.collect::<Vec<_>>().join("\n")
}

async fn prepared() -> World {
    let world = World::quick();
    world.released(1).await;
    for service in BOTH {
        world.autoscaled(service, 1, 9);
    }
    world
}

#[tokio::test(start_paused = true)]
async fn scale_in_is_suspended_while_a_release_holds_its_services_and_on_after_it() {
    let world = prepared().await;
    let wanted = world.wanted(Goal::Full, 2);
    let during = async {
        world.pass(Duration::from_secs(20)).await;
        world.scaling()
    };
    let (told, during) = tokio::join!(world.release(&wanted), during);
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(during, @"canary-release scale-in suspended; release scale-in suspended");
    assert_snapshot!(world.scaling(), @"canary-release scale-in on; release scale-in on");
    assert_eq!(world.notes(), ["1 scale-in on", "1 scale-in on"]);
    assert_snapshot!(scaling_lines(&told), @r"
    scaling  suspend scale-in of release (autoscaled 1 to 9) until the end
    scaling  suspend scale-in of canary-release (autoscaled 1 to 9) until the end
    scaling  scale-in of release is on again
    scaling  scale-in of canary-release is on again
    ");
}

#[tokio::test(start_paused = true)]
async fn what_was_suspended_before_stays_so_and_what_else_is_suspended_is_kept() {
    let world = prepared().await;
    world.target("release", &json!({ "SuspendedState": { "DynamicScalingInSuspended": true } }));
    let out = json!({ "DynamicScalingOutSuspended": true, "ScheduledScalingSuspended": true });
    world.target("canary-release", &json!({ "SuspendedState": out }));
    let before = world.scaling();
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.scaling(), before, "{}", told.log);
    assert_eq!(world.notes(), ["", "1 scale-in on"]);
}

#[tokio::test(start_paused = true)]
async fn a_declared_count_is_not_written_over_the_one_that_autoscaling_set() {
    let world = prepared().await;
    assert!(world.autoscale("canary-release", 4) && world.autoscale("release", 6));
    world.pass(Duration::from_secs(60)).await;
    for goal in [Goal::Canary, Goal::Full] {
        let told = world.release(&world.wanted(goal, 2)).await;
        assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        assert!(
            told.log.contains(
                "canary-release is autoscaled 1 to 9: its 4 tasks are left alone, 1 declared"
            ),
            "{}",
            told.log
        );
    }
    assert_eq!([world.row("canary-release").desired, world.row("release").desired], [4, 6]);
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!([world.row("canary-release").desired, world.row("release").desired], [4, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_canary_without_tasks_comes_up_with_its_declared_count() {
    let world = prepared().await;
    let mut wanted = world.wanted(Goal::Full, 2);
    wanted.after_full = AfterFull::Zero;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.row("canary-release").desired, 0);
    let mut wanted = world.wanted(Goal::Canary, 3);
    wanted.canary.as_mut().unwrap().count = CountRule::Always(2);
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.row("canary-release").desired, 2);
}

#[tokio::test(start_paused = true)]
async fn capacity_for_a_share_is_raised_and_left_to_autoscaling_afterwards() {
    let world = World::weighted();
    world.released(1).await;
    let told = world.release(&world.stepped(Goal::Release, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    for service in BOTH {
        world.autoscaled(service, 1, 9);
    }
    assert!(world.autoscale("release", 6));
    world.pass(Duration::from_secs(60)).await;
    let wanted = world.stepped(Goal::Release, 3);
    let busy = async {
        world.pass(Duration::from_secs(90)).await;
        (world.autoscale("release", 2), world.autoscale("canary-release", 5))
    };
    let (told, busy) = tokio::join!(world.release(&wanted), busy);
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(busy, (false, true), "scale-in must wait, scale-out need not");
    assert_eq!([world.row("canary-release").desired, world.row("release").desired], [5, 6]);
    assert_snapshot!(world.scaling(), @"canary-release scale-in on; release scale-in on");
    assert!(world.autoscale("canary-release", 1), "what was raised is autoscaling's to lower");
}

#[tokio::test(start_paused = true)]
async fn every_end_resumes_scale_in() {
    let failing = prepared().await;
    failing.fate(2, TaskFate::crash_at_start(1));
    let told = failing.release(&failing.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{}", told.log);
    assert!(!failing.scaling().contains("suspended"), "{}", told.log);

    let unwinding = prepared().await;
    unwinding.fate(2, TaskFate::crash_at_start(1));
    let told = unwinding.release(&unwinding.wanted(Goal::Release, 2)).await;
    assert!(!told.kind().is_good(), "{}", told.log);
    assert!(told.log.contains("the canary is taken back"), "{}", told.log);
    assert!(!unwinding.scaling().contains("suspended"), "{}", told.log);

    let cancelled = prepared().await;
    let (handle, cancel) = CancelHandle::new();
    let wanted = cancelled.wanted(Goal::Full, 2);
    let person = async {
        cancelled.pass(Duration::from_secs(20)).await;
        assert!(cancelled.scaling().contains("suspended"));
        handle.raise();
    };
    let (told, ()) = tokio::join!(cancelled.release_until(&wanted, &cancel), person);
    assert_eq!(told.kind(), OutcomeKind::Cancelled, "{}", told.log);
    assert!(!cancelled.scaling().contains("suspended"), "{}", told.log);
    assert_eq!(cancelled.notes(), ["1 scale-in on", "1 scale-in on"]);
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_cannot_look_still_resumes_scale_in() {
    let world = World::weighted();
    world.released(1).await;
    world.autoscaled("release", 1, 9);
    let mut wanted = world.stepped(Goal::Release, 2);
    wanted.deadline = world.clock.now().after(Duration::from_secs(600));
    world.fault(Fault::always("DescribeServices", FaultKind::Close { applied: false }).after(5));
    let told = world.release(&wanted).await;
    assert!(told.log.contains("the canary is taken back"), "{}", told.log);
    assert!(told.reason().contains("could not be taken back"), "{}", told.reason());
    assert!(!world.scaling().contains("suspended"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_resumes_what_a_dead_release_suspended() {
    let world = prepared().await;
    world.released(2).await;
    killed_at(&world, &world.wanted(Goal::Full, 3), Duration::from_secs(20)).await;
    assert!(world.scaling().contains("suspended"));
    let told = world.release(&world.rollback()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert!(!world.scaling().contains("suspended"), "{}", told.log);
    assert_eq!(world.notes(), ["1 scale-in on", "1 scale-in on"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_job_leaves_by_its_policy_goes_on_with_scale_in() {
    let world = prepared().await;
    let wanted = world.wanted(Goal::Full, 2);
    killed_at(&world, &wanted, Duration::from_secs(20)).await;
    let changes = world.changes().len();
    resume_scaling(&world.port, &world.clock, &Log::default(), &wanted).await;
    assert!(!world.scaling().contains("suspended"));
    assert_eq!(
        world.changes()[changes..],
        ["RegisterScalableTarget", "TagResource", "RegisterScalableTarget", "TagResource"]
    );
}

#[tokio::test(start_paused = true)]
async fn while_another_release_holds_the_services_nothing_is_resumed() {
    let world = prepared().await;
    killed_at(&world, &world.wanted(Goal::Full, 2), Duration::from_secs(20)).await;
    let told = world.release(&world.wanted(Goal::Full, 3)).await;
    assert_eq!(told.kind(), OutcomeKind::Refused, "{}", told.log);
    assert!(world.scaling().contains("suspended"), "it may be alive: {}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_scheduled_run_says_what_it_resumed() {
    let world = prepared().await;
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    // Killed after its lease was free: all that is left is the suspended scale-in.
    world.target("release", &json!({ "SuspendedState": { "DynamicScalingInSuspended": true } }));
    let note = "1 scale-in suspended since 2026-11-23T20:00:00Z of 7/8";
    world.set_service_tag("release", "ecs-canary:scaling", note);
    let told = world.release(&world.wanted(Goal::Reap, 9)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_snapshot!(told.reason(), @"scale-in of release is on again");
    assert!(!world.scaling().contains("suspended"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_look_at_autoscaling_is_made_again() {
    let world = prepared().await;
    assert!(world.autoscale("canary-release", 4));
    world.pass(Duration::from_secs(60)).await;
    world.fault(Fault::times("DescribeScalableTargets", 1, FaultKind::Throttle));
    let told = world.release(&world.wanted(Goal::Canary, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.row("canary-release").desired, 4, "{}", told.log);
    assert!(told.log.contains("suspend scale-in of canary-release"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_note_that_cannot_be_closed_is_not_told_as_suspended() {
    let world = prepared().await;
    let (handle, cancel) = CancelHandle::new();
    let wanted = world.wanted(Goal::Full, 2);
    let person = async {
        world.pass(Duration::from_secs(20)).await;
        world.deny("TagResource");
        handle.raise();
    };
    let (told, ()) = tokio::join!(world.release_until(&wanted, &cancel), person);
    assert!(!world.scaling().contains("suspended"), "{}", told.log);
    let text = "scale-in of release is on again, but its note could not be closed";
    assert!(told.log.contains(text), "{}", told.log);
    assert!(!told.log.contains("stays suspended"), "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_denied_right_is_said_once_and_fails_nothing() {
    for action in ["DescribeScalableTargets", "RegisterScalableTarget"] {
        for kind in [FaultKind::Deny, FaultKind::NoAnswer { applied: false }] {
            let world = prepared().await;
            world.fault(Fault::always(action, kind));
            let told = world.release(&world.wanted(Goal::Full, 2)).await;
            assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
        }
    }
    let world = prepared().await;
    world.deny("DescribeScalableTargets");
    let before = world.calls("DescribeScalableTargets");
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.log.matches("could not tell whether autoscaling").count(), 1, "{}", told.log);
    let asked = world.calls("DescribeScalableTargets") - before;
    assert_eq!(asked, 1, "it is not asked for again");
    assert_eq!(world.calls("RegisterScalableTarget"), 2, "those of the preparation");

    let world = prepared().await;
    world.deny("RegisterScalableTarget");
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_snapshot!(scaling_lines(&told), @r"
    scaling  scale-in of release stays on: ecs:RegisterScalableTarget: access denied (AccessDeniedException): User: arn:aws:iam::111122223333:user/deployer is not authorized to perform: applicat…
    scaling  scale-in of canary-release stays on: ecs:RegisterScalableTarget: access denied (AccessDeniedException): User: arn:aws:iam::111122223333:user/deployer is not authorized to perform: a…
    ");
    assert_eq!(world.notes(), ["1 scale-in on", "1 scale-in on"], "{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_tag_nothing_is_suspended() {
    let world = prepared().await;
    world.deny("TagResource");
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.calls("RegisterScalableTarget"), 2, "those of the preparation");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_no_scalable_target_is_asked_for_once() {
    let world = World::quick();
    world.released(1).await;
    let before = world.calls("DescribeScalableTargets");
    let told = world.release(&world.wanted(Goal::Full, 2)).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.calls("DescribeScalableTargets") - before, 1);
    assert_eq!(world.notes(), ["", ""]);
}

#[tokio::test(start_paused = true)]
async fn scale_does_what_a_person_asks_for_and_says_that_autoscaling_may_undo_it() {
    let world = prepared().await;
    let mut wanted = world.wanted(Goal::Scale, 1);
    wanted.full.as_mut().unwrap().count = CountRule::Always(2);
    wanted.canary = None;
    let told = world.release(&wanted).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{}", told.log);
    assert_eq!(world.row("release").desired, 2);
    assert!(told.log.contains("autoscaling may change a count of 2 again"), "{}", told.log);
}
