//! Choosing what to go back to.

use super::{Intent, NoTarget, counterpart, good_releases, respec, target, was_released};
use crate::model::samples::{at, deployment, live, revision, rolling, seen, service};
use crate::model::{
    CommitSha, Knowledge, ObservedService, RollbackTo, RolloutState,
    ServiceDeploymentStatus as Status, tag_keys,
};
use insta::assert_snapshot;

/// Deployments in order, each `(revision, status)`, ten seconds apart; the last one's revision
/// is what the service wants, unless it was taken back.
fn history(all: &[(u64, Status)], running: u64) -> ObservedService {
    let moving = all.last().is_some_and(|(_, status)| !status.is_terminal());
    let rollout = if moving { RolloutState::InProgress } else { RolloutState::Completed };
    let state = service(vec![rolling("PRIMARY", running, rollout)]);
    let mut deployments = Vec::new();
    for (order, (number, status)) in (0_i64..).zip(all) {
        let mut one = deployment(&format!("d-{order}"), *number, status.clone());
        one.created_at = at(order * 10);
        deployments.insert(0, one);
    }
    seen(Some(state), deployments, &[1, 2, 3, 4, 5])
}

fn chosen(service: &ObservedService) -> String {
    match target(service, &RollbackTo::LastGood, Some(77)) {
        Ok(target) => target.revision.arn.short().to_owned(),
        Err(why) => why.to_string(),
    }
}

const GOOD: Status = Status::Successful;

#[test]
fn the_target_is_the_last_good_release_and_not_minus_one() {
    let failed = Status::RollbackSuccessful;
    let all = [(1, GOOD), (2, GOOD), (3, failed.clone()), (4, failed), (5, GOOD)];
    assert_eq!(chosen(&history(&all, 5)), "web:2");
}

#[test]
fn what_was_taken_back_is_no_release_to_go_back_to() {
    let all = [(1, GOOD), (2, GOOD), (3, GOOD), (2, GOOD)];
    assert_eq!(chosen(&history(&all, 2)), "web:1");
    let again = [(1, GOOD), (2, GOOD), (1, GOOD), (2, GOOD)];
    assert_eq!(chosen(&history(&again, 2)), "web:1");
}

#[test]
fn while_a_new_release_is_under_way_the_one_that_ran_before_is_the_target() {
    assert_eq!(chosen(&history(&[(1, GOOD), (2, GOOD), (3, Status::InProgress)], 3)), "web:2");
    let going_back = Status::RollbackInProgress;
    assert_eq!(chosen(&history(&[(1, GOOD), (2, GOOD), (3, going_back)], 2)), "web:2");
}

#[test]
fn a_way_back_that_is_under_way_keeps_its_target() {
    assert_eq!(
        chosen(&history(&[(1, GOOD), (2, GOOD), (3, GOOD), (2, Status::InProgress)], 2)),
        "web:2"
    );
}

#[test]
fn the_same_release_deployed_again_is_one_release() {
    assert_eq!(chosen(&history(&[(1, GOOD), (2, GOOD), (2, GOOD), (2, GOOD)], 2)), "web:1");
}

#[test]
fn the_only_release_has_nothing_before_it() {
    assert_snapshot!(chosen(&history(&[(1, GOOD)], 1)), @"no release before web:1 succeeded and is left to go back to");
}

#[test]
fn a_deregistered_release_is_never_a_target() {
    let mut service = history(&[(1, GOOD), (2, GOOD), (3, GOOD)], 3);
    let Knowledge::Known(revisions) = &mut service.revisions else { panic!() };
    revisions.iter_mut().find(|one| one.arn == revision(2)).unwrap().active = false;
    assert_eq!(chosen(&service), "web:1");
    let asked = RollbackTo::Revision("web:2".to_owned());
    let why = target(&service, &asked, None).unwrap_err();
    assert_eq!(why, NoTarget::Inactive { revision: "web:2".to_owned() });
}

