//! The wait for our own deployment, look by look.

use super::{
    Ask, AskDeployments, CountWatch, EndKind, Followed, Glimpse, Look, Next, SettleWatch,
    Waiter as _, Watch,
};
use crate::model::samples::{arn, at, deployment, event, revision, rolling, service};
use crate::model::{
    Event, RolloutState, ServiceDeployment, ServiceDeploymentStatus as Status, ServiceEvent,
    ServiceName, ServiceState, Timestamp,
};
use insta::assert_snapshot;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Revision 2 was sent at second 20; revision 1 ran before, by deployment `d-1`.
pub(super) fn followed() -> Followed {
    Followed {
        service: ServiceName::new("web"),
        revision: revision(2),
        deployment: None,
        answered: None,
        primary: Some(rolling("PRIMARY", 2, RolloutState::InProgress).id),
        sent_at: Some(at(20)),
        known_deployments: BTreeSet::from([arn("d-1")]),
        primary_before: Some(rolling("PRIMARY", 1, RolloutState::Completed).id),
        entries_before: BTreeSet::from([rolling("PRIMARY", 1, RolloutState::Completed).id]),
        known_events: BTreeSet::from(["old".to_owned()]),
        previous: Some(revision(1)),
        answers: super::Answers::Nobody,
        bake: None,
        deadline: at(3600),
    }
}

pub(super) fn glimpse(state: ServiceState, deployments: Vec<ServiceDeployment>) -> Glimpse {
    Glimpse {
        at: at(0),
        service: Look::Seen(Some(state)),
        deployments: Look::Seen(deployments),
        listed: true,
        stopped: Look::NotAsked,
        metrics: Look::NotAsked,
        alarms: Look::NotAsked,
    }
}

pub(super) fn before() -> ServiceState {
    service(vec![rolling("PRIMARY", 1, RolloutState::Completed)])
}

pub(super) fn under_way() -> ServiceState {
    service(vec![
        rolling("PRIMARY", 2, RolloutState::InProgress),
        rolling("ACTIVE", 1, RolloutState::Completed),
    ])
}

pub(super) fn done() -> ServiceState {
    service(vec![rolling("PRIMARY", 2, RolloutState::Completed)])
}

/// Shows the same glimpse every five seconds, at most for ten hours; how it ends.
pub(super) fn end_of(watch: &mut Watch, glimpse: &Glimpse) -> String {
    for second in (20..36_000).step_by(5) {
        if let Next::Ended(end) = watch.observe(glimpse, at(second), 0.5).next {
            return format!("{} s: {}: {}", second - 20, end.word(), end.reason);
        }
    }
    "never ends".to_owned()
}

fn by_status(status: Status, state: ServiceState) -> String {
    let mut watch = Watch::new(followed(), at(20));
    end_of(&mut watch, &glimpse(state, vec![deployment("d-2", 2, status)]))
}

#[test]
fn our_deployment_ends_the_wait_when_ecs_calls_it_successful() {
    assert_snapshot!(by_status(Status::Successful, done()), @"0 s: done: ECS calls the deployment successful");
}

#[test]
fn a_successful_deployment_is_no_success_while_something_else_runs() {
    assert_snapshot!(by_status(Status::Successful, before()), @"30 s: superseded: the deployment was successful, but web:1 runs now");
}

#[test]
fn a_rollback_is_waited_for_and_is_no_success() {
    let mut watch = Watch::new(followed(), at(20));
    let going = glimpse(before(), vec![deployment("d-2", 2, Status::RollbackInProgress)]);
    let answer = watch.observe(&going, at(20), 0.5);
    assert!(matches!(answer.next, Next::Look { .. }), "{answer:?}");
    let gone = glimpse(before(), vec![deployment("d-2", 2, Status::RollbackSuccessful)]);
    assert_snapshot!(end_of(&mut watch, &gone), @"0 s: failed, rolled back: ECS gives no reason");
}

