//! ECS's own strategies: stages, pauses that we answer, and every way back. Transcripts are in
//! `tests/scenarios/native`.

use crate::transcript::Transcript;
use crate::world::{Told, World};
use ecs_canary::model::{
    Goal, NativeStrategy, NativeTraffic, OnCancel, OutcomeKind, PauseStage, Refusal, TrafficShare,
    Wanted,
};
use ecs_canary::ports::CancelHandle;
use ecs_sim::cloud::{Fault, FaultKind, Switches, TaskFate};
use insta::assert_snapshot;
use serde_json::json;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

async fn ends(world: &World, wanted: &Wanted, kind: OutcomeKind) -> Told {
    let told = world.release(wanted).await;
    assert_eq!(told.kind(), kind, "{}\n{}", told.reason(), told.log);
    told
}

/// Version 2 waits at its gate.
async fn at_gate() -> (World, Told) {
    let world = World::native().await;
    let told = ends(&world, &world.native_wish(Goal::Canary, 2), OutcomeKind::Paused).await;
    (world, told)
}

fn by(strategy: NativeStrategy) -> impl FnOnce(&mut NativeTraffic) {
    move |native| native.strategy = strategy
}

fn per_cent(share: u32) -> TrafficShare {
    TrafficShare::from_tenths(share * 10)
}

#[tokio::test(start_paused = true)]
async fn a_release_answers_each_pause_and_holds_the_share() {
    let world = World::native().await;
    let told = ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("A canary of 10 %, held for two minutes, then all requests.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/release");
    assert_eq!(
        world.request("UpdateService")["deploymentConfiguration"],
        json!({
            "maximumPercent": 200, "minimumHealthyPercent": 100,
            "strategy": "CANARY", "bakeTimeInMinutes": 1,
            "canaryConfiguration": { "canaryPercent": 10, "canaryBakeTimeInMinutes": 0 },
            "lifecycleHooks": [{
                "targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
                "timeoutConfiguration": { "timeoutInMinutes": 30, "action": "ROLLBACK" },
            }],
        })
    );
    assert_eq!(world.calls("ContinueServiceDeployment"), 2);
    assert_eq!(world.calls("ModifyRule"), 1, "ECS moves the weights, not we");
    ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::NoChange).await;
}

#[tokio::test(start_paused = true)]
async fn a_canary_ends_green_at_its_pause_and_a_promotion_goes_on() {
    let (world, canary) = at_gate().await;
    let mut text = Transcript::new("Two jobs: the canary waits at 10 %, a person promotes it.");
    text.job("deploy canary", &canary);
    text.now(&world);
    let again = ends(&world, &world.native_wish(Goal::Canary, 2), OutcomeKind::Paused).await;
    assert_eq!(again.ended.outcome.deployment, canary.ended.outcome.deployment);
    assert!(again.ended.outcome.deployment.is_some());
    world.pass(20 * MINUTE).await;
    text.meanwhile("20 minutes pass");
    let from = world.clock_seconds();
    let told = ends(&world, &world.native_wish(Goal::Promote, 2), OutcomeKind::Succeeded).await;
    assert!(world.clock_seconds() - from < 120, "nothing is held that a person looked at");
    text.job("promote", &told);
    text.now(&world);
    text.is("native/canary-and-promote");
    assert_eq!(world.calls("UpdateService"), 1);
}

