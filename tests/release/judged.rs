//! A release whose canary is judged by its requests, against users in virtual time.

use crate::kills::killed_at;
use crate::world::{Told, World, digest};
use ecs_canary::judge::of_target_groups;
use ecs_canary::model::{
    Comparison, Goal, Judging, OnFail, OnUndecided, OutcomeKind, Policy, Refusal, TargetGroupArn,
    Wanted,
};
use ecs_sim::cloud::{
    EXAMPLE_TARGET_GROUP, Fault, FaultKind, Incident, MetricDelay, MetricTrouble, TaskFate,
    TrafficPlan,
};
use serde_json::json;
use std::time::Duration;

use crate::weighted_world::CANARY_GROUP;

const MINUTE: Duration = Duration::from_secs(60);

/// Version 1 with one error in a thousand, under ten requests per second for an hour.
pub(crate) async fn busy(plan: TrafficPlan) -> World {
    let world = World::weighted();
    world.fate(1, TaskFate::errors(0.001));
    world.released(1).await;
    world.port.cloud.borrow_mut().start_traffic(plan);
    world.pass(20 * MINUTE).await;
    world
}

pub(crate) fn judging() -> Judging {
    let (canary, full) =
        (TargetGroupArn::new(CANARY_GROUP), TargetGroupArn::new(EXAMPLE_TARGET_GROUP));
    let balancer = "app/ecs-canary-test-poc/50dc6c495c0c9188";
    Judging {
        policy: Policy::default(),
        metrics: of_target_groups(balancer, (&canary, &full), None),
        alarms: Vec::new(),
        even: Comparison::Stable,
        longest: 45 * MINUTE,
        undecided: OnUndecided::Hold,
        fail: OnFail::Rollback,
    }
}

/// The wish for `version`, at 10 and at 50 per cent, judged.
pub(crate) fn wanted(world: &World, goal: Goal, version: u32, judging: &Judging) -> Wanted {
    let mut wanted = world.stepped(goal, version);
    wanted.course.judging = Some(Box::new(judging.clone()));
    wanted.course.hold = Duration::ZERO;
    wanted.deadline = wanted.deadline.after(120 * MINUTE);
    wanted
}

pub(crate) async fn released(world: &World, judging: &Judging) -> Told {
    world.release(&wanted(world, Goal::Release, 2, judging)).await
}

fn progress(world: &World) -> String {
    let tag = world.service_tag("release", "ecs-canary:progress");
    tag.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_bad_version_is_stopped_at_its_first_share_and_not_tried_again() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.08));
    let told = released(&world, &judging()).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.reason().contains("judged worse: errors "), "{}", told.reason());
    assert!(told.reason().contains("the canary was taken back"), "{}", told.reason());
    assert!(told.log.contains("judge  WORSE after "), "{}", told.log);
    assert_eq!(world.weights(), "100/0");
    assert!(!world.moves().iter().any(|one| one == "50/50"), "{:?}", world.moves());
    assert_eq!(progress(&world), "aborted-bad");
    assert!(told.log.lines().all(|line| line.chars().count() <= 100), "{}", told.log);
    let moves = world.moves().len();
    let again = released(&world, &judging()).await;
    assert_eq!(again.kind(), OutcomeKind::CanaryFailed, "{}", again.log);
    assert!(again.reason().contains(" and taken back at 20"), "{}", again.reason());
    assert_eq!(world.moves().len(), moves, "nothing was changed");
}

#[tokio::test(start_paused = true)]
async fn a_healthy_version_goes_share_by_share_by_its_verdicts() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.001));
    let told = released(&world, &judging()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(told.log.matches("judge  healthy after ").count(), 2, "{}", told.log);
    assert!(told.log.contains("too early to tell: "), "{}", told.log);
    assert!(told.log.contains("worse above 1.5 times and 0.2 %, or above 10 %"), "{}", told.log);
    assert_eq!(world.weights(), "100/0");
    let minutes = told.ended.outcome.seconds / 60.0;
    assert!((12.0..60.0).contains(&minutes), "{minutes} min\n{}", told.log);
}