#[test]
fn a_rollback_that_failed_needs_a_person() {
    assert_snapshot!(by_status(Status::RollbackFailed, under_way()), @"0 s: failed, and so did the rollback: ECS gives no reason; and ECS could not go back");
}

#[test]
fn a_deployment_that_somebody_stopped_is_no_success() {
    assert_snapshot!(by_status(Status::Stopped, before()), @"0 s: stopped by somebody: somebody stopped the deployment: ECS gives no reason");
}

#[test]
fn a_deployment_stopped_by_the_breaker_without_rollback_was_not_taken_back() {
    let failed = service(vec![rolling("PRIMARY", 2, RolloutState::Failed)]);
    assert_snapshot!(by_status(Status::Stopped, failed), @"0 s: failed, not rolled back: ECS gives no reason; ECS did not go back to web:1");
}

#[test]
fn a_newer_deployment_supersedes_ours_whatever_ecs_calls_ours() {
    for status in [Status::InProgress, Status::Stopped, Status::Pending] {
        let mut watch = Watch::new(followed(), at(20));
        let theirs = deployment("d-3", 3, Status::InProgress);
        let both = glimpse(under_way(), vec![theirs, deployment("d-2", 2, status)]);
        assert!(end_of(&mut watch, &both).contains("superseded"));
    }
}

#[test]
fn a_status_that_nobody_knows_is_neither_an_end_nor_good() {
    let unknown = Status::Unknown("PAUSED_BY_SOMETHING_NEW".to_owned());
    assert_snapshot!(by_status(unknown, done()), @"3580 s: still going on at the deadline: the deadline passed and it still goes on; web:2: 3 of 3 tasks running");
}

#[test]
fn an_end_that_has_no_name_we_know_is_an_end_and_not_good() {
    let over = ServiceDeployment {
        status: Status::Unknown("REWOUND".to_owned()),
        finished_at: Some(at(90)),
        ..deployment("d-2", 2, Status::Successful)
    };
    let end = end_of(&mut Watch::new(followed(), at(0)), &glimpse(done(), vec![over]));
    assert_snapshot!(end, @"0 s: could not tell: ECS calls the end of the deployment REWOUND, which this program does not know");
}

#[test]
fn a_service_that_shows_no_entries_says_itself_what_it_runs() {
    let mut state = done();
    state.deployments.clear();
    state.task_definition = revision(2);
    assert_snapshot!(by_status(Status::Successful, state.clone()), @"0 s: done: ECS calls the deployment successful");
    state.task_definition = revision(1);
    assert_snapshot!(by_status(Status::Successful, state), @"30 s: superseded: the deployment was successful, but web:1 runs now");
}

#[test]
fn a_deployment_that_is_not_found_is_never_success() {
    let mut watch = Watch::new(followed(), at(20));
    let old = glimpse(done(), vec![deployment("d-1", 1, Status::Successful)]);
    assert_snapshot!(end_of(&mut watch, &old), @"60 s: could not tell: could not tell how it ended: ECS lists no deployment of web:2 that is ours");
}

/// A list that stays empty, though an earlier deployment was `known` or not.
fn nothing_listed(state: ServiceState, known: BTreeSet<crate::model::DeploymentArn>) -> String {
    let mut watch = Watch::new(Followed { known_deployments: known, ..followed() }, at(20));
    end_of(&mut watch, &glimpse(state, vec![]))
}

#[test]
fn an_endpoint_that_lists_no_deployment_at_all_is_followed_by_the_services_entry() {
    let failed = service(vec![
        rolling("PRIMARY", 1, RolloutState::Completed),
        rolling("INACTIVE", 2, RolloutState::Failed),
    ]);
    assert_snapshot!(nothing_listed(done(), BTreeSet::new()), @"20 s: done: ECS calls the rollout completed");
    assert_snapshot!(nothing_listed(failed, BTreeSet::new()), @"20 s: failed, rolled back: ECS took it back and gives no reason");
    assert_snapshot!(nothing_listed(before(), BTreeSet::new()), @"80 s: could not tell: could not tell how it ended: no PRIMARY deployment of web:2 was seen");
}

