//! What the judge promises, on simulated releases: the short form. `cargo bench --bench judge`
//! is the long one, over all cells, and prints the tables of `docs/judge.md`.

#![expect(clippy::unwrap_used, reason = "test code: minutes rise")]

mod releases;
mod traffic;

use ecs_canary::judge::{Phi, Policy};
use releases::judge;
use traffic::{Cell, MINUTES, Shape};

/// Enough to see a broken judge; the long form is exact.
const RUNS: u32 = 200;
const ONE_TO_NINE: (f64, f64) = (1.0, 9.0);

fn healthy() -> Vec<Cell> {
    let steady = [(0.2, 1.8), ONE_TO_NINE].map(|rates| Cell::new(rates, (0.01, 0.01)));
    let busy = Cell::new((10.0, 90.0), (0.01, 0.01));
    let stress = [
        Cell { shape: Shape::Incident, bad: (0.005, 0.005), ..busy },
        Cell { shape: Shape::Rising, ..busy },
        Cell { shape: Shape::Rising, in_steps: true, ..busy },
        Cell { burst: 10.0, ..busy },
        Cell { burst: 10.0, ..Cell::new(ONE_TO_NINE, (0.01, 0.01)) },
    ];
    steady.into_iter().chain(stress).collect()
}

#[test]
fn healthy_releases_are_hardly_ever_stopped() {
    for cell in healthy() {
        let tally = judge(&cell, &Policy::default(), RUNS);
        // 5 % is promised; of 200 runs 20 would be surprising at 5 %.
        assert!(tally.worse.len() <= 15, "{cell:?}: {} of {RUNS} stopped", tally.worse.len());
    }
}

#[test]
fn without_the_correction_bursts_would_stop_healthy_releases() {
    let cell = Cell { burst: 10.0, ..Cell::new(ONE_TO_NINE, (0.01, 0.01)) };
    let policy = Policy { phi: Phi::Fixed(1.0), ..Policy::default() };
    let tally = judge(&cell, &policy, RUNS);
    assert!(tally.worse_by(MINUTES) > 0.15, "{}", tally.worse_by(MINUTES));
}

#[test]
fn a_service_of_ten_requests_a_second_learns_in_minutes() {
    let policy = Policy::default();
    let worse = judge(&Cell::new(ONE_TO_NINE, (0.01, 0.05)), &policy, RUNS);
    assert!(worse.worse_by(10) >= 0.85, "found by minute 10: {}", worse.worse_by(10));
    let fine = judge(&Cell::new(ONE_TO_NINE, (0.01, 0.01)), &policy, RUNS);
    let median = fine.minutes_to_pass(0.5);
    assert!(median.is_some_and(|minutes| minutes <= 13), "PASS after {median:?}");
}

#[test]
fn a_bad_canary_is_found_while_errors_fall_and_its_share_grows() {
    let steps =
        Cell { shape: Shape::Falling, in_steps: true, ..Cell::new((10.0, 90.0), (0.01, 0.02)) };
    let tally = judge(&steps, &Policy::default(), RUNS);
    assert!(tally.worse_by(MINUTES) >= 0.5, "{}", tally.worse_by(MINUTES));
}

#[test]
fn three_times_the_errors_hardly_ever_pass() {
    let tally = judge(&Cell::new(ONE_TO_NINE, (0.01, 0.03)), &Policy::default(), RUNS);
    assert!(tally.pass_rate() <= 0.07, "{}", tally.pass_rate());
    assert!(tally.fail_rate() >= 0.9, "{}", tally.fail_rate());
}

#[test]
fn a_canary_without_a_request_never_passes() {
    let tally = judge(&Cell::new((0.0, 10.0), (0.0, 0.0)), &Policy::default(), 50);
    assert_eq!((tally.passed.len(), tally.worse.len()), (0, 0));
}
