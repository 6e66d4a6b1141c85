//! Ten situations in which the usual `services-stable` waiter is wrong, and this one is right.
//! The usual one: success when there is one deployment and as many tasks run as are wanted.

use super::tests::{before, done, end_of, followed, glimpse, under_way};
use super::{EndKind, Followed, Glimpse, Look, Next, Waiter as _, Watch};
use crate::model::samples::{arn, at, deployment, rolling, service};
use crate::model::{RolloutState, ServiceDeploymentStatus as Status, ServiceState};

/// The waiter of the AWS CLI and SDKs (`length(deployments) == 1 && runningCount ==
/// desiredCount`; failure on DRAINING and INACTIVE).
fn usual_waiter_is_content(state: &ServiceState) -> bool {
    state.is_active() && state.deployments.len() == 1 && state.running == state.desired
}

fn ours(glimpse: &Glimpse) -> String {
    end_of(&mut Watch::new(followed(), at(20)), glimpse)
}

#[test]
fn flaw_1_after_a_rollback_the_old_deployment_alone_is_no_success() {
    let state = before();
    assert!(usual_waiter_is_content(&state));
    let rolled_back = glimpse(state, vec![deployment("d-2", 2, Status::RollbackSuccessful)]);
    assert!(ours(&rolled_back).contains("failed, rolled back"));
}

#[test]
fn flaw_2_a_look_from_before_our_change_is_no_success() {
    let state = before();
    assert!(usual_waiter_is_content(&state));
    let mut watch = Watch::new(followed(), at(20));
    let stale = glimpse(state, vec![deployment("d-1", 1, Status::Successful)]);
    for second in 20..60 {
        assert!(matches!(watch.observe(&stale, at(second), 0.5).next, Next::Look { .. }));
    }
    let fresh = glimpse(done(), vec![deployment("d-2", 2, Status::Successful)]);
    assert!(end_of(&mut watch, &fresh).contains("done"));
}

#[test]
fn flaw_3_no_tasks_wanted_is_no_reason_to_stop_looking() {
    let mut state = before();
    (state.desired, state.running) = (0, 0);
    assert!(usual_waiter_is_content(&state));
    let nothing = glimpse(state, vec![deployment("d-2", 2, Status::InProgress)]);
    assert!(ours(&nothing).contains("still going on at the deadline"));
}

#[test]
fn flaw_4_a_failed_rollout_is_seen_although_nothing_moves_any_more() {
    let mut state = service(vec![rolling("PRIMARY", 2, RolloutState::Failed)]);
    state.running = 0;
    assert!(!usual_waiter_is_content(&state), "it waits until its own time is over");
    let failed = glimpse(state, vec![deployment("d-2", 2, Status::InProgress)]);
    assert!(ours(&failed).starts_with("45 s: failed, not rolled back"));
}

#[test]
fn flaw_5_a_crash_loop_is_told_while_it_goes_on() {
    let mut state = under_way();
    state.deployments[0].failed = 4;
    assert!(!usual_waiter_is_content(&state), "it says nothing");
    let mut watch = Watch::new(followed(), at(20));
    let look = glimpse(state, vec![deployment("d-2", 2, Status::InProgress)]);
    let answer = watch.observe(&look, at(20), 0.5);
    assert!(format!("{:?}", answer.say).contains("4 tasks failed so far"));
    assert!(matches!(answer.next, Next::Look { ask, .. } if ask.stopped), "and asks why");
}

#[test]
fn flaw_6_a_service_of_another_controller_is_refused_before_the_start() {
    use crate::model::Goal;
    use crate::model::samples::{look, seen, wanted};
    let mut state = before();
    state.controller = Some("CODE_DEPLOY".to_owned());
    state.deployments.clear();
    assert!(!usual_waiter_is_content(&state), "it is never content");
    let wanted = wanted(Goal::Full, 2);
    let observed = look(seen(Some(state), Vec::new(), &[1]));
    let plan = crate::plan::next(&wanted, &observed, &crate::plan::History::default(), at(0));
    let checked = crate::check::before(&wanted, &observed, &plan);
    assert!(checked[0].finding.message.contains("deployed by CODE_DEPLOY"));
}

#[test]
fn flaw_7_draining_tasks_of_before_do_not_delay_the_end() {
    let mut state = under_way();
    state.deployments[0].rollout = RolloutState::Completed;
    assert!(!usual_waiter_is_content(&state), "two deployments are listed");
    let look = glimpse(state, vec![deployment("d-2", 2, Status::Successful)]);
    assert!(ours(&look).starts_with("0 s: done"));
}

#[test]
fn flaw_8_a_count_changed_by_autoscaling_does_not_delay_or_fake_the_end() {
    let mut state = done();
    state.desired = 6;
    assert!(!usual_waiter_is_content(&state));
    let look = glimpse(state, vec![deployment("d-2", 2, Status::Successful)]);
    assert!(ours(&look).starts_with("0 s: done"));
}

#[test]
fn flaw_9_a_newer_deployment_of_somebody_else_is_not_ours() {
    let state = service(vec![rolling("PRIMARY", 3, RolloutState::Completed)]);
    assert!(usual_waiter_is_content(&state));
    let theirs = deployment("d-3", 3, Status::Successful);
    let look = glimpse(state, vec![theirs, deployment("d-2", 2, Status::Stopped)]);
    assert!(ours(&look).contains("superseded"));
}

#[test]
fn flaw_10_an_early_success_with_two_deployments_left_is_success() {
    let state = under_way();
    assert!(!usual_waiter_is_content(&state), "the old deployment is cleaned up later");
    let look = glimpse(state, vec![deployment("d-2", 2, Status::Successful)]);
    let mut watch = Watch::new(Followed { deployment: Some(arn("d-2")), ..followed() }, at(20));
    let Next::Ended(end) = watch.observe(&look, at(20), 0.5).next else { panic!("it goes on") };
    assert_eq!(end.kind, EndKind::Successful);
    assert!(matches!(look.deployments, Look::Seen(_)));
}
