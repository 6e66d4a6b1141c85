//! Records survive tags, and each row of the table of phases and retries.

use super::{
    AbortCause, Found, Holder, Lease, Phase, Progress, Reading, Record, ReleaseKey, WeightsFound,
    found, read, weights_found,
};
use crate::model::samples::{at, identity};
use crate::model::{ReleaseIdentity, RuleWeights, TrafficShare, tag_keys, tag_value};
use insta::assert_snapshot;
use std::collections::BTreeMap;

fn share(per_cent: u32) -> TrafficShare {
    TrafficShare::from_tenths(per_cent * 10)
}

fn progress(number: u64, phase: Phase) -> Progress {
    Progress {
        release: ReleaseKey::of(&identity(number)),
        phase,
        since: at(10),
        shares: None,
        judged_since: None,
        gate: None,
    }
}

fn holder(number: u64) -> Holder {
    Holder { name: Some("deploy full".to_owned()), ..Holder::of(&identity(number)) }
}

/// What release 2 finds at second 100 when release `number` noted `phase` and holds the lease
/// from second `from` on.
fn finds(number: u64, phase: Phase, from: Option<i64>) -> Found {
    let lease = from.map_or(Lease::Free, |from| Lease::from(holder(number), at(from)));
    let record = Record { lease, progress: Some(progress(number, phase)) };
    found(&Reading::Known(record), &ReleaseKey::of(&identity(2)), at(1000))
}

const ALL: [Phase; 13] = [
    Phase::TakingOver,
    Phase::Prepared,
    Phase::Raise(1),
    Phase::Step(12),
    Phase::Gate(1),
    Phase::Promoting,
    Phase::Cleanup,
    Phase::Done,
    Phase::Aborting(AbortCause::Asked),
    Phase::Aborting(AbortCause::Verdict),
    Phase::Aborted(AbortCause::Asked),
    Phase::Aborted(AbortCause::Verdict),
    Phase::Frozen,
];

#[test]
fn records_survive_the_way_through_tags() {
    let mut names = identity(7);
    for name in [None, Some("deploy full: [eu, 2]".to_owned())] {
        names.job_name = name;
        for phase in ALL {
            let shares = [None, Some((share(10), TrafficShare::from_tenths(55)))];
            for (shares, judged_since) in
                shares.iter().flat_map(|one| [(*one, None), (*one, Some(at(3)))])
            {
                let progress = Progress { shares, judged_since, ..progress(7, phase) };
                let lease = Lease::from(Holder::of(&names), at(5));
                let record = Record { lease, progress: Some(progress) };
                let tags = record.tags();
                for text in tags.values() {
                    assert_eq!(*text, tag_value(text), "AWS takes it as it is");
                }
                let Reading::Known(back) = read(&tags) else { panic!("{tags:?}") };
                assert_eq!(back.progress, record.progress);
                assert_eq!(back.tags(), tags);
            }
        }
    }
    let free = Record { lease: Lease::Free, progress: None };
    assert_eq!(read(&free.tags()), Reading::Nothing);
    assert_eq!(read(&BTreeMap::new()), Reading::Nothing);
}

