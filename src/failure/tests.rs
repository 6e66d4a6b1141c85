use super::*;
use crate::model::{CallError, CallErrorKind, Finding, Outcome, OutcomeKind, Refusal};

const KINDS: [OutcomeKind; 16] = [
    OutcomeKind::Succeeded,
    OutcomeKind::NoChange,
    OutcomeKind::Paused,
    OutcomeKind::FailedRolledBack,
    OutcomeKind::FailedNotRolledBack,
    OutcomeKind::Superseded,
    OutcomeKind::TimedOut,
    OutcomeKind::Cancelled,
    OutcomeKind::CanaryFailed,
    OutcomeKind::CanaryUndecided,
    OutcomeKind::Frozen,
    OutcomeKind::Refused,
    OutcomeKind::Invalid,
    OutcomeKind::Denied,
    OutcomeKind::Unreachable,
    OutcomeKind::Internal,
];

fn code(outcome: Outcome) -> i32 {
    finish(outcome).exit_code
}

#[test]
fn exit_codes_are_a_contract() {
    let codes: Vec<String> = EXIT_CODES.iter().map(|r| format!("{} {}", r.code, r.name)).collect();
    insta::assert_snapshot!(codes.join("\n"), @r"
    0 success
    2 usage
    10 file-wrong
    11 preflight
    12 other-release
    20 judged-worse
    21 undecided-held
    22 judged-worse-frozen
    23 undecided-taken-back
    30 rolled-back
    31 not-rolled-back
    32 superseded
    33 timed-out
    34 cancelled
    40 build-failed
    41 digest-not-confirmed
    50 denied
    51 unreachable
    60 policy
    70 internal
    ");
}

#[test]
fn only_success_no_change_and_a_wanted_pause_end_with_0() {
    let zero: Vec<OutcomeKind> =
        KINDS.into_iter().filter(|kind| code(Outcome::new(*kind)) == 0).collect();
    assert_eq!(zero, [OutcomeKind::Succeeded, OutcomeKind::NoChange, OutcomeKind::Paused]);
}

#[test]
fn each_class_has_one_line_and_each_outcome_lies_in_its_class() {
    for row in EXIT_CODES {
        assert_eq!(EXIT_CODES.iter().filter(|other| other.code == row.code).count(), 1);
        assert_eq!(row.exit.row().code, row.code);
        assert_eq!(Failure::new(row.exit, "x").outcome().exit_code, i32::from(row.code));
    }
    for kind in KINDS {
        let exit = Exit::of(&Outcome::new(kind));
        assert!(exit.row().outcomes.contains(&kind), "{kind:?} in {exit:?}");
    }
}

#[test]
fn a_refusal_ends_by_who_refused() {
    let by = |refusal| code(Outcome::refused(refusal));
    assert_eq!(by(Refusal::Preflight), 11);
    assert_eq!(by(Refusal::OtherRelease), 12);
    assert_eq!(by(Refusal::Older), 12);
    assert_eq!(by(Refusal::Policy), 60);
}

#[test]
fn a_code_that_the_outcome_carries_stays_only_where_its_kind_may_end_so() {
    let carrying = |kind, exit_code| code(Outcome { exit_code, ..Outcome::new(kind) });
    assert_eq!(carrying(OutcomeKind::CanaryUndecided, 23), 23);
    assert_eq!(carrying(OutcomeKind::CanaryUndecided, 0), 21);
    assert_eq!(carrying(OutcomeKind::FailedRolledBack, 0), 30);
    assert_eq!(carrying(OutcomeKind::FailedRolledBack, 23), 30);
}

#[test]
fn the_exit_code_page_is_the_table() {
    let page = include_str!("../../docs/exit-codes.md");
    assert!(
        page == exit_codes_page(),
        "docs/exit-codes.md differs from the table; it should be:\n{}",
        exit_codes_page()
    );
}

#[test]
fn an_error_chain_says_each_thing_once() {
    #[derive(Debug, thiserror::Error)]
    #[error("inner words")]
    struct Inner;
    #[derive(Debug, thiserror::Error)]
    #[error("outer words")]
    struct Outer(#[source] Inner);
    #[derive(Debug, thiserror::Error)]
    #[error("service web: outer words: inner words")]
    struct Repeating(#[source] Outer);
    assert_eq!(chain(&Outer(Inner)), "outer words: inner words");
    assert_eq!(chain(&Repeating(Outer(Inner))), "service web: outer words: inner words");
}

#[test]
fn several_findings_are_counted_in_the_reason_and_told_one_by_one() {
    let findings = vec![
        Finding::warning("w").at("compose.yml", 1, 1),
        Finding::error("image is missing").at("compose.yml", 3, 5).hint("write `image:`"),
        Finding::error("port 70000").at("compose.yml", 9, 5),
    ];
    let outcome = Failure::findings(Exit::File, findings).outcome();
    assert_eq!(outcome.reason.as_deref(), Some("compose.yml:3:5: image is missing (and 1 more)"));
    assert_eq!(outcome.hint.as_deref(), Some("write `image:`"));
    assert_eq!(outcome.exit_code, 10);
}

#[test]
fn a_denied_role_is_hinted_at_by_its_own_action() {
    let error = CallError {
        kind: CallErrorKind::Denied,
        operation: "ecs:RegisterTaskDefinition".to_owned(),
        code: Some("AccessDeniedException".to_owned()),
        message: "User: x is not authorized to perform: iam:PassRole on resource: r".to_owned(),
        place: None,
    };
    let hint = Failure::from(error).outcome().hint;
    insta::assert_snapshot!(hint.unwrap(), @"allow iam:PassRole to the job's role; docs/iam.md has the whole policy");
}