#[tokio::test(start_paused = true)]
async fn an_incident_on_both_sides_and_a_growing_share_stop_nobody() {
    let incident =
        Incident { after: 1380.0, lasts: 300.0, error_share: 0.06, ..Incident::default() };
    let plan = TrafficPlan { incidents: vec![incident], ..TrafficPlan::steady(20.0) };
    let world = busy(plan).await;
    world.fate(2, TaskFate::errors(0.001));
    let told = released(&world, &judging()).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
}

#[tokio::test(start_paused = true)]
async fn points_that_come_late_change_neither_verdict() {
    for (version, kind) in [(0.08, OutcomeKind::CanaryFailed), (0.001, OutcomeKind::Succeeded)] {
        let world = busy(TrafficPlan::steady(10.0)).await;
        let delay = MetricDelay { lag_seconds: 90.0, late_share: 0.3, late_by_seconds: 240.0 };
        world.port.cloud.borrow_mut().set_metric_delay(delay);
        world.fate(2, TaskFate::errors(version));
        let told = released(&world, &judging()).await;
        assert_eq!(told.kind(), kind, "{} {}", told.reason(), told.log);
    }
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_does_not_answer_is_bad_although_it_counts_no_error() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate { unanswered_share: 0.1, ..TaskFate::errors(0.001) });
    let told = released(&world, &judging()).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.reason().contains("no answer "), "{}", told.reason());
}

/// CloudWatch stops to answer once the canary has its share.
pub(crate) async fn falls_silent(judging: &Judging) -> (World, Told) {
    let world = busy(TrafficPlan::steady(10.0)).await;
    let monitoring = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.fault(Fault::always("GetMetricData", FaultKind::ServerError { status: 500 }));
    };
    let (told, ()) = tokio::join!(released(&world, judging), monitoring);
    (world, told)
}

#[tokio::test(start_paused = true)]
async fn monitoring_that_is_silent_is_neither_good_nor_bad() {
    let (world, told) = falls_silent(&judging()).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryUndecided, "{} {}", told.reason(), told.log);
    assert_eq!(told.ended.outcome.exit_code, 0, "held: the table's own code");
    assert!(told.reason().contains("no number from CloudWatch for 10 min"), "{}", told.reason());
    assert_eq!((world.weights().as_str(), progress(&world).as_str()), ("90/10", "gate"));
    assert_eq!(told.log.matches("no number from CloudWatch").count(), 1, "{}", told.log);

    let policy = Judging { undecided: OnUndecided::Rollback, ..judging() };
    let (world, told) = falls_silent(&policy).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryUndecided, "{} {}", told.reason(), told.log);
    assert_eq!(told.ended.outcome.exit_code, 23);
    assert_eq!(world.weights(), "100/0");

    let policy = Judging { undecided: OnUndecided::Promote, ..judging() };
    let (world, told) = falls_silent(&policy).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert_eq!(world.weights(), "100/0");
}

#[tokio::test(start_paused = true)]
async fn numbers_that_are_not_whole_are_no_verdict() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.5));
    world.port.cloud.borrow_mut().set_metric_troubles(vec![MetricTrouble {
        metric: "RequestCount".to_owned(),
        status: "PartialData".to_owned(),
        code: String::new(),
        message: String::new(),
    }]);
    let told = released(&world, &judging()).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryUndecided, "{} {}", told.reason(), told.log);
    assert!(told.reason().contains("RequestCount: PartialData"), "{}", told.reason());
}

#[tokio::test(start_paused = true)]
async fn a_judge_that_may_not_read_is_found_before_the_first_change() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.deny("GetMetricData");
    let changes = world.changes().len();
    let told = released(&world, &judging()).await;
    assert_eq!(told.kind(), OutcomeKind::Denied, "{} {}", told.reason(), told.log);
    assert!(told.reason().ends_with("nothing was changed"), "{}", told.reason());
    assert_eq!(world.changes().len(), changes);
}