#[test]
fn a_rollout_that_failed_before_the_first_look_is_found_by_its_entry() {
    let failed = service(vec![
        rolling("PRIMARY", 1, RolloutState::Completed),
        rolling("ACTIVE", 2, RolloutState::Failed),
    ]);
    let end = |followed: Followed| {
        let denied = Look::Denied("access denied".to_owned());
        let glimpse = Glimpse { deployments: denied, ..glimpse(failed.clone(), vec![]) };
        end_of(&mut Watch::new(followed, at(20)), &glimpse)
    };
    let unnamed = Followed { primary: None, ..followed() };
    assert_snapshot!(end(unnamed.clone()), @"0 s: failed, rolled back: ECS took it back and gives no reason");
    let of_an_earlier_try = failed.deployments.iter().map(|one| one.id.clone()).collect();
    let known = Followed { entries_before: of_an_earlier_try, ..unnamed.clone() };
    assert!(end(known).contains("could not tell"));
    assert!(end(Followed { sent_at: None, ..unnamed }).contains("could not tell"));
}

#[test]
fn a_list_that_had_deployments_before_is_believed_when_ours_is_missing() {
    assert_snapshot!(nothing_listed(done(), BTreeSet::from([arn("d-1")])), @"60 s: could not tell: could not tell how it ended: ECS lists no deployment of web:2 that is ours");
}

#[test]
fn missed_looks_do_not_use_up_the_time_to_find_it() {
    let mut watch = Watch::new(followed(), at(20));
    let missed =
        Glimpse { service: Look::Missed("throttled".to_owned()), ..glimpse(done(), vec![]) };
    for second in (20..200).step_by(5) {
        assert!(matches!(watch.observe(&missed, at(second), 0.5).next, Next::Look { .. }));
    }
    let found = glimpse(done(), vec![deployment("d-2", 2, Status::Successful)]);
    assert!(end_of(&mut watch, &found).contains("done"));
}

#[test]
fn a_list_that_is_never_answered_is_done_without() {
    let mut watch = Watch::new(followed(), at(20));
    let broken = Look::Missed("HTTP status 500, answer not readable".to_owned());
    let glimpse = Glimpse { deployments: broken, ..glimpse(done(), vec![]) };
    assert_snapshot!(end_of(&mut watch, &glimpse), @"180 s: done: ECS calls the rollout completed");
}

#[test]
fn of_two_deployments_of_our_revision_the_first_one_is_ours() {
    let mut watch = Watch::new(followed(), at(20));
    let forced =
        ServiceDeployment { created_at: at(30), ..deployment("d-3", 2, Status::InProgress) };
    let both = glimpse(under_way(), vec![forced, deployment("d-2", 2, Status::InProgress)]);
    watch.observe(&both, at(21), 0.5);
    assert_eq!(watch.deployment(), Some(&arn("d-2")));
}

#[test]
fn a_deployment_from_before_our_change_is_not_ours() {
    let mut watch = Watch::new(Followed { sent_at: Some(at(500)), ..followed() }, at(500));
    let earlier = deployment("d-0", 2, Status::Successful);
    watch.observe(&glimpse(done(), vec![earlier]), at(501), 0.5);
    assert_eq!(watch.deployment(), None);
}

#[test]
fn a_missing_service_is_tolerated_for_a_minute() {
    let mut watch = Watch::new(followed(), at(20));
    let missing = Glimpse { service: Look::Seen(None), ..glimpse(done(), vec![]) };
    assert_snapshot!(end_of(&mut watch, &missing), @"60 s: could not tell: ECS says that service web does not exist");
}

#[test]
fn denied_looks_end_the_wait_without_a_verdict() {
    let mut watch = Watch::new(followed(), at(20));
    let denied = Glimpse { service: Look::Denied("no".to_owned()), ..glimpse(done(), vec![]) };
    assert_snapshot!(end_of(&mut watch, &denied), @"0 s: access denied: cannot look any more: no");
}

