//! The verdict, from outside.

use super::*;
use proptest::prelude::*;

fn counts(canary: (u64, u64), baseline: (u64, u64)) -> Counts {
    Counts {
        canary_requests: canary.0,
        canary_bad: canary.1,
        baseline_requests: baseline.0,
        baseline_bad: baseline.1,
    }
}

/// The same counts in each of `minutes` minutes, from minute 1 on.
fn steady(each: Counts, minutes: i64) -> Samples {
    let mut samples = Samples::new(["errors".to_owned()]);
    (1..=minutes).for_each(|minute| samples.insert(minute, 0, each));
    samples
}

fn window(minutes: i64) -> Window {
    Window { minutes: 1..=minutes, steps: Vec::new() }
}

fn judged(each: Counts, minutes: i64) -> Assessment {
    assess(&Policy::default(), &steady(each, minutes), &window(minutes))
}

#[test]
fn a_healthy_canary_passes_and_says_why() {
    let judged = judged(counts((60, 0), (540, 5)), 30);
    assert_eq!((judged.verdict, judged.waits), (Verdict::Pass, None));
    assert_eq!(judged.decided_at, Some(5));
    insta::assert_snapshot!(judged.lines(&Policy::default()).join("\n"), @r"errors  0 % of 300, baseline 0.93 % of 2,700; at most 1.4 times, limit 3: healthy");
}

#[test]
fn a_worse_canary_fails_before_the_least_time() {
    let judged = judged(counts((60, 12), (540, 5)), 3);
    assert_eq!(judged.verdict, Verdict::Fail);
    insta::assert_snapshot!(judged.lines(&Policy::default()).join("\n"), @r"errors  20 % of 60, baseline 0.93 % of 540; 5 to 136 times, limit 1.5: WORSE");
}