#[tokio::test(start_paused = true)]
async fn without_traffic_there_is_no_verdict() {
    let world = World::weighted();
    world.released(1).await;
    let policy = Judging { longest: 15 * MINUTE, ..judging() };
    let told = released(&world, &policy).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryUndecided, "{} {}", told.reason(), told.log);
    assert!(told.reason().contains("no data after 15 min"), "{}", told.reason());
}

#[tokio::test(start_paused = true)]
async fn a_frozen_release_keeps_everything_until_a_person_takes_it_back() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.08));
    let policy = Judging { fail: OnFail::Freeze, ..judging() };
    let told = released(&world, &policy).await;
    assert_eq!(told.kind(), OutcomeKind::Frozen, "{} {}", told.reason(), told.log);
    assert_eq!((world.weights().as_str(), progress(&world).as_str()), ("90/10", "frozen"));
    let again = released(&world, &policy).await;
    assert_eq!(again.kind(), OutcomeKind::Frozen, "{} {}", again.reason(), again.log);
    assert_eq!(world.weights(), "90/10", "it is a person's");
    let told = world.release(&world.stepped(Goal::Abort, 2)).await;
    assert!(told.kind().is_good(), "{} {}", told.reason(), told.log);
    assert_eq!((world.weights().as_str(), progress(&world).as_str()), ("100/0", "aborted-bad"));
}

#[tokio::test(start_paused = true)]
async fn an_alarm_that_goes_off_stops_a_canary_that_counts_no_error() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.port.cloud.borrow_mut().set_alarm("queue", false);
    let policy = Judging { alarms: vec!["queue".to_owned()], ..judging() };
    let alarm = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.pass(3 * MINUTE).await;
        world.alarm("queue", true);
    };
    let (told, ()) = tokio::join!(released(&world, &policy), alarm);
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.reason().starts_with("alarm queue went off"), "{}", told.reason());
    assert_eq!(world.weights(), "100/0");
}

#[tokio::test(start_paused = true)]
async fn a_composite_alarm_stops_a_canary_as_any_other() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.port.cloud.borrow_mut().set_alarm("queue", false);
    world.port.cloud.borrow_mut().set_alarm("night", false);
    let rule = json!({ "AlarmName": "users", "AlarmRule": "ALARM(queue) AND NOT ALARM(night)" });
    world.call("cloudwatch", "PutCompositeAlarm", rule);
    let policy = Judging { alarms: vec!["users".to_owned()], ..judging() };
    let alarm = async {
        while world.weights() != "90/10" {
            world.pass(Duration::from_secs(1)).await;
        }
        world.pass(3 * MINUTE).await;
        world.alarm("queue", true);
    };
    let (told, ()) = tokio::join!(released(&world, &policy), alarm);
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{} {}", told.reason(), told.log);
    assert!(told.reason().starts_with("alarm users went off"), "{}", told.reason());
    let tag = &world.tags("canary-release:1")["ecs-canary:verdict"];
    assert!(tag.ends_with(" by alarm users"), "{tag}");
}

#[tokio::test(start_paused = true)]
async fn numbers_in_pages_lead_to_the_same_verdict() {
    for (errors, kind) in [(0.08, OutcomeKind::CanaryFailed), (0.001, OutcomeKind::Succeeded)] {
        let prepared = busy(TrafficPlan::steady(10.0)).await;
        prepared.fate(2, TaskFate::errors(errors));
        let at = ecs_canary::ports::Clock::now(&prepared.clock);
        let (at_once, world) = (prepared.copy(at), prepared.copy(at));
        let told = released(&at_once, &judging()).await;
        assert_eq!(told.kind(), kind, "{} {}", told.reason(), told.log);
        world.port.cloud.borrow_mut().set_points_per_page(11);
        let in_pages = released(&world, &judging()).await;
        assert_eq!(in_pages.kind(), kind, "{} {}", in_pages.reason(), in_pages.log);
        let pages = |world: &World| world.calls("GetMetricData");
        assert!(pages(&world) > 2 * pages(&at_once), "{} pages", pages(&world));
    }
}