#[tokio::test(start_paused = true)]
async fn linear_goes_by_equal_steps_and_each_is_held() {
    let world = World::native().await;
    let linear = NativeStrategy::Linear(per_cent(40));
    let wanted = world.native_by(Goal::Release, 2, by(linear));
    let told = ends(&world, &wanted, OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("LINEAR by 40 %: 40, 80, and then all.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/linear");
    assert_eq!(world.calls("ContinueServiceDeployment"), 3);
    let wanted = world.native_by(Goal::Canary, 3, by(linear));
    ends(&world, &wanted, OutcomeKind::Paused).await;
    assert_eq!(world.weights(), "40/60", "the groups swapped: the new one has 40");
    let wanted = world.native_by(Goal::Promote, 3, by(linear));
    let from = world.clock_seconds();
    ends(&world, &wanted, OutcomeKind::Succeeded).await;
    assert!(world.clock_seconds() - from > 120, "the step after the gate is held");
}

#[tokio::test(start_paused = true)]
async fn blue_green_waits_before_all_requests() {
    let world = World::native().await;
    let strategy = by(NativeStrategy::BlueGreen);
    let wanted = world.native_by(Goal::Canary, 2, strategy);
    let canary = ends(&world, &wanted, OutcomeKind::Paused).await;
    assert_eq!(world.weights(), "100/0");
    let mut text = Transcript::new("BLUE_GREEN: the new tasks run and wait for a person.");
    text.job("deploy canary", &canary);
    let wanted = world.native_by(Goal::Promote, 2, by(NativeStrategy::BlueGreen));
    let told = ends(&world, &wanted, OutcomeKind::Succeeded).await;
    text.job("promote", &told);
    text.now(&world);
    text.is("native/blue-green");
}

#[tokio::test(start_paused = true)]
async fn every_stage_may_pause_and_only_shares_are_held() {
    for stage in PauseStage::ALL {
        let world = World::native().await;
        let only = |native: &mut NativeTraffic| native.pauses.value = vec![stage];
        let wanted = world.native_by(Goal::Release, 2, only);
        let told = ends(&world, &wanted, OutcomeKind::Succeeded).await;
        let answers = world.calls("ContinueServiceDeployment");
        let twice = stage == PauseStage::PreProductionTrafficShift;
        assert_eq!(answers, if twice { 2 } else { 1 }, "{stage}\n{}", told.log);
        let has_share = twice || stage == PauseStage::PostProductionTrafficShift;
        assert_eq!(told.log.contains("> hold"), has_share, "{stage}\n{}", told.log);
        let end = "release release:2 v2 3/3 COMPLETED; weights 0/100; SUCCESSFUL";
        assert_eq!(world.native_state(), end, "{stage}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_ecs_does_not_name_is_answered_all_the_same() {
    // ECS's list of stages in its answers lacks the one before the traffic.
    let hidden = Switches { pre_production_stage_is_shown: false, ..Switches::default() };
    let world = World::native_with(hidden).await;
    ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Succeeded).await;
    let canary = ends(&world, &world.native_wish(Goal::Canary, 3), OutcomeKind::Paused).await;
    assert_snapshot!(canary.reason().split("; at ").next().unwrap_or(""), @"release waits at PRODUCTION_TRAFFIC_SHIFT, 10 % of the requests");
}

#[tokio::test(start_paused = true)]
async fn an_old_promotion_run_again_goes_straight_back() {
    let world = World::native().await;
    ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Succeeded).await;
    let told = ends(&world, &world.native_wish(Goal::Promote, 1), OutcomeKind::Succeeded).await;
    assert!(!told.log.contains("hold"), "no share is tried out: {}", told.log);
    assert!(world.state().contains("v1 3/3"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn an_abort_stops_the_deployment_at_its_pause() {
    let (world, canary) = at_gate().await;
    let told = ends(&world, &world.native_wish(Goal::Abort, 2), OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("The canary waits at 10 %, and a person takes it back.");
    text.job("deploy canary", &canary);
    text.job("abort", &told);
    text.now(&world);
    text.is("native/abort");
    ends(&world, &world.native_wish(Goal::Abort, 2), OutcomeKind::NoChange).await;
    let told = ends(&world, &world.native_wish(Goal::Promote, 2), OutcomeKind::Refused).await;
    assert_snapshot!(told.reason(), @"the deployment of this release on release is over, ROLLBACK_SUCCESSFUL: Service deployment rolled back because of a StopServiceDeployment call: nothing to promote");
    ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Succeeded).await;
}

#[tokio::test(start_paused = true)]
async fn an_abort_in_any_state_brings_all_requests_back() {
    for seconds in [1, 3, 6, 10, 15, 25, 40, 70, 150, 170] {
        let world = World::native().await;
        let wanted = world.native_wish(Goal::Release, 2);
        crate::kills::killed_at(&world, &wanted, Duration::from_secs(seconds)).await;
        let stage = world.newest();
        let told = world.release(&world.native_wish(Goal::Abort, 2)).await;
        let stage = format!("{} {}", stage["status"], stage["lifecycleStage"]);
        assert!(told.kind().is_good(), "{seconds} {stage} {}\n{}", told.reason(), told.log);
        assert_eq!(world.weights(), "100/0", "{seconds} {stage}");
        assert!(world.state().contains(" v1 3/3 COMPLETED"), "{seconds} {stage} {}", world.state());
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_that_comes_too_late_says_so() {
    let (world, _) = at_gate().await;
    let fault = Fault::always("StopServiceDeployment", FaultKind::Slow { seconds: 8.0 });
    world.fault(fault);
    let pause = world.until_paused().await;
    let goes_on = async {
        world.pass(Duration::from_millis(100)).await;
        world.port.now("ContinueServiceDeployment", pause);
    };
    let abort = world.native_wish(Goal::Abort, 2);
    let (told, ()) = tokio::join!(world.release(&abort), goes_on);
    // However the race ends: what is said is what runs.
    let back = world.weights() == "100/0";
    assert_eq!(told.kind().is_good(), back, "{} {}", told.reason(), world.native_state());
}

#[tokio::test(start_paused = true)]
async fn nobody_answers_and_ecs_goes_back() {
    let (world, canary) = at_gate().await;
    let mut text = Transcript::new("The canary waits at 10 %, and nobody comes for half an hour.");
    text.job("deploy canary", &canary);
    assert_eq!(world.until_ended().await, "ROLLBACK_SUCCESSFUL");
    text.meanwhile("30 minutes pass: the pause ends, and ECS goes back");
    text.now(&world);
    let told = ends(&world, &world.native_wish(Goal::Promote, 2), OutcomeKind::Refused).await;
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::Preflight));
    text.job("promote", &told);
    text.now(&world);
    text.is("native/nobody-answers");
    assert_eq!(world.calls("ContinueServiceDeployment"), 1);
    assert_eq!(world.calls("UpdateService"), 1, "a promotion starts nothing of its own");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_ends_while_it_is_held_is_a_failure_that_ecs_took_back() {
    let world = World::native().await;
    let short = |native: &mut NativeTraffic| native.timeout = MINUTE;
    let wanted = world.native_by(Goal::Release, 2, short);
    let told = ends(&world, &wanted, OutcomeKind::FailedRolledBack).await;
    let mut text = Transcript::new("A pause of one minute ends before the hold of two.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/pause-ends-in-the-hold");
}

#[tokio::test(start_paused = true)]
async fn somebody_else_answers_while_we_hold() {
    let world = World::native().await;
    let wanted = world.native_wish(Goal::Release, 2);
    let colleague = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        let pause = world.until_paused().await;
        world.pass(Duration::from_secs(20)).await;
        world.port.now("ContinueServiceDeployment", pause);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    let mut text = Transcript::new("A colleague answers the pause in the console.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/somebody-else-answers");
}

#[tokio::test(start_paused = true)]
async fn somebody_else_stops_it_while_we_hold() {
    let world = World::native().await;
    let wanted = world.native_wish(Goal::Release, 2);
    let colleague = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.pass(Duration::from_secs(20)).await;
        let arn = world.newest()["serviceDeploymentArn"].clone();
        world.port.now("StopServiceDeployment", json!({ "serviceDeploymentArn": arn }));
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_eq!(told.kind(), OutcomeKind::FailedRolledBack, "{} {}", told.reason(), told.log);
    let mut text = Transcript::new("A colleague stops the deployment while it is held.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/somebody-else-stops");
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_own_answer_is_lost_is_looked_for() {
    for applied in [true, false] {
        let world = World::native().await;
        let kind = FaultKind::Close { applied };
        world.fault(Fault { times: Some(1), ..Fault::always("ContinueServiceDeployment", kind) });
        let wanted = world.native_wish(Goal::Release, 2);
        let told = ends(&world, &wanted, OutcomeKind::Succeeded).await;
        let calls = world.calls("ContinueServiceDeployment");
        assert_eq!(calls, if applied { 2 } else { 3 }, "{}", told.log);
        if applied {
            let mut text = Transcript::new("ECS takes the answer, and the connection is cut.");
            text.job("release", &told);
            text.is("native/lost-answer");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_answer_to_the_same_pause_is_refused_and_does_no_harm() {
    let (world, _) = at_gate().await;
    let pause = world.until_paused().await;
    let wanted = world.native_wish(Goal::Promote, 2);
    // Between our last look at the deployment and our answer.
    let colleague = async {
        for action in ["TagResource", "DescribeServiceDeployments"] {
            let before = world.calls(action);
            while world.calls(action) == before {
                world.pass(Duration::from_millis(5)).await;
            }
        }
        world.port.now("ContinueServiceDeployment", pause);
    };
    let (told, ()) = tokio::join!(world.release(&wanted), colleague);
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    let mut text = Transcript::new("Two people promote at the same time: the second is refused.");
    text.job("promote", &told);
    text.now(&world);
    text.is("native/double-continue");
    assert_eq!(world.calls("ContinueServiceDeployment"), 3, "the canary's, and two of them");
}

#[tokio::test(start_paused = true)]
async fn without_the_right_to_answer_ecs_goes_back_by_itself() {
    let world = World::native().await;
    world.deny("ContinueServiceDeployment");
    let told = ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Denied).await;
    let mut text = Transcript::new("The job may not answer the pause.");
    text.job("release", &told);
    assert_eq!(world.until_ended().await, "ROLLBACK_SUCCESSFUL");
    text.meanwhile("30 minutes pass: the pause ends, and ECS goes back");
    text.now(&world);
    text.is("native/denied");
}

#[tokio::test(start_paused = true)]
async fn new_tasks_that_crash_in_the_hold_are_taken_back() {
    let world = World::native().await;
    world.fate(2, TaskFate::crash_after(30.0, 1));
    let mut wanted = world.native_wish(Goal::Release, 2);
    wanted.course.hold = 15 * MINUTE;
    let told = ends(&world, &wanted, OutcomeKind::CanaryFailed).await;
    let mut text = Transcript::new("The new tasks crash again and again while 10 % go to them.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/canary-failed");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_cancelled_in_the_hold_stops_the_deployment_or_leaves_it() {
    for (on_cancel, name) in [(OnCancel::Stop, "cancel-stop"), (OnCancel::Leave, "cancel-leave")] {
        let world = World::native().await;
        let on_cancel = on_cancel.into();
        let wanted = Wanted { on_cancel, ..world.native_wish(Goal::Release, 2) };
        let (handle, cancel) = CancelHandle::new();
        let person = async {
            while world.weights() != "90/10" {
                world.pass(Duration::from_secs(1)).await;
            }
            world.pass(Duration::from_secs(30)).await;
            handle.raise();
        };
        let (told, ()) = tokio::join!(world.release_until(&wanted, &cancel), person);
        assert_eq!(told.kind(), OutcomeKind::Cancelled, "{} {}", told.reason(), told.log);
        let mut text = Transcript::new("The job is cancelled while 10 % of the requests are held.");
        text.job("release", &told);
        world.until_ended().await;
        text.meanwhile("time passes");
        text.now(&world);
        text.is(&format!("native/{name}"));
        assert_eq!(world.weights(), "100/0");
        ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Succeeded).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_the_hold_leaves_the_rest_to_the_pause() {
    let world = World::native().await;
    let mut wanted = world.native_wish(Goal::Release, 2);
    wanted.course.hold = 20 * MINUTE;
    wanted.deadline = ecs_canary::ports::Clock::now(&world.clock).after(5 * MINUTE);
    let told = ends(&world, &wanted, OutcomeKind::TimedOut).await;
    let mut text = Transcript::new("The job's time ends in the hold; the next job goes on.");
    text.job("release", &told);
    let mut later = world.native_wish(Goal::Release, 2);
    later.course.hold = 20 * MINUTE;
    let told = ends(&world, &later, OutcomeKind::Succeeded).await;
    text.job("release", &told);
    text.now(&world);
    text.is("native/deadline");
    assert!(told.ended.outcome.seconds < 18.0 * 60.0, "the hold counts from its noted start");
}

#[tokio::test(start_paused = true)]
async fn a_full_deploy_and_a_rollback_answer_to_nobody() {
    let world = World::native().await;
    world.native_released(2).await;
    assert_eq!(world.calls("ContinueServiceDeployment"), 0);
    let back = world.native_wish(Goal::Rollback(ecs_canary::model::RollbackTo::LastGood), 0);
    let told = ends(&world, &back, OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("Back to version 1: all requests at once, without a pause.");
    text.job("rollback", &told);
    text.now(&world);
    text.is("native/rollback");
    assert_eq!(world.calls("ContinueServiceDeployment"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_rollback_at_the_gate_stops_the_canary() {
    let (world, _) = at_gate().await;
    let back = world.native_wish(Goal::Rollback(ecs_canary::model::RollbackTo::LastGood), 0);
    let told = ends(&world, &back, OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("A rollback while version 2 waits at 10 %.");
    text.job("rollback", &told);
    text.now(&world);
    text.is("native/rollback-at-the-gate");
}

#[tokio::test(start_paused = true)]
async fn a_full_deploy_of_the_waiting_release_goes_on_at_once() {
    let (world, _) = at_gate().await;
    let told = ends(&world, &world.native_wish(Goal::Full, 2), OutcomeKind::Succeeded).await;
    assert!(!told.log.contains("> hold"), "{}", told.log);
    assert_eq!(world.calls("UpdateService"), 1);
    assert_eq!(world.weights(), "0/100");
}

#[tokio::test(start_paused = true)]
async fn a_first_deployment_has_nothing_to_share_with() {
    let world = World::weighted();
    world.set_weights(1, 0);
    let told = ends(&world, &world.native_wish(Goal::Release, 1), OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("There is no service yet.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/first");
    let request = world.request("CreateService");
    let configuration = json!({
        "maximumPercent": 200, "minimumHealthyPercent": 100,
        "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1, "lifecycleHooks": [],
    });
    assert_eq!(request["deploymentConfiguration"], configuration, "no breaker, no pause");
    let advanced = &request["loadBalancers"][0]["advancedConfiguration"];
    assert_eq!(advanced["productionListenerRule"], json!(world.traffic().rule));
    assert_eq!(advanced["alternateTargetGroupArn"], json!(world.traffic().canary));
    assert_eq!(advanced["roleArn"], "arn:aws:iam::111122223333:role/ecs");
}

#[tokio::test(start_paused = true)]
async fn a_bad_first_deployment_has_nothing_to_go_back_to() {
    let world = World::weighted();
    world.set_weights(1, 0);
    world.fate(1, TaskFate::crash_at_start(1));
    let mut wanted = world.native_wish(Goal::Release, 1);
    wanted.deadline = ecs_canary::ports::Clock::now(&world.clock).after(10 * MINUTE);
    let told = ends(&world, &wanted, OutcomeKind::TimedOut).await;
    assert!(told.reason().contains("the deadline passed"), "{}", told.reason());
}

#[tokio::test(start_paused = true)]
async fn needs_are_looked_at_before_the_first_change() {
    let world = World::weighted();
    world.set_weights(1, 0);
    world.native_released(1).await;
    let mut found = Vec::new();
    for (full, canary) in [(50, 50), (0, 0)] {
        world.set_weights(full, canary);
        let from = world.changes().len();
        let told = ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Refused).await;
        assert_eq!(told.ended.outcome.refusal, Some(Refusal::Preflight));
        assert_eq!(world.changes().len(), from, "nothing was changed");
        found.push(told.reason().to_owned());
    }
    let rule = world.traffic().rule;
    let one =
        json!([{ "Type": "forward", "TargetGroupArn": ecs_sim::cloud::EXAMPLE_TARGET_GROUP }]);
    world.elb("ModifyRule", json!({ "RuleArn": rule, "Actions": one }));
    let told = ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Refused).await;
    found.push(told.reason().to_owned());
    let no_pause = world.native_by(Goal::Canary, 2, |native| native.pauses.value.clear());
    world.set_weights(1, 0);
    let told = ends(&world, &no_pause, OutcomeKind::Refused).await;
    found.push(told.reason().to_owned());
    assert_snapshot!(found.join("\n"), @r"
    ecs-canary.yml:9:3: the listener rule gives weights 50/50 to the two target groups; nothing was changed
    ecs-canary.yml:9:3: the listener rule gives weights 0/0 to the two target groups; nothing was changed
    ecs-canary.yml:9:3: the listener rule does not forward to arn:aws:elasticloadbalancing:ap-northeast-1:111122223333:targetgroup/canary/0000000000000001; nothing was changed
    ecs-canary.yml:9:3: a canary waits at PRE_PRODUCTION_TRAFFIC_SHIFT, and no pause is there; nothing was changed
    ");
}

#[tokio::test(start_paused = true)]
async fn a_twin_service_is_moved_and_moved_back() {
    let world = World::weighted();
    world.set_weights(1, 0);
    let twin = Wanted { canary: None, ..world.wanted(Goal::Full, 1) };
    ends(&world, &twin, OutcomeKind::Succeeded).await;
    let told = ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Succeeded).await;
    let mut text = Transcript::new("A service of mode twin goes over to CANARY with a release.");
    text.job("release", &told);
    text.now(&world);
    text.is("native/from-twin");
    // A full deploy leaves no pauses behind: the other modes can follow at once.
    world.native_released(3).await;
    let twin = Wanted { canary: None, ..world.wanted(Goal::Full, 4) };
    let told = ends(&world, &twin, OutcomeKind::Succeeded).await;
    assert!(told.log.contains("this mode answers no pauses"), "{}", told.log);
    assert!(world.state().contains(" v4 3/3 COMPLETED"), "{}", world.state());
}

#[tokio::test(start_paused = true)]
async fn a_weighted_service_is_moved_when_its_canary_is_gone() {
    let world = World::weighted();
    world.released(1).await;
    ends(&world, &world.stepped(Goal::Canary, 2), OutcomeKind::Succeeded).await;
    ends(&world, &world.stepped(Goal::Abort, 2), OutcomeKind::Succeeded).await;
    // The canary's tasks stand in the group that would get the new version's requests.
    let told = ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Refused).await;
    let mut text = Transcript::new("From mode weighted: first the canary service has to go.");
    text.job("release", &told);
    let mut removes = world.stepped(Goal::Full, 1);
    removes.after_full = ecs_canary::model::AfterFull::Remove;
    ends(&world, &removes, OutcomeKind::Succeeded).await;
    text.meanwhile("`after_full: remove`, and deploy full; its targets drain");
    world.pass(6 * MINUTE).await;
    let told = ends(&world, &world.native_wish(Goal::Release, 2), OutcomeKind::Succeeded).await;
    text.job("release", &told);
    text.now(&world);
    text.is("native/from-weighted");
}
