//! The examples of Amazon's documentation, as decisions.

use super::decide::{Condition, Decision, Limits, Mood, Seen, Situation, decide};

/// `new` and `old` tasks, all in the same condition.
fn tasks(new: (u64, Condition), old: (u64, Condition)) -> Vec<Seen> {
    let make = |age: usize, (number, condition): (u64, Condition)| {
        (0..number).map(move |order| Seen {
            id: format!("{}{order}", if age == 0 { "new" } else { "old" }),
            age_of_deployment: age,
            order,
            condition,
        })
    };
    make(0, new).chain(make(1, old)).collect()
}

fn rolling(desired: u32, least: u32, most: u32, tasks: &[Seen]) -> (u32, usize, bool) {
    let limits = Limits::new(desired, least, most);
    let Decision { start, stop, stuck, .. } = decide(&in_mood(Mood::Rolling, limits), tasks);
    (start, stop.len(), stuck)
}

fn in_mood(mood: Mood, limits: Limits) -> Situation {
    Situation { limits, mood, holds_back: false, newest_first: true, stopping: 0 }
}

use Condition::{Broken, Coming, Healthy, Unproven};

#[test]
fn one_task_at_100_200_starts_one_waits_and_stops_one() {
    assert_eq!(rolling(1, 100, 200, &tasks((0, Healthy), (1, Healthy))), (1, 0, false));
    assert_eq!(rolling(1, 100, 200, &tasks((1, Coming), (1, Healthy))), (0, 0, false));
    assert_eq!(rolling(1, 100, 200, &tasks((1, Unproven), (1, Healthy))), (0, 0, false));
    assert_eq!(rolling(1, 100, 200, &tasks((1, Healthy), (1, Healthy))), (0, 1, false));
}

#[test]
fn one_task_at_0_100_stops_first() {
    assert_eq!(rolling(1, 0, 100, &tasks((0, Healthy), (1, Healthy))), (0, 1, false));
    assert_eq!(rolling(1, 0, 100, &[]), (1, 0, false));
}

#[test]
fn one_task_at_50_100_can_never_move() {
    assert_eq!(rolling(1, 50, 100, &tasks((0, Healthy), (1, Healthy))), (0, 0, true));
}

#[test]
fn three_tasks_at_100_125_can_never_move() {
    assert_eq!(Limits::new(3, 100, 125).most, 3);
    assert_eq!(rolling(3, 100, 125, &tasks((0, Healthy), (3, Healthy))), (0, 0, true));
}

#[test]
fn the_minimum_is_rounded_up() {
    assert_eq!(Limits::new(2, 75, 200).least, 2);
}

#[test]
fn four_tasks_at_50_100_go_two_by_two() {
    assert_eq!(rolling(4, 50, 100, &tasks((0, Healthy), (4, Healthy))), (0, 2, false));
    assert_eq!(rolling(4, 50, 100, &tasks((0, Healthy), (2, Healthy))), (2, 0, false));
    assert_eq!(rolling(4, 50, 100, &tasks((2, Coming), (2, Healthy))), (0, 0, false));
    assert_eq!(rolling(4, 50, 100, &tasks((2, Healthy), (2, Healthy))), (0, 2, false));
}

#[test]
fn four_tasks_at_100_200_are_doubled_and_halved() {
    assert_eq!(rolling(4, 100, 200, &tasks((0, Healthy), (4, Healthy))), (4, 0, false));
    assert_eq!(rolling(4, 100, 200, &tasks((4, Healthy), (4, Healthy))), (0, 4, false));
}

#[test]
fn four_tasks_at_50_150_start_two_and_stop_two_at_once() {
    assert_eq!(rolling(4, 50, 150, &tasks((0, Healthy), (4, Healthy))), (2, 2, false));
}

#[test]
fn ten_tasks_at_90_110_stay_between_nine_and_eleven() {
    let limits = Limits::new(10, 90, 110);
    assert_eq!((limits.least, limits.most), (9, 11));
    assert_eq!(rolling(10, 90, 110, &tasks((0, Healthy), (10, Healthy))), (1, 1, false));
}

#[test]
fn old_tasks_that_do_not_run_are_stopped_without_asking_the_minimum() {
    assert_eq!(rolling(3, 100, 200, &tasks((3, Coming), (3, Coming))), (0, 3, false));
    assert_eq!(rolling(3, 100, 200, &tasks((3, Coming), (3, Broken))), (0, 3, false));
    assert_eq!(rolling(3, 100, 200, &tasks((3, Coming), (3, Unproven))), (0, 0, false));
}

#[test]
fn a_broken_task_at_rest_is_replaced_before_it_is_stopped() {
    let limits = Limits::new(3, 100, 200);
    let mut seen = tasks((3, Healthy), (0, Healthy));
    seen[1].condition = Broken;
    let first = decide(&in_mood(Mood::Steady, limits), &seen);
    assert_eq!((first.start, first.stop_broken.len()), (1, 0));
    seen.push(Seen {
        id: "replacement".into(),
        age_of_deployment: 0,
        order: 9,
        condition: Healthy,
    });
    let second = decide(&in_mood(Mood::Steady, limits), &seen);
    assert_eq!((second.start, second.stop_broken), (0, vec!["new1".to_owned()]));
    assert!(second.stop.is_empty());
}

#[test]
fn a_broken_task_goes_first_where_the_maximum_leaves_no_room() {
    let mut seen = tasks((3, Healthy), (0, Healthy));
    seen[0].condition = Broken;
    let decision = decide(&in_mood(Mood::Steady, Limits::new(3, 50, 100)), &seen);
    assert_eq!((decision.start, decision.stop_broken), (0, vec!["new0".to_owned()]));
}

#[test]
fn a_smaller_count_takes_the_newest_task_first() {
    let seen = tasks((3, Healthy), (0, Healthy));
    let newest = in_mood(Mood::Steady, Limits::new(1, 100, 200));
    assert_eq!(decide(&newest, &seen).stop, ["new2", "new1"]);
    let oldest = decide(&Situation { newest_first: false, ..newest }, &seen);
    assert_eq!(oldest.stop, ["new0", "new1"]);
}

#[test]
fn a_count_of_zero_stops_everything() {
    assert_eq!(rolling(0, 100, 200, &tasks((0, Healthy), (3, Unproven))), (0, 3, false));
}

#[test]
fn a_failed_deployment_starts_nothing_and_still_takes_a_smaller_count() {
    let seen = tasks((2, Healthy), (3, Healthy));
    let failed = |desired| decide(&in_mood(Mood::Failed, Limits::new(desired, 100, 200)), &seen);
    assert_eq!(failed(3), Decision::default());
    assert_eq!(failed(1).stop, ["new1"]);
    assert_eq!(failed(0).stop.len(), 5);
}