#[test]
fn the_deadline_ends_the_wait_and_says_what_goes_on() {
    assert_snapshot!(by_status(Status::InProgress, under_way()), @"3580 s: still going on at the deadline: the deadline passed and it still goes on; web:2: 3 of 3 new tasks running; 3 old still running");
}

/// Without the right to read service deployments.
fn degraded(state: ServiceState) -> String {
    let mut watch = Watch::new(followed(), at(20));
    let denied = Look::Denied("not allowed".to_owned());
    watch.observe(&Glimpse { deployments: denied, ..glimpse(under_way(), vec![]) }, at(20), 0.5);
    let not_asked = Glimpse { deployments: Look::NotAsked, ..glimpse(state, vec![]) };
    end_of(&mut watch, &not_asked)
}

#[test]
fn without_service_deployments_the_primary_entry_is_followed() {
    assert_snapshot!(degraded(done()), @"0 s: done: ECS calls the rollout completed");
    let failed = service(vec![
        rolling("PRIMARY", 1, RolloutState::Completed),
        rolling("ACTIVE", 2, RolloutState::Failed),
    ]);
    assert_snapshot!(degraded(failed), @"0 s: failed, rolled back: ECS took it back and gives no reason");
    assert_snapshot!(degraded(before()), @"20 s: failed, rolled back: our deployment is gone from the service");
    let stays = service(vec![rolling("PRIMARY", 2, RolloutState::Failed)]);
    assert_snapshot!(degraded(stays), @"45 s: failed, not rolled back: ECS gives no reason");
    let theirs = service(vec![rolling("PRIMARY", 3, RolloutState::Completed)]);
    assert_snapshot!(degraded(theirs), @"20 s: superseded: somebody deployed web:3 after us");
    let unknown = RolloutState::Unknown("BAKING".to_owned());
    assert_snapshot!(degraded(service(vec![rolling("PRIMARY", 2, unknown)])), @"3580 s: still going on at the deadline: the deadline passed and it still goes on; web:2: 3 of 3 tasks running");
}

#[test]
fn one_stale_look_does_not_end_a_degraded_wait() {
    let mut watch = Watch::new(followed(), at(20));
    let denied = Look::Denied("not allowed".to_owned());
    watch.observe(&Glimpse { deployments: denied, ..glimpse(under_way(), vec![]) }, at(20), 0.5);
    let not_asked = |state| Glimpse { deployments: Look::NotAsked, ..glimpse(state, Vec::new()) };
    let stale = watch.observe(&not_asked(before()), at(25), 0.5);
    assert!(matches!(stale.next, Next::Look { .. }), "{stale:?}");
    watch.observe(&not_asked(under_way()), at(30), 0.5);
    assert!(end_of(&mut watch, &not_asked(done())).contains("done"));
}