#[test]
fn our_tags_remember_what_ecs_has_forgotten() {
    let mut service = history(&[(5, GOOD)], 5);
    let Knowledge::Known(revisions) = &mut service.revisions else { panic!() };
    for (number, second) in [(3, 20), (4, 10)] {
        let revision = revisions.iter_mut().find(|one| one.arn == revision(number)).unwrap();
        revision.tags.insert(tag_keys::SUCCEEDED.to_owned(), at(second - 1000).to_string());
    }
    assert_eq!(chosen(&service), "web:3", "the one that succeeded last, not the highest number");
}

#[test]
fn without_history_and_tags_it_could_not_be_told() {
    let mut service = history(&[(1, GOOD), (2, GOOD)], 2);
    service.deployments = Knowledge::CouldNotTell("denied".to_owned());
    assert_snapshot!(chosen(&service), @"could not tell what succeeded before web:2: denied");
}

#[test]
fn a_rollback_that_was_begun_goes_on_to_the_same_release() {
    let mut service = history(&[(1, GOOD), (2, GOOD), (3, GOOD), (2, GOOD)], 2);
    let begun = Intent::open(&revision(3), &revision(2), Some(1));
    service.state.as_mut().unwrap().tags = begun.tags();
    assert_eq!(chosen(&service), "web:2");
    service.state.as_mut().unwrap().tags = begun.clone().done().tags();
    assert_eq!(chosen(&service), "web:1", "it was finished, and this is another job");
    let same_job = Intent { job: Some(77), ..begun.done() };
    service.state.as_mut().unwrap().tags = same_job.tags();
    assert_eq!(chosen(&service), "web:2", "it was finished by this very job");
}

#[test]
fn a_note_of_an_old_rollback_is_void_after_a_later_deploy() {
    let mut service = history(&[(1, GOOD), (2, GOOD), (1, GOOD), (4, GOOD)], 4);
    let old = Intent::open(&revision(2), &revision(1), Some(1));
    service.state.as_mut().unwrap().tags = old.tags();
    assert_eq!(chosen(&service), "web:1", "by history, and not by the note");
    let stale = Intent::open(&revision(9), &revision(8), Some(1));
    service.state.as_mut().unwrap().tags = stale.tags();
    assert_eq!(chosen(&service), "web:1");
}

#[test]
fn a_note_survives_the_way_through_a_tag() {
    let open = Intent::open(&revision(3), &revision(2), Some(81));
    assert_eq!(open.to_string(), "open web:3 to web:2 by 81");
    assert_eq!(Intent::parse(&open.to_string()), Some(open.clone()));
    let nobody = Intent { job: None, ..open };
    assert_eq!(Intent::parse(&nobody.to_string()), Some(nobody));
    assert_eq!(Intent::parse("something else"), None);
}

#[test]
fn a_commit_is_found_by_its_beginning_of_at_least_seven_digits() {
    let service = history(&[(1, GOOD), (2, GOOD)], 2);
    let by = |commit: &str| {
        let to = RollbackTo::Commit(commit.to_owned());
        match target(&service, &to, None) {
            Ok(target) => target.revision.arn.short().to_owned(),
            Err(why) => why.to_string(),
        }
    };
    assert_eq!(by(&format!("{:0>40}", 1)), "web:1");
    assert_snapshot!(by("0000"), @r#"
    "0000" is too short for a commit: at least 7 digits
    "#);
    assert_snapshot!(by("abcdef01"), @"no revision of web carries commit abcdef01");
}

#[test]
fn a_commit_counts_as_released_only_when_it_succeeded() {
    let all = [(1, GOOD), (2, Status::RollbackSuccessful), (3, GOOD)];
    let service = history(&all, 3);
    let released = |number: u64| was_released(&service, &CommitSha::new(format!("{number:0>40}")));
    assert_eq!(released(1), Knowledge::Known(true));
    assert_eq!(released(2), Knowledge::Known(false));
    assert_eq!(good_releases(&service), [revision(1), revision(3)]);
}

#[test]
fn the_other_service_goes_to_the_revision_with_the_same_image() {
    let others = [live(4), live(2), live(1)];
    assert_eq!(counterpart(&live(2), &others).unwrap().arn, revision(2));
    assert_eq!(counterpart(&live(9), &others), None);
    let spec = respec(&live(4), &live(9));
    assert_eq!(spec.image("web"), live(9).image("web"));
    assert!(!spec.body().contains_key("status"), "not a member of a request");
}