#[test]
fn a_tag_reads_like_words() {
    let shares = Some((share(25), share(10)));
    let progress = Progress { shares, ..progress(7, Phase::Raise(3)) };
    let lease = Lease::from(holder(7), at(5));
    let tags = Record { lease, progress: Some(progress) }.tags();
    let text: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_snapshot!(text.join("\n"), @r"
    ecs-canary:lease=1 until 1970-01-12T13:51:45Z of 7/0000000000000000000000000000000000000007 by 1007 deploy full
    ecs-canary:progress=1 raise 3 since 1970-01-12T13:46:50Z of 7/0000000000000000000000000000000000000007 share 25 from 10
    ");
}

#[test]
fn the_format_of_another_version_is_not_guessed() {
    for (key, text) in [
        (tag_keys::LEASE, "2 until tomorrow"),
        (tag_keys::LEASE, "held"),
        (tag_keys::PROGRESS, "1 dancing - since 1970-01-12T13:46:50Z of 7/8"),
    ] {
        let tags = BTreeMap::from([(key.to_owned(), text.to_owned())]);
        let reading = read(&tags);
        assert!(matches!(reading, Reading::Unreadable { .. }), "{text}: {reading:?}");
        let found = found(&reading, &ReleaseKey::of(&identity(2)), at(0));
        assert!(matches!(found, Found::CouldNotTell { .. }));
    }
}

#[test]
fn row_nothing_there_starts() {
    let us = ReleaseKey::of(&identity(2));
    assert_eq!(found(&Reading::Nothing, &us, at(0)), Found::Nothing);
}

#[test]
fn row_same_release_at_a_step_goes_on_from_its_recorded_start() {
    for phase in [Phase::Prepared, Phase::Raise(2), Phase::Step(2), Phase::Gate(2)] {
        for lease in [None, Some(999), Some(0)] {
            let Found::Same(progress) = finds(2, phase, lease) else { panic!("{phase:?}") };
            assert_eq!((progress.phase, progress.since), (phase, at(10)));
            assert!(!phase.is_past_the_canary());
        }
    }
}

#[test]
fn row_same_release_with_other_weights_takes_the_smaller_one_or_asks() {
    let noted = (share(10), share(5));
    let seen = |full, canary| RuleWeights { full: Some(full), canary: Some(canary) };
    let table = [
        (seen(90, 10), WeightsFound::AsNoted),
        (seen(9, 1), WeightsFound::AsNoted),
        (seen(95, 5), WeightsFound::AsBefore),
        (seen(50, 50), WeightsFound::More),
        (seen(0, 1), WeightsFound::More),
        (seen(99, 1), WeightsFound::Less),
        (seen(0, 0), WeightsFound::Less),
        (RuleWeights { full: Some(1), canary: None }, WeightsFound::Less),
        (RuleWeights { full: None, canary: Some(1) }, WeightsFound::More),
    ];
    for (weights, wanted) in table {
        assert_eq!(weights_found(noted, weights), wanted, "{weights}");
    }
}

#[test]
fn row_same_release_promoting_never_goes_back_to_the_canary() {
    for phase in [Phase::Promoting, Phase::Cleanup, Phase::Done] {
        let Found::Same(progress) = finds(2, phase, Some(0)) else { panic!("{phase:?}") };
        assert!(progress.phase.is_past_the_canary());
    }
}

#[test]
fn row_same_release_judged_bad_finishes_the_abort_and_fails() {
    for phase in
        [Phase::Aborting(AbortCause::Verdict), Phase::Aborted(AbortCause::Verdict), Phase::Frozen]
    {
        assert!(matches!(finds(2, phase, None), Found::JudgedBad(_)), "{phase:?}");
    }
}

#[test]
fn row_same_release_after_a_cancel_or_a_failure_starts_anew() {
    for phase in [Phase::Aborting(AbortCause::Asked), Phase::Aborted(AbortCause::Asked)] {
        assert_eq!(finds(2, phase, Some(999)), Found::Nothing, "{phase:?}");
    }
}

#[test]
fn row_other_release_with_a_lease_is_refused_with_its_job_and_end() {
    for phase in ALL {
        let Found::Occupied { holder, until } = finds(1, phase, Some(999)) else { panic!() };
        assert_eq!(holder.to_string(), "job \"deploy full\" (1001) of pipeline 1");
        assert_eq!(until, at(1299));
    }
}

#[test]
fn row_other_release_with_an_expired_lease_is_taken_over() {
    for phase in ALL {
        let found = finds(1, phase, Some(600));
        assert_eq!(found, Found::Abandoned(Some(progress(1, phase))), "{phase:?}");
    }
}

#[test]
fn another_release_at_rest_keeps_nobody_away() {
    assert_eq!(finds(1, Phase::Gate(1), None), Found::Resting(progress(1, Phase::Gate(1))));
}

#[test]
fn a_lease_lasts_five_minutes_and_is_renewed_after_one() {
    let lease = Lease::from(holder(1), at(0));
    assert!(lease.is_alive(at(299)) && !lease.is_alive(at(300)));
    assert!(!lease.is_to_be_renewed(at(59)) && lease.is_to_be_renewed(at(60)));
    assert!(!Lease::Free.is_alive(at(0)) && !Lease::Free.is_to_be_renewed(at(0)));
}

#[test]
fn callers_outside_of_gitlab_are_one_release() {
    let nobody = ReleaseIdentity::default();
    assert_eq!(ReleaseKey::of(&nobody), ReleaseKey::of(&nobody));
    assert_snapshot!(Holder::of(&nobody).to_string(), @"a release outside of GitLab");
}