#[test]
fn only_changes_are_said_and_events_once_by_their_id() {
    let mut watch = Watch::new(followed(), at(20));
    let mut state = under_way();
    state.deployments[0].running = 1;
    state.deployments[0].pending = 2;
    state.events = vec![
        event("two", "registered 1 targets in (target-group arn:aws:e:r:1:targetgroup/tg/9f)"),
        event("one", "has started 1 tasks: (task 0123456789abcdef)."),
        event("old", "has reached a steady state."),
    ];
    let look = glimpse(state, vec![deployment("d-2", 2, Status::InProgress)]);
    let first = watch.observe(&look, at(60), 0.5);
    let lines: Vec<String> = first.say.iter().map(said).collect();
    assert_snapshot!(lines.join("\n"), @r"
    web  has started 1 tasks: task 01234567.
    web  registered 1 targets in target group tg
    web  1 of 3 new tasks running, 2 starting; 3 old still running (40 s)
    ");
    assert!(watch.observe(&look, at(65), 0.5).say.is_empty());
    let later: Vec<String> = watch.observe(&look, at(121), 0.5).say.iter().map(said).collect();
    assert_snapshot!(later.join("\n"), @"web  waits for 2 tasks to start: image pull, container start (1 min 41 s)");
}

#[test]
fn an_event_that_comes_late_stands_where_it_belongs_or_is_of_before() {
    let mut watch = Watch::new(followed(), at(20));
    let of = |id: &str, time, words: &str| ServiceEvent { at: at(time), ..event(id, words) };
    let mut state = under_way();
    let mut seen = |events: Vec<ServiceEvent>, time| {
        state.events = events;
        let look = glimpse(state.clone(), vec![deployment("d-2", 2, Status::InProgress)]);
        watch.observe(&look, at(time), 0.5);
        watch.events().iter().map(|event| event.id.clone()).collect::<Vec<_>>().join(" ")
    };
    let old = of("old", 10, "has reached a steady state.");
    let (first, third) = (of("first", 30, "one"), of("third", 50, "three"));
    let (second, before) = (of("second", 40, "two"), of("before", 5, "of the last release"));
    assert_eq!(seen(vec![old.clone(), third.clone(), first.clone()], 60), "first third");
    let late = vec![third, second, first, old, before];
    assert_eq!(seen(late.clone(), 65), "first second third");
    assert_eq!(seen([late.clone(), late].concat(), 70), "first second third");
}

fn said(event: &Event) -> String {
    match event {
        Event::Fact { label, text } => format!("{label}  {text}"),
        Event::Line { text, .. } => text.clone(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_service_that_wants_no_tasks_says_so_aloud() {
    let mut watch = Watch::new(followed(), at(20));
    let mut state = done();
    state.deployments[0].desired = 0;
    state.desired = 0;
    let look = glimpse(state, vec![deployment("d-2", 2, Status::Successful)]);
    let answer = watch.observe(&look, at(21), 0.5);
    assert!(answer.say.iter().map(said).any(|line| line.contains("wants 0 tasks")));
    assert!(matches!(answer.next, Next::Ended(end) if end.kind == EndKind::Successful));
}

#[test]
fn the_deployment_is_read_at_once_when_the_service_shows_a_change() {
    let mut watch = Watch::new(Followed { deployment: Some(arn("d-2")), ..followed() }, at(20));
    assert_eq!(watch.first(), Ask::one(&arn("d-2")));
    let rolls = Glimpse {
        listed: false,
        ..glimpse(under_way(), vec![deployment("d-2", 2, Status::InProgress)])
    };
    let Next::Look { ask, .. } = watch.observe(&rolls, at(20), 0.5).next else { panic!() };
    assert_eq!(ask.deployments, AskDeployments::Nothing, "nothing changed");
    let changed = Glimpse { deployments: Look::NotAsked, ..glimpse(done(), Vec::new()) };
    let Next::Look { ask, after } = watch.observe(&changed, at(25), 0.5).next else { panic!() };
    assert_eq!((ask.deployments, after.as_secs()), (AskDeployments::One(arn("d-2")), 0));
    let throttled = Glimpse { deployments: Look::Missed("throttled".to_owned()), ..changed };
    let Next::Look { after, .. } = watch.observe(&throttled, at(25), 0.5).next else { panic!() };
    assert_eq!(after.as_secs(), 5, "what is throttled is not asked again at once");
}

#[test]
fn looks_come_less_often_while_the_end_cannot_be_near() {
    let pause = |change: &dyn Fn(&mut ServiceState)| {
        let mut watch = Watch::new(Followed { deployment: Some(arn("d-2")), ..followed() }, at(20));
        let mut state = under_way();
        change(&mut state);
        let look = glimpse(state, vec![deployment("d-2", 2, Status::InProgress)]);
        match watch.observe(&look, at(20), 0.5).next {
            Next::Look { after, .. } => after.as_secs(),
            Next::Ended(_) => 0,
        }
    };
    assert_eq!(pause(&|_| ()), 10, "new tasks have to start, old ones to stop");
    assert_eq!(pause(&|state| state.deployments[0].failed = 1), 5, "a failure may end it");
    let all_run = |state: &mut ServiceState| state.deployments[0].running = 3;
    assert_eq!(pause(&all_run), 10, "old ones run");
    let drains = |state: &mut ServiceState| {
        all_run(state);
        state.deployments[1].running = 0;
    };
    assert_eq!(pause(&drains), 5, "what is left may end any moment");
    let staged = |state: &mut ServiceState| state.strategy = Some("CANARY".to_owned());
    assert_eq!(pause(&staged), 5, "stages go by their own times");
}

#[test]
fn polls_are_spread_by_a_fifth() {
    let pause = |jitter| {
        let mut watch = Watch::new(Followed { deployment: Some(arn("d-2")), ..followed() }, at(20));
        let mut state = under_way();
        state.deployments[0].failed = 1;
        let look = glimpse(state, vec![deployment("d-2", 2, Status::InProgress)]);
        match watch.observe(&look, at(20), jitter).next {
            Next::Look { after, .. } => after.as_millis(),
            Next::Ended(_) => 0,
        }
    };
    assert_eq!((pause(0.0), pause(0.5), pause(1.0)), (4000, 5000, 6000));
}

#[test]
fn a_count_is_reached_only_when_the_service_wants_it_and_runs_it() {
    let mut watch = CountWatch::new(ServiceName::new("web"), 2, BTreeSet::new(), at(3600), at(20));
    let counted = |desired, running| {
        let mut state = before();
        (state.desired, state.running) = (desired, running);
        Glimpse { deployments: Look::NotAsked, ..glimpse(state, Vec::new()) }
    };
    let stale = watch.observe(&counted(3, 3), at(21), 0.5);
    assert!(matches!(stale.next, Next::Look { .. }), "the look is older than our change");
    assert!(matches!(watch.observe(&counted(2, 3), at(26), 0.5).next, Next::Look { .. }));
    let end = watch.observe(&counted(2, 2), at(31), 0.5).next;
    assert!(matches!(end, Next::Ended(end) if end.kind == EndKind::Successful));
}

/// When a wait for two tasks ends while somebody else's count is seen, ours until `ours_until`.
fn another_count_ends(
    watch: CountWatch,
    (ours_until, theirs): (i64, u32),
) -> Option<(i64, EndKind)> {
    let mut watch = watch;
    (20..300).step_by(5).find_map(|second| {
        let mut state = before();
        (state.desired, state.running) =
            if second < ours_until { (2, 3) } else { (theirs, theirs) };
        let look = Glimpse { deployments: Look::NotAsked, ..glimpse(state, Vec::new()) };
        match watch.observe(&look, at(second), 0.5).next {
            Next::Ended(end) => Some((second, end.kind)),
            Next::Look { .. } => None,
        }
    })
}

#[test]
fn another_count_set_by_somebody_else_is_superseded() {
    let watch = || CountWatch::new(ServiceName::new("web"), 2, BTreeSet::new(), at(3600), at(20));
    let superseded = EndKind::Superseded { by: None, revision: None };
    assert_eq!(another_count_ends(watch(), (21, 5)), Some((55, superseded.clone())));
    assert_eq!(another_count_ends(watch(), (0, 5)), Some((80, superseded.clone())), "never ours");
    let lowered = another_count_ends(watch().or_more(), (0, 1));
    assert_eq!(lowered, Some((80, superseded)), "autoscaling took tasks away at once");
}

#[test]
fn a_deployment_in_the_way_is_over_when_it_is_terminal_however_it_ended() {
    for status in [Status::Successful, Status::RollbackSuccessful, Status::Stopped] {
        let name = ServiceName::new("web");
        let mut watch = SettleWatch::new(name, Some(arn("d-2")), BTreeSet::new(), at(3600), at(20));
        let going = glimpse(under_way(), vec![deployment("d-2", 2, Status::RollbackInProgress)]);
        assert!(matches!(watch.observe(&going, at(21), 0.5).next, Next::Look { .. }));
        let over = glimpse(before(), vec![deployment("d-2", 2, status)]);
        assert!(matches!(watch.observe(&over, at(26), 0.5).next, Next::Ended(_)));
    }
}

fn any_rollout() -> impl Strategy<Value = RolloutState> {
    prop_oneof![
        Just(RolloutState::InProgress),
        Just(RolloutState::Completed),
        Just(RolloutState::Failed),
        Just(RolloutState::Unknown("NEW".to_owned())),
    ]
}

fn any_state() -> impl Strategy<Value = ServiceState> {
    let entry = (1_u64..4, any_rollout());
    (entry, proptest::option::of((1_u64..4, any_rollout()))).prop_map(|(primary, active)| {
        let mut entries = vec![rolling("PRIMARY", primary.0, primary.1)];
        entries.extend(active.map(|(number, rollout)| rolling("ACTIVE", number, rollout)));
        service(entries)
    })
}

fn any_status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Pending),
        Just(Status::InProgress),
        Just(Status::StopRequested),
        Just(Status::Stopped),
        Just(Status::Successful),
        Just(Status::RollbackRequested),
        Just(Status::RollbackInProgress),
        Just(Status::RollbackSuccessful),
        Just(Status::RollbackFailed),
        Just(Status::Unknown("NEW".to_owned())),
    ]
}

fn any_glimpse() -> impl Strategy<Value = Glimpse> {
    let missed = |text: &str| text.to_owned();
    let deployments = prop_oneof![
        6 => proptest::collection::vec((1_u64..4, any_status()), 0..3).prop_map(|all| {
            let one = |(number, status): (u64, Status)| {
                deployment(&format!("d-{number}"), number, status)
            };
            Look::Seen(all.into_iter().map(one).collect())
        }),
        1 => Just(Look::NotAsked),
        1 => Just(Look::Missed(missed("throttled"))),
        1 => Just(Look::Denied(missed("denied"))),
    ];
    let service = prop_oneof![
        8 => any_state().prop_map(|state| Look::Seen(Some(state))),
        1 => Just(Look::Seen(None)),
        1 => Just(Look::Missed(missed("no answer"))),
    ];
    (service, deployments, any::<bool>()).prop_map(|(service, deployments, listed)| Glimpse {
        at: at(0),
        service,
        deployments,
        listed,
        stopped: Look::NotAsked,
        metrics: Look::NotAsked,
        alarms: Look::NotAsked,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is shown: success only at a look with our revision as PRIMARY, and either our
    /// deployment SUCCESSFUL or (degraded) its entry COMPLETED; and it ends by its deadline.
    #[test]
    fn success_is_never_a_guess_and_the_wait_always_ends(
        looks in proptest::collection::vec(any_glimpse(), 1..60),
    ) {
        let mut watch = Watch::new(Followed { deadline: at(400), ..followed() }, at(20));
        let mut now: Timestamp = at(20);
        for look in looks.iter().cycle().take(2000) {
            match watch.observe(look, now, 0.5).next {
                Next::Look { after, .. } => {
                    prop_assert!(now < at(400), "it goes on after its deadline");
                    now = now.after(after.max(std::time::Duration::from_millis(50)));
                }
                Next::Ended(end) => {
                    if end.kind == EndKind::Successful {
                        let Look::Seen(Some(state)) = &look.service else {
                            return Err(TestCaseError::fail("success without a look"));
                        };
                        let primary = state.primary().unwrap();
                        prop_assert_eq!(&primary.task_definition, &revision(2));
                        let successful = matches!(&look.deployments, Look::Seen(all) if all.iter()
                            .any(|one| one.arn == arn("d-2") && one.status == Status::Successful));
                        prop_assert!(successful || primary.rollout == RolloutState::Completed);
                    }
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "it does not end");
    }
}