#[test]
fn an_undecided_canary_says_how_far_it_is() {
    let judged = judged(counts((60, 1), (540, 5)), 6);
    assert_eq!((judged.verdict, judged.waits), (Verdict::Undecided, Some(Waits::Evidence)));
    insta::assert_snapshot!(judged.lines(&Policy::default()).join("\n"), @r"
    errors  1.7 % of 360, baseline 0.93 % of 3,240; 0.36 to 5.8 times: undecided
      evidence: healthy 0.43, 20 decides; worse 0.29, 20 decides
    ");
}

#[test]
fn below_the_least_time_only_the_minutes_left_are_told() {
    let judged = judged(counts((600, 1), (5_400, 30)), 2);
    assert_eq!(judged.waits, Some(Waits::Minimum { minutes: 3 }));
    assert_eq!(judged.lines(&Policy::default()), ["too early to tell: 3 min more"]);
}

#[test]
fn below_the_least_requests_the_minutes_are_those_that_it_takes() {
    let judged = judged(counts((4, 0), (40, 0)), 6);
    assert_eq!(judged.waits, Some(Waits::Minimum { minutes: 7 }));
}

#[test]
fn a_canary_without_a_request_never_passes() {
    let judged = judged(counts((0, 0), (5_400, 0)), 600);
    assert_eq!((judged.verdict, judged.waits), (Verdict::Undecided, Some(Waits::Requests)));
    assert_eq!(judged.lines(&Policy::default()), ["the canary has had no request yet"]);
}

#[test]
fn silence_on_both_sides_is_no_data() {
    let silent = judged(Counts::default(), 60);
    assert_eq!((silent.verdict, silent.waits), (Verdict::NoData, Some(Waits::Requests)));
    let unheard = assess(&Policy::default(), &Samples::new(["errors".to_owned()]), &window(60));
    assert_eq!(unheard.verdict, Verdict::NoData);
}

#[test]
fn traffic_that_does_not_arrive_is_a_verdict_of_its_own() {
    let steps = vec![ShareStep { minute: 1, share: 0.1 }];
    let samples = steady(counts((6, 0), (594, 3)), 60);
    let judged = assess(&Policy::default(), &samples, &Window { minutes: 1..=60, steps });
    assert_eq!(judged.verdict, Verdict::NoTraffic);
    insta::assert_snapshot!(judged.lines(&Policy::default()).join("\n"), @r"the canary gets 1 % of the requests where 10 % was asked for");
}

#[test]
fn a_hard_limit_needs_no_baseline() {
    let judged = judged(counts((60, 30), (0, 0)), 5);
    assert_eq!((judged.verdict, judged.decided_at), (Verdict::Fail, Some(1)));
    insta::assert_snapshot!(judged.lines(&Policy::default()).join("\n"), @r"errors  50 % of 60, baseline no request; limit 10 %: WORSE");
}

#[test]
fn few_errors_below_the_floor_stop_nobody() {
    // Three errors in 100,000 requests, where the baseline has none at all.
    let judged = judged(counts((10_000, 0), (900_000, 0)), 9);
    assert_eq!(judged.verdict, Verdict::Pass);
    let mut samples = steady(counts((10_000, 1), (900_000, 0)), 4);
    samples.insert(5, 0, counts((10_000, 0), (900_000, 0)));
    assert_eq!(assess(&Policy::default(), &samples, &window(5)).verdict, Verdict::Pass);
}

#[test]
fn worse_after_a_pass_is_told_and_changes_nothing() {
    let mut samples = steady(counts((600, 0), (5_400, 50)), 6);
    (7..20).for_each(|minute| samples.insert(minute, 0, counts((600, 120), (5_400, 50))));
    let judged = assess(&Policy::default(), &samples, &window(20));
    assert_eq!((judged.verdict, judged.decided_at), (Verdict::Pass, Some(5)));
    assert!(judged.worse_at.is_some_and(|minute| minute > 6), "{judged:?}");
}

#[test]
fn an_earlier_canary_before_the_window_is_not_judged() {
    let mut samples = Samples::new(["errors".to_owned()]);
    (-59..=0).for_each(|minute| samples.insert(minute, 0, counts((600, 300), (5_400, 50))));
    (1..=9).for_each(|minute| samples.insert(minute, 0, counts((600, 3), (5_400, 50))));
    let judged = assess(&Policy::default(), &samples, &window(9));
    assert_eq!((judged.verdict, judged.minutes), (Verdict::Pass, 5));
}

#[test]
fn one_bad_metric_of_two_is_enough_to_fail_and_a_good_one_not_to_pass() {
    let policy = Policy::default();
    let mut samples = Samples::new(["errors".to_owned(), "slow".to_owned()]);
    for minute in 1..=30 {
        samples.insert(minute, 0, counts((60, 0), (540, 5)));
        samples.insert(minute, 1, counts((60, 9), (540, 25)));
    }
    let judged = assess(&policy, &samples, &window(30));
    assert_eq!(judged.verdict, Verdict::Fail);
    let mut samples = Samples::new(["errors".to_owned(), "slow".to_owned()]);
    for minute in 1..=30 {
        samples.insert(minute, 0, counts((60, 0), (540, 5)));
        // Twice the baseline's: too much for PASS within the half hour, too little for FAIL.
        samples.insert(minute, 1, counts((60, if minute % 2 == 0 { 2 } else { 1 }), (540, 7)));
    }
    let judged = assess(&policy, &samples, &window(20));
    assert_eq!(judged.verdict, Verdict::Undecided, "{judged:#?}");
}

#[test]
fn a_metric_that_is_worse_only_below_the_floor_and_one_that_is_high_on_both_sides_stop_nobody() {
    let policy = Policy::default();
    let mut samples = Samples::new(["errors".to_owned(), "slow".to_owned()]);
    for minute in 1..=20 {
        // Ten times the baseline's, and far below the floor of 0.2 %.
        samples.insert(minute, 0, counts((60_000, 12), (540_000, 11)));
        // 5 % on both sides: far above the floor, and no worse.
        samples.insert(minute, 1, counts((60_000, 3_000), (540_000, 27_000)));
    }
    let judged = assess(&policy, &samples, &window(20));
    assert_eq!(judged.verdict, Verdict::Pass, "{judged:#?}");
}

#[test]
fn pairs_see_a_worse_canary_beside_a_baseline_of_its_size() {
    let policy = Policy { comparison: Comparison::SameSize, ..Policy::default() };
    let samples = steady(counts((600, 18), (600, 3)), 12);
    assert_eq!(assess(&policy, &samples, &window(12)).verdict, Verdict::Fail);
    let samples = steady(counts((600, 6), (600, 6)), 12);
    assert_eq!(assess(&policy, &samples, &window(12)).verdict, Verdict::Pass);
}

#[test]
fn huge_counts_stay_finite() {
    let judged = judged(counts((u64::MAX, u64::MAX / 2), (u64::MAX, 0)), 4);
    assert_eq!(judged.verdict, Verdict::Fail);
    let e = judged.metrics[0].e;
    for value in [e.ln_share, e.ln_level_floor, e.ln_level_hard, e.ln_pass_ratio, e.ln_pass_rate] {
        assert!(value.is_finite(), "{e:?}");
    }
    assert!(judged.lines(&Policy::default())[0].len() <= 100);
}

/// A minute of any traffic.
fn any_counts() -> impl Strategy<Value = Counts> {
    let side = (0..2_000_u64).prop_flat_map(|requests| (Just(requests), 0..=requests / 20));
    (side.clone(), side).prop_map(|(canary, baseline)| counts(canary, baseline))
}

/// Minutes of two metrics, some of them missing.
fn any_minutes() -> impl Strategy<Value = Vec<[Option<Counts>; 2]>> {
    prop::collection::vec(prop::array::uniform2(prop::option::weighted(0.9, any_counts())), 1..50)
}

fn samples_of<'a>(cells: impl Iterator<Item = (i64, usize, &'a Counts)>) -> Samples {
    let mut samples = Samples::new(["errors".to_owned(), "slow".to_owned()]);
    cells.for_each(|(minute, metric, counts)| samples.insert(minute, metric, *counts));
    samples
}

