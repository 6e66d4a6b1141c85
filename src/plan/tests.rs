//! Plans, from small worlds.

use super::{
    Attempt, History, Phase, Plan, Precheck, RevisionRef, Sent, ServiceHistory, Step, next,
    precheck,
};
use crate::check;
use crate::model::samples::{
    arn, at, deployment, live, look, revision, rolling, seen, service, spec, wanted,
};
use crate::model::{
    AfterFull, BreakerRule, BreakerSetting, CountRule, Goal, ImageRule, Knowledge, Observed,
    Outcome, OutcomeKind, RolloutState, ServiceDeploymentStatus as Status, ServiceName,
    ServiceWanted, Wanted,
};
use crate::watch::{End, EndKind};
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

fn web() -> ServiceName {
    ServiceName::new("web")
}

/// Revision 1 runs since deployment `d-1`.
fn settled() -> Observed {
    let state = service(vec![rolling("PRIMARY", 1, RolloutState::Completed)]);
    look(seen(Some(state), vec![deployment("d-1", 1, Status::Successful)], &[1]))
}

fn plan_of(wanted: &Wanted, observed: &Observed) -> Plan {
    let mut history = History::default();
    history.look(observed);
    next(wanted, observed, &history, at(0))
}

fn words(plan: &Plan) -> String {
    plan.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The request of the first step that has one.
fn request(plan: &Plan) -> Value {
    let request = plan.steps.iter().find_map(|step| match step {
        Step::CreateService { request, .. } | Step::UpdateService { request, .. } => Some(request),
        _ => None,
    });
    Value::Object(request.unwrap().body().clone())
}

#[test]
fn a_first_deploy_registers_creates_and_waits() {
    let observed = look(seen(None, Vec::new(), &[]));
    let plan = plan_of(&wanted(Goal::Full, 1), &observed);
    assert_snapshot!(words(&plan), @r"
    first revision of web
    create service web with the new revision, 3 wanted
    wait until web runs the new revision and ECS calls it done
    ");
    assert_eq!(
        request(&plan),
        json!({
            "cluster": "prod", "serviceName": "web", "desiredCount": 3,
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": { "enable": true, "rollback": true }
            },
            "enableECSManagedTags": true, "propagateTags": "TASK_DEFINITION",
        })
    );
}

#[test]
fn a_later_deploy_sends_only_what_is_declared() {
    let plan = plan_of(&wanted(Goal::Full, 2), &settled());
    assert_snapshot!(words(&plan), @r"
    hold the lease of web: full release
    web:1 -> new revision: image
    update service web to the new revision
    wait until web runs the new revision and ECS calls it done
    ");
    assert_eq!(request(&plan), json!({ "cluster": "prod", "service": "web" }));
}

#[test]
fn declared_settings_are_sent_in_the_spelling_of_the_api() {
    let mut wanted = wanted(Goal::Full, 2);
    let service = wanted.full.as_mut().unwrap();
    service.percents = Some("0/100".parse().unwrap());
    service.count = CountRule::Always(2);
    service.breaker = BreakerRule::Set(BreakerSetting { enabled: true, rollback: false });
    service.health_grace_seconds = Some(60);
    service.update_extra.insert("networkConfiguration".to_owned(), json!({ "awsvpc": 1 }));
    assert_eq!(
        request(&plan_of(&wanted, &settled())),
        json!({
            "cluster": "prod", "service": "web", "desiredCount": 2,
            "deploymentConfiguration": {
                "maximumPercent": 100, "minimumHealthyPercent": 0,
                "deploymentCircuitBreaker": { "enable": true, "rollback": false },
            },
            "healthCheckGracePeriodSeconds": 60, "networkConfiguration": { "awsvpc": 1 },
        })
    );
}

#[test]
fn ecs_cli_counts_the_present_tasks_and_makes_one_of_none() {
    let mut wanted = wanted(Goal::Service, 2);
    wanted.full.as_mut().unwrap().count = CountRule::EcsCli;
    for (present, sent) in [(3, 3), (0, 1)] {
        let mut observed = settled();
        observed.services.get_mut(&web()).unwrap().state.as_mut().unwrap().desired = present;
        assert_eq!(request(&plan_of(&wanted, &observed))["desiredCount"], sent);
    }
    let missing = look(seen(None, Vec::new(), &[]));
    assert_eq!(request(&plan_of(&wanted, &missing))["desiredCount"], 1);
}

#[test]
fn by_force_a_count_is_sent_although_it_is_so_with_what_was_declared() {
    let mut wanted = wanted(Goal::Scale, 0);
    let service = wanted.full.as_mut().unwrap();
    let desired = settled().state(&web()).unwrap().desired;
    service.count = CountRule::Always(desired);
    service.update_extra.insert("networkConfiguration".to_owned(), json!({ "awsvpc": 1 }));
    assert_eq!(plan_of(&wanted, &settled()).outcome().unwrap().outcome, OutcomeKind::NoChange);
    wanted.full.as_mut().unwrap().force = true;
    let sent = request(&plan_of(&wanted, &settled()));
    assert_eq!(sent["desiredCount"], desired);
    assert_eq!(sent["networkConfiguration"], json!({ "awsvpc": 1 }));
}

#[test]
fn what_a_service_has_is_started_once_more_by_force_only() {
    let mut wanted = wanted(Goal::Service, 2);
    let service = wanted.full.as_mut().unwrap();
    (service.task, service.force) = (None, true);
    let plan = plan_of(&wanted, &settled());
    assert_eq!(request(&plan)["forceNewDeployment"], true);
    assert!(matches!(plan.steps.last(), Some(Step::Wait(_))), "{plan:?}");
    wanted.full.as_mut().unwrap().force = false;
    assert_eq!(plan_of(&wanted, &settled()).outcome().unwrap().outcome, OutcomeKind::Internal);
}

#[test]
fn nothing_to_change_is_the_end() {
    let plan = plan_of(&wanted(Goal::Full, 1), &settled());
    assert_eq!(plan.outcome().unwrap().outcome, OutcomeKind::NoChange);
}

#[test]
fn another_count_or_other_per_cents_start_no_deployment() {
    let mut wanted = wanted(Goal::Full, 1);
    wanted.full.as_mut().unwrap().percents = Some("50/200".parse().unwrap());
    assert_snapshot!(words(&plan_of(&wanted, &settled())), @r"
    hold the lease of web: full release
    update service web
    ");
    wanted.full.as_mut().unwrap().count = CountRule::Always(5);
    assert_snapshot!(words(&plan_of(&wanted, &settled())), @r"
    hold the lease of web: full release
    update service web, 5 wanted
    wait until web runs 5 tasks
    ");
}

#[test]
fn a_deployment_of_ours_under_way_is_waited_for_and_not_sent_again() {
    let state = service(vec![
        rolling("PRIMARY", 2, RolloutState::InProgress),
        rolling("ACTIVE", 1, RolloutState::Completed),
    ]);
    let both =
        vec![deployment("d-2", 2, Status::InProgress), deployment("d-1", 1, Status::Successful)];
    let plan = plan_of(&wanted(Goal::Full, 2), &look(seen(Some(state), both, &[1, 2])));
    assert_snapshot!(words(&plan), @r"
    hold the lease of web: full release
    wait until web runs web:2 and ECS calls it done
    ");
}

#[test]
fn an_earlier_try_that_is_taken_back_is_waited_for_first() {
    let state = service(vec![rolling("PRIMARY", 1, RolloutState::InProgress)]);
    let back = deployment("d-2", 2, Status::RollbackInProgress);
    let plan = plan_of(&wanted(Goal::Full, 2), &look(seen(Some(state), vec![back], &[1, 2])));
    assert_snapshot!(words(&plan), @r"
    hold the lease of web: full release
    wait for the end of the deployment that is under way on web
    ");
}

#[test]
fn a_revision_that_this_release_registered_before_is_used_again() {
    let mut observed = settled();
    observed.services.get_mut(&web()).unwrap().revisions = Knowledge::Known(vec![live(2), live(1)]);
    assert_snapshot!(words(&plan_of(&wanted(Goal::Full, 2), &observed)), @r"
    hold the lease of web: full release
    use web:2: registered by this release before
    update service web to web:2
    wait until web runs web:2 and ECS calls it done
    ");
    // The same content of another commit is not: a rollback by commit would miss it.
    let mut other = wanted(Goal::Full, 2);
    other.identity = crate::model::samples::identity(7);
    let plan = plan_of(&other, &observed);
    assert!(matches!(plan.steps[1], Step::Register { .. }), "{}", words(&plan));
}

#[test]
fn a_registered_revision_carries_who_released_what() {
    let plan = plan_of(&wanted(Goal::Full, 2), &settled());
    let Step::Register { tags, .. } = &plan.steps[1] else { panic!("{}", words(&plan)) };
    let text: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_snapshot!(text.join("\n"), @r"
    ecs-canary:commit=0000000000000000000000000000000000000002
    ecs-canary:digest=sha256:0000000000000000000000000000000000000000000000000000000000000002
    ecs-canary:image=registry.example/web:2
    ecs-canary:job=1002
    ecs-canary:pipeline=2
    ");
}

#[test]
fn a_failed_rollout_of_the_same_revision_is_started_anew() {
    let state = service(vec![rolling("PRIMARY", 2, RolloutState::Failed)]);
    let failed = deployment("d-2", 2, Status::Stopped);
    let plan = plan_of(&wanted(Goal::Full, 2), &look(seen(Some(state), vec![failed], &[2])));
    assert_snapshot!(words(&plan), @r"
    hold the lease of web: full release
    deploy anew service web to web:2
    wait until web runs web:2 and ECS calls it done
    ");
    assert_eq!(request(&plan)["forceNewDeployment"], true);
}

#[test]
fn held_image_goes_before_the_given_one_when_asked_for() {
    let mut observed = settled();
    let mut held = live(1);
    held.tags = crate::model::samples::identity(5).tags();
    observed.services.get_mut(&web()).unwrap().revisions = Knowledge::Known(vec![held]);
    let mut wanted = wanted(Goal::Full, 5);
    wanted.full.as_mut().unwrap().image_rule = ImageRule::HeldFirst;
    let plan = plan_of(&wanted, &observed);
    assert_eq!(plan.outcome().unwrap().outcome, OutcomeKind::NoChange, "{}", words(&plan));
}

fn with_canary(mut wanted: Wanted, after: AfterFull) -> Wanted {
    let full = wanted.full.clone().unwrap();
    let name = ServiceName::new("web-canary");
    let task = full.task.clone().map(|task| task.with_family("web-canary"));
    wanted.canary = Some(ServiceWanted { name, task, count: CountRule::Always(1), ..full });
    wanted.after_full = after;
    wanted
}

/// The full service runs revision 1; the canary service runs revision 2 of another family.
fn settled_with_canary() -> Observed {
    let mut observed = settled();
    let mut state = service(vec![rolling("PRIMARY", 2, RolloutState::Completed)]);
    state.name = ServiceName::new("web-canary");
    state.desired = 1;
    state.running = 1;
    let canary = seen(Some(state), vec![deployment("d-2", 2, Status::Successful)], &[2]);
    observed.services.insert(ServiceName::new("web-canary"), canary);
    observed
}

#[test]
fn after_a_full_release_the_canary_is_kept_emptied_or_removed() {
    let observed = settled_with_canary();
    let keep = with_canary(wanted(Goal::Full, 1), AfterFull::Keep);
    assert_snapshot!(words(&plan_of(&keep, &observed)), @r"
    hold the lease of web: full release is there, cleaning up
    web:2 -> new revision: image
    update service web-canary to the new revision, 1 wanted
    wait until web-canary runs the new revision and ECS calls it done
    ");
    let zero = with_canary(wanted(Goal::Full, 1), AfterFull::Zero);
    assert_snapshot!(words(&plan_of(&zero, &observed)), @r"
    hold the lease of web: full release is there, cleaning up
    update service web-canary, 0 wanted
    wait until web-canary runs 0 tasks
    ");
    let remove = with_canary(wanted(Goal::Full, 1), AfterFull::Remove);
    assert_snapshot!(words(&plan_of(&remove, &observed)), @r"
    hold the lease of web: full release is there, cleaning up
    delete service web-canary
    ");
}

#[test]
fn one_service_is_changed_at_a_time() {
    let mut both = with_canary(wanted(Goal::Full, 1), AfterFull::Keep);
    both.full.as_mut().unwrap().percents = Some("50/200".parse().unwrap());
    assert_snapshot!(words(&plan_of(&both, &settled_with_canary())), @r"
    hold the lease of web: full release
    update service web
    ");
}

#[test]
fn a_canary_that_does_not_exist_is_not_made_by_a_full_release() {
    let mut observed = settled();
    observed.services.insert(ServiceName::new("web-canary"), seen(None, Vec::new(), &[]));
    let keep = with_canary(wanted(Goal::Full, 1), AfterFull::Keep);
    assert_eq!(plan_of(&keep, &observed).outcome().unwrap().outcome, OutcomeKind::NoChange);
}

/// Our deployment of revision 2 ended so.
fn ended(kind: EndKind) -> History {
    let observed = settled();
    let mut history = History::default();
    history.look(&observed);
    let sent =
        Sent { revision: revision(2), at: at(20), primary: None, current: None, before: None };
    history.of_mut(&web()).forward = Attempt {
        revision: Some(live(2)),
        sent: Some(sent),
        ended: Some(End::new(kind, "the container ends with exit code 1")),
        lost: None,
    };
    history
}

#[test]
fn a_failure_that_ecs_did_not_take_back_is_taken_back_by_us() {
    let state = service(vec![rolling("PRIMARY", 2, RolloutState::Failed)]);
    let all = vec![deployment("d-2", 2, Status::Stopped), deployment("d-1", 1, Status::Successful)];
    let observed = look(seen(Some(state), all, &[1, 2]));
    let mut history = ended(EndKind::FailedNotRolledBack);
    let plan = next(&wanted(Goal::Full, 2), &observed, &history, at(0));
    assert_snapshot!(words(&plan), @r"
    hold the lease of web: full release
    take back service web to web:1
    wait until web runs web:1 and ECS calls it done
    ");
    assert_eq!(request(&plan), json!({ "cluster": "prod", "service": "web" }));
    let back = &mut history.of_mut(&web()).back;
    back.sent = Some(Sent {
        revision: revision(1),
        at: at(90),
        primary: None,
        current: None,
        before: None,
    });
    back.ended = Some(End::new(EndKind::Successful, "done"));
    let plan = next(&wanted(Goal::Full, 2), &observed, &history, at(0));
    let outcome = plan.outcome().unwrap();
    assert_eq!(outcome.outcome, OutcomeKind::FailedRolledBack);
    assert_snapshot!(outcome.reason.clone().unwrap(), @"the container ends with exit code 1; this job took it back to web:1");
}

#[test]
fn each_end_of_our_deployment_has_its_outcome() {
    let superseded = EndKind::Superseded { by: None, revision: None };
    let table = [
        (EndKind::Successful, OutcomeKind::Succeeded),
        (EndKind::FailedRolledBack, OutcomeKind::FailedRolledBack),
        (EndKind::RollbackFailed, OutcomeKind::FailedNotRolledBack),
        (EndKind::Stopped { rolled_back: true }, OutcomeKind::FailedRolledBack),
        (EndKind::Stopped { rolled_back: false }, OutcomeKind::FailedNotRolledBack),
        (superseded, OutcomeKind::Superseded),
        (EndKind::TimedOut, OutcomeKind::TimedOut),
        (EndKind::CouldNotTell, OutcomeKind::TimedOut),
        (EndKind::Denied, OutcomeKind::Denied),
        (EndKind::Cancelled, OutcomeKind::Cancelled),
    ];
    for (end, outcome) in table {
        let mut history = ended(end.clone());
        history.tagging_denied = true;
        let plan = next(&wanted(Goal::Full, 2), &settled(), &history, at(0));
        assert_eq!(plan.outcome().unwrap().outcome, outcome, "{end:?}");
    }
}

#[test]
fn planning_after_the_end_gives_the_end() {
    let mut history = History::default();
    let outcome = Outcome::new(OutcomeKind::Superseded).because("somebody else");
    history.outcome = Some(outcome.clone());
    let plan = next(&wanted(Goal::Full, 2), &settled(), &history, at(0));
    assert_eq!(plan.outcome(), Some(&outcome));
}

#[test]
fn after_the_deadline_nothing_new_is_begun() {
    let plan = next(&wanted(Goal::Full, 2), &settled(), &History::default(), at(200_000));
    assert_eq!(plan.outcome().unwrap().outcome, OutcomeKind::TimedOut);
}

#[test]
fn a_lost_answer_is_looked_for_before_the_change_is_sent_again() {
    let mut observed = settled();
    let mut history = History::default();
    history.look(&observed);
    let lost = super::Lost { operation: "ecs:UpdateService".to_owned(), at: observed.at };
    history.of_mut(&web()).forward.revision = Some(live(2));
    history.of_mut(&web()).forward.lost = Some(lost);
    let plan = next(&wanted(Goal::Full, 2), &observed, &history, at(0));
    assert_snapshot!(words(&plan), @r"
    hold the lease of web: full release
    the answer of ecs:UpdateService was lost: look whether it was done
    ");
    observed.at = at(1021);
    let plan = next(&wanted(Goal::Full, 2), &observed, &history, at(0));
    assert!(matches!(plan.steps[1], Step::UpdateService { .. }), "{}", words(&plan));
}

#[test]
fn a_change_by_somebody_else_between_look_and_step_is_a_conflict() {
    let plan = plan_of(&wanted(Goal::Full, 2), &settled());
    let step = plan.steps.iter().find(|step| matches!(step, Step::UpdateService { .. })).unwrap();
    assert_eq!(precheck(step, &settled()), Precheck::Ready);
    let theirs = service(vec![rolling("PRIMARY", 9, RolloutState::InProgress)]);
    let theirs = look(seen(Some(theirs), Vec::new(), &[]));
    let Precheck::Conflict { expected, found } = precheck(step, &theirs) else { panic!() };
    assert_snapshot!(format!("expected {expected}, found {found}"), @"expected web:1 (ecs-svc/1), found web:9 (ecs-svc/9)");
}

#[test]
fn what_somebody_deploys_after_this_run_began_is_not_deployed_over() {
    for goal in [Goal::Full, Goal::Rollback(crate::model::RollbackTo::LastGood)] {
        let mut history = History::default();
        history.look(&settled());
        // The services are still shown as they were.
        let state = service(vec![rolling("PRIMARY", 1, RolloutState::Completed)]);
        let both = vec![
            deployment("d-9", 9, Status::InProgress),
            deployment("d-1", 1, Status::Successful),
        ];
        let theirs = look(seen(Some(state), both, &[1, 9]));
        history.of_mut(&web()).forward.revision = Some(live(2));
        let plan = next(&wanted(goal.clone(), 2), &theirs, &history, at(0));
        let outcome = plan.outcome().unwrap_or_else(|| panic!("{goal:?}: {}", words(&plan)));
        assert_eq!(outcome.refusal, Some(crate::model::Refusal::OtherRelease), "{goal:?}");
    }
}

#[test]
fn a_step_whose_effect_is_there_already_is_done() {
    let create = Step::CreateService {
        service: web(),
        request: crate::model::ServiceRequest::new(serde_json::Map::new()),
        revision: RevisionRef::Known(revision(1)),
    };
    assert_eq!(precheck(&create, &settled()), Precheck::Done);
    let stop = Step::StopDeployment { service: web(), deployment: arn("d-1"), target: None };
    assert_eq!(precheck(&stop, &settled()), Precheck::Done);
}

#[test]
fn rollback_notes_what_it_is_about_to_do_before_it_does_it() {
    let state = service(vec![rolling("PRIMARY", 2, RolloutState::Completed)]);
    let all =
        vec![deployment("d-2", 2, Status::Successful), deployment("d-1", 1, Status::Successful)];
    let observed = look(seen(Some(state), all, &[1, 2]));
    let wanted = wanted(Goal::Rollback(crate::model::RollbackTo::LastGood), 0);
    let mut history = History::default();
    history.look(&observed);
    let plan = next(&wanted, &observed, &history, at(0));
    assert_snapshot!(words(&plan), @r"
    hold the lease of web: taking back
    note it in the tags of web
    use web:1: the release to go back to
    update service web to web:1
    wait until web runs web:1 and ECS calls it done
    ");
    let Step::Remember { tags, .. } = &plan.steps[1] else { panic!() };
    assert_snapshot!(tags["ecs-canary:rollback"], @"open web:2 to web:1 by 1000");
    history.tagging_denied = true;
    assert_snapshot!(words(&next(&wanted, &observed, &history, at(0))), @r"
    hold the lease of web: taking back
    use web:1: the release to go back to
    update service web to web:1
    wait until web runs web:1 and ECS calls it done
    ");
}

fn any_observed() -> impl Strategy<Value = Observed> {
    let rollout = prop_oneof![
        Just(RolloutState::InProgress),
        Just(RolloutState::Completed),
        Just(RolloutState::Failed),
    ];
    let status = prop_oneof![
        Just(Status::InProgress),
        Just(Status::Successful),
        Just(Status::Stopped),
        Just(Status::RollbackInProgress),
        Just(Status::RollbackSuccessful),
        Just(Status::RollbackFailed),
        Just(Status::Unknown("NEW".to_owned())),
    ];
    let one = (1_u64..5, status);
    let state = proptest::option::of((1_u64..5, rollout));
    (state, proptest::collection::vec(one, 0..4), any::<bool>(), any::<bool>()).prop_map(
        |(state, all, known, active)| {
            let state =
                state.map(|(number, rollout)| service(vec![rolling("PRIMARY", number, rollout)]));
            let all = all
                .into_iter()
                .map(|(number, status)| deployment(&format!("d-{number}"), number, status));
            let mut web = seen(state, all.collect(), &[1, 2, 3, 4]);
            if let Knowledge::Known(revisions) = &mut web.revisions {
                for revision in revisions.iter_mut().filter(|one| one.arn == revision_of(3)) {
                    revision.active = active;
                }
            }
            if !known {
                web.deployments = Knowledge::CouldNotTell("denied".to_owned());
            }
            look(web)
        },
    )
}

fn revision_of(number: u64) -> crate::model::TaskDefArn {
    revision(number)
}

fn any_goal() -> impl Strategy<Value = Goal> {
    use crate::model::RollbackTo;
    prop_oneof![
        Just(Goal::Full),
        Just(Goal::Service),
        Just(Goal::Rollback(RollbackTo::LastGood)),
        Just(Goal::Rollback(RollbackTo::Commit(format!("{:0>40}", 2)))),
        Just(Goal::Rollback(RollbackTo::Revision("3".to_owned()))),
    ]
}

fn any_end() -> impl Strategy<Value = EndKind> {
    prop_oneof![
        Just(EndKind::Successful),
        Just(EndKind::FailedRolledBack),
        Just(EndKind::FailedNotRolledBack),
        Just(EndKind::TimedOut),
        Just(EndKind::CouldNotTell),
    ]
}

fn any_history() -> impl Strategy<Value = Option<(u64, Option<EndKind>)>> {
    proptest::option::of((1_u64..5, proptest::option::of(any_end())))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is seen and was done: a plan has a next step, breaks no rule of the checker,
    /// and is the same when it is made again.
    #[test]
    fn a_plan_is_never_empty_never_forbidden_and_always_the_same(
        observed in any_observed(), goal in any_goal(), tried in any_history(),
    ) {
        let wanted = wanted(goal, 4);
        let mut history = History::default();
        history.look(&observed);
        if let Some((number, end)) = tried {
            let sent = Sent {
                revision: revision(number), at: at(20), primary: None, current: None,
                before: None,
            };
            history.of_mut(&web()).forward = Attempt {
                revision: Some(live(number)),
                sent: Some(sent),
                ended: end.map(|kind| End::new(kind, "so it ended")),
                lost: None,
            };
        }
        let plan = next(&wanted, &observed, &history, at(0));
        prop_assert!(plan.first().is_some());
        let violations = check::plan(&plan, &wanted, &observed, &history);
        prop_assert!(violations.is_empty(), "{violations:?} in {}", words(&plan));
        prop_assert_eq!(&plan, &next(&wanted, &observed, &history, at(0)));
        if let Some(outcome) = plan.outcome() {
            history.outcome = Some(outcome.clone());
            let again = next(&wanted, &observed, &history, at(0));
            prop_assert_eq!(again.outcome(), Some(outcome));
        }
    }
}

/// Plans hold phases that only tests of failures reach.
#[test]
fn the_way_back_is_marked_as_such() {
    let state = service(vec![rolling("PRIMARY", 2, RolloutState::Failed)]);
    let all = vec![deployment("d-1", 1, Status::Successful)];
    let observed = look(seen(Some(state), all, &[1, 2]));
    let history = ended(EndKind::FailedNotRolledBack);
    let plan = next(&wanted(Goal::Full, 2), &observed, &history, at(0));
    let phase = plan.steps.iter().find_map(|step| match step {
        Step::UpdateService { phase, .. } => Some(*phase),
        _ => None,
    });
    assert_eq!(phase, Some(Phase::Back));
    assert_eq!(spec(2).family(), "web");
    assert!(!ServiceHistory::default().was_touched());
}