/// Requests, errors and times rise and fall with the hour, at both sides alike.
#[tokio::test(start_paused = true)]
async fn the_drift_of_a_day_stops_nobody_and_hides_nobody() {
    let hour = World::weighted().clock_seconds() / 3600 % 24;
    for (errors, kind) in [(0.08, OutcomeKind::CanaryFailed), (0.001, OutcomeKind::Succeeded)] {
        // Six hours before the peak, where it rises fastest.
        let plan = TrafficPlan {
            day_swing: 0.6,
            day_peak_hour: f64::from(i32::try_from((hour + 6) % 24).unwrap_or_default()),
            day_error_share: 0.04,
            unrest: 0.05,
            ..TrafficPlan::steady(20.0)
        };
        let world = busy(plan).await;
        world.fate(2, TaskFate::errors(errors));
        let told = released(&world, &judging()).await;
        assert_eq!(told.kind(), kind, "{} {}", told.reason(), told.log);
    }
}

#[tokio::test(start_paused = true)]
async fn an_alarm_from_before_is_told_and_one_that_is_not_there_forbids_the_start() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.alarm("queue", true);
    world.fate(2, TaskFate::errors(0.001));
    let policy = Judging { alarms: vec!["queue".to_owned()], ..judging() };
    let told = released(&world, &policy).await;
    assert_eq!(told.kind(), OutcomeKind::Succeeded, "{} {}", told.reason(), told.log);
    assert!(told.log.contains("! alarm queue is in ALARM already"), "{}", told.log);
    let policy = Judging { alarms: vec!["nobody".to_owned()], ..judging() };
    let told = world.release(&wanted(&world, Goal::Release, 3, &policy)).await;
    assert_eq!(told.ended.outcome.refusal, Some(Refusal::Preflight), "{}", told.log);
    assert!(told.reason().contains("there is no alarm nobody"), "{}", told.reason());
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_minute_the_same_verdict_comes_at_the_same_minute() {
    for (errors, kind) in [(0.08, OutcomeKind::CanaryFailed), (0.001, OutcomeKind::Succeeded)] {
        let prepared = busy(TrafficPlan::steady(10.0)).await;
        prepared.fate(2, TaskFate::errors(errors));
        let at = ecs_canary::ports::Clock::now(&prepared.clock);
        let world = prepared.copy(at);
        let undisturbed = released(&world, &judging()).await;
        assert_eq!(undisturbed.kind(), kind, "{}", undisturbed.log);
        let verdict = |log: &str| {
            let line = log.lines().find(|line| {
                line.starts_with("judge  WORSE") || line.starts_with("judge  healthy")
            });
            line.map(str::to_owned)
        };
        let wanted_line = verdict(&undisturbed.log);
        let minutes: &[u32] = if errors > 0.05 { &[1, 2, 3] } else { &[1, 3, 6, 9] };
        for minute in minutes {
            let world = prepared.copy(at);
            killed_at(&world, &wanted(&world, Goal::Release, 2, &judging()), *minute * MINUTE)
                .await;
            let told = released(&world, &judging()).await;
            assert_eq!(told.kind(), kind, "killed after {minute} min\n{}", told.log);
            assert_eq!(verdict(&told.log), wanted_line, "killed after {minute} min\n{}", told.log);
        }
    }
}

/// The users of a bad version are those of its share for some minutes, not all of them.
#[tokio::test(start_paused = true)]
async fn few_users_meet_a_bad_version() {
    let world = busy(TrafficPlan::steady(10.0)).await;
    world.fate(2, TaskFate::errors(0.08));
    let told = released(&world, &judging()).await;
    assert_eq!(told.kind(), OutcomeKind::CanaryFailed, "{}", told.log);
    let cloud = world.port.cloud.borrow();
    let bad = cloud.tallies().iter().find(|(images, _)| images.contains(&digest(2)));
    let (_, tally) = bad.expect("somebody met it");
    assert!(tally.failed < 150 && tally.requests < 1500, "{tally:?}");
}