fn cells(minutes: &[[Option<Counts>; 2]]) -> Vec<(i64, usize, &Counts)> {
    let row = |(minute, row): (i64, &'_ [Option<Counts>; 2])| {
        let cells = row.iter().enumerate();
        cells.map(move |(metric, cell)| (minute, metric, *cell)).collect::<Vec<_>>()
    };
    let owned: Vec<_> = (1..).zip(minutes).flat_map(row).collect();
    let place = |minute: i64| usize::try_from(minute - 1).unwrap();
    owned
        .into_iter()
        .filter_map(|(minute, metric, _)| {
            Some((minute, metric, minutes[place(minute)][metric].as_ref()?))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    /// At once, minute by minute in one process, with a restart at every minute, and with points
    /// that come late, wrong at first, and in any order.
    #[test]
    fn the_verdict_is_the_same_however_the_data_arrive(
        minutes in any_minutes(),
        order in any::<u64>(),
    ) {
        let policy = Policy::default();
        let last = i64::try_from(minutes.len()).unwrap();
        let at_once = assess(&policy, &samples_of(cells(&minutes).into_iter()), &window(last));

        let mut trial = Trial::new(&policy, 2);
        let mut looks = Vec::new();
        for (minute, row) in (1..).zip(&minutes) {
            if row.iter().any(Option::is_some) {
                looks.push(trial.add(minute, row).unwrap());
            }
        }
        if let Some(look) = looks.last() {
            prop_assert_eq!(look.decided_at, at_once.decided_at);
            prop_assert_eq!(look.ruling == Ruling::Fail, at_once.verdict == Verdict::Fail);
            prop_assert_eq!(look.ruling == Ruling::Pass, at_once.verdict == Verdict::Pass);
        }

        let restarted = (1..=last).map(|now| {
            let known = cells(&minutes).into_iter().filter(move |(minute, ..)| *minute <= now);
            assess(&policy, &samples_of(known), &window(now))
        });
        let first = restarted.into_iter().find(|judged| judged.decided_at.is_some());
        match first {
            Some(judged) => {
                prop_assert_eq!(judged.verdict, at_once.verdict);
                prop_assert_eq!(judged.decided_at, at_once.decided_at);
                prop_assert_eq!(&judged.metrics, &at_once.metrics);
            }
            None => prop_assert_eq!(at_once.decided_at, None),
        }

        let mut chance = Chance::new(order);
        let mut late = cells(&minutes);
        late.sort_by_cached_key(|_| chance.bits());
        let wrong = counts((100, 100), (100, 0));
        let twice = late.iter().map(|(minute, metric, _)| (*minute, *metric, &wrong));
        let samples = samples_of(twice.chain(late.iter().copied()));
        prop_assert_eq!(assess(&policy, &samples, &window(last)), at_once);
    }

    #[test]
    fn every_line_fits_and_holds_numbers(minutes in any_minutes()) {
        let policy = Policy::default();
        let last = i64::try_from(minutes.len()).unwrap();
        let judged = assess(&policy, &samples_of(cells(&minutes).into_iter()), &window(last));
        for line in judged.lines(&policy) {
            prop_assert!(line.chars().count() <= 100, "{}", line);
            prop_assert!(!line.contains("NaN") && !line.contains("inf"), "{}", line);
        }
    }
}
