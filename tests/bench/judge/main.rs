//! What the judge promises, over all cells of the simulation: 4,000 releases in each, seeds
//! fixed. Prints the tables of `docs/judge.md`, and how many rows `replay` judges in a second;
//! ends with a failure when a promise is broken. `cargo bench --bench judge [RUNS]`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement that prints"
)]

mod others;
#[path = "../../judge/releases.rs"]
mod releases;
mod speed;
#[path = "../../judge/traffic.rs"]
mod traffic;

use ecs_canary::judge::{Chance, Comparison, Phi, Policy, Ratio};
use others::RULES;
use releases::{Tally, judge};
use traffic::{Cell, MINUTES, Shape};

const RUNS: u32 = 4_000;
/// Other tools' rules look at the whole past each minute.
const PAIRS: [(f64, f64); 6] =
    [(0.05, 0.45), (0.2, 1.8), (1.0, 9.0), (10.0, 90.0), (1.0, 1.0), (10.0, 10.0)];
const BUSY: (f64, f64) = (10.0, 90.0);
const SEED_CASE: (f64, f64) = (1.0, 9.0);

/// What is promised and what was found.
struct Promise {
    what: &'static str,
    promised: String,
    found: String,
    kept: bool,
}

fn main() {
    // Cargo adds words of its own.
    let runs = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(RUNS);
    println!("{runs} releases in each cell\n");
    let mut promises = vec![no_difference(runs), stress(runs)];
    promises.extend(worse(runs));
    promises.extend(three_ways(runs));
    latency(runs);
    other_tools(runs);
    println!("\n| Promise | wanted | found | |\n|---|---|---|---|");
    for Promise { what, promised, found, kept } in &promises {
        println!("| {what} | {promised} | {found} | {} |", if *kept { "kept" } else { "BROKEN" });
    }
    println!();
    speed::measure();
    assert!(promises.iter().all(|promise| promise.kept), "a promise is broken");
}

fn per_cent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

fn pair((canary, baseline): (f64, f64)) -> String {
    format!("{canary} v {baseline}")
}

fn without_phi() -> Policy {
    Policy { phi: Phi::Fixed(1.0), ..Policy::default() }
}

/// The share test alone decides nothing, but ratio 1 shows how sharp it is.
fn ratio_one() -> Policy {
    Policy { ratio: Ratio::new(1.0).unwrap(), ..Policy::default() }
}

fn no_difference(runs: u32) -> Promise {
    println!("No difference: stopped within the hour\n");
    println!("| requests/s, canary v baseline | 0.1 % | 1 % | 5 % | 1 %, ratio 1 | 1 %, phi 1 |");
    println!("|---|---|---|---|---|---|");
    let mut worst: f64 = 0.0;
    for rates in PAIRS {
        let stopped = |rate: f64, policy: &Policy| {
            judge(&Cell::new(rates, (rate, rate)), policy, runs).worse_by(MINUTES)
        };
        let own = [0.001, 0.01, 0.05].map(|rate| stopped(rate, &Policy::default()));
        let sharp = stopped(0.01, &ratio_one());
        let plain = stopped(0.01, &without_phi());
        worst = own.iter().copied().fold(worst, f64::max);
        let cells = own.into_iter().chain([sharp, plain]).map(per_cent).collect::<Vec<_>>();
        println!("| {} | {} |", pair(rates), cells.join(" | "));
    }
    Promise {
        what: "healthy releases stopped, worst of 18 cells",
        promised: "at most 5 %".to_owned(),
        found: per_cent(worst),
        kept: worst <= 0.05,
    }
}

fn stress(runs: u32) -> Promise {
    println!("\nNo difference, under stress: stopped within the hour\n");
    println!("| case | default | phi 1 | passed by default |\n|---|---|---|---|");
    let busy = Cell::new(BUSY, (0.01, 0.01));
    let incident = Cell { shape: Shape::Incident, bad: (0.005, 0.005), ..busy };
    let bursts = |rates, burst| Cell { burst, ..Cell::new(rates, (0.01, 0.01)) };
    let cases = [
        ("incident on both sides, 20 times for 5 min", incident),
        ("errors drift 0.5 to 3 times", Cell { shape: Shape::Rising, ..busy }),
        ("the same, share 5-10-25-50 %", Cell { shape: Shape::Rising, in_steps: true, ..busy }),
        ("bursts of 3, 10 v 90", bursts(BUSY, 3.0)),
        ("bursts of 10, 10 v 90", bursts(BUSY, 10.0)),
        ("bursts of 3, 1 v 9", bursts(SEED_CASE, 3.0)),
        ("bursts of 10, 1 v 9", bursts(SEED_CASE, 10.0)),
    ];
    let mut worst: f64 = 0.0;
    for (name, cell) in cases {
        let own = judge(&cell, &Policy::default(), runs);
        let plain = judge(&cell, &without_phi(), runs).worse_by(MINUTES);
        let stopped = own.worse_by(MINUTES);
        worst = worst.max(stopped);
        let (stopped, passed) = (per_cent(stopped), per_cent(own.pass_rate()));
        println!("| {name} | {stopped} | {} | {passed} |", per_cent(plain));
    }
    let same_size = Policy { comparison: Comparison::SameSize, ..Policy::default() };
    for burst in [3.0, 10.0] {
        let stopped = judge(&bursts((10.0, 10.0), burst), &same_size, runs).worse_by(MINUTES);
        worst = worst.max(stopped);
        println!("| bursts of {burst}, 10 v 10, by pairs | {} | | |", per_cent(stopped));
    }
    let twice = Cell { shape: Shape::Falling, in_steps: true, bad: (0.01, 0.02), ..busy };
    let found = judge(&twice, &Policy::default(), runs);
    println!(
        "\nTwice as bad while errors fall and the share steps: found in {}",
        quantiles(&found)
    );
    Promise {
        what: "healthy releases stopped under stress, worst of 9 cases",
        promised: "at most 5 %".to_owned(),
        found: per_cent(worst),
        kept: worst <= 0.05,
    }
}

/// Minutes to 50 and 90 % of the releases, or how many there were.
fn quantiles(tally: &Tally) -> String {
    let by = |part: f64| (1..=MINUTES).find(|minute| tally.worse_by(*minute) >= part);
    match (by(0.5), by(0.9)) {
        (Some(half), Some(most)) => format!("{half}/{most}"),
        (Some(half), None) => format!("{half}/- ({})", per_cent(tally.worse_by(MINUTES))),
        (None, _) => per_cent(tally.worse_by(MINUTES)),
    }
}

fn worse(runs: u32) -> Vec<Promise> {
    println!("\nA worse canary: minutes of data until 50/90 % of the releases are stopped\n");
    let changes =
        [(0.001, 0.01), (0.001, 0.05), (0.01, 0.02), (0.01, 0.05), (0.01, 0.2), (0.05, 0.1)];
    let head = changes.map(|(from, to)| format!("{} to {} %", from * 100.0, to * 100.0));
    println!("| requests/s | {} |\n|---|---|---|---|---|---|---|", head.join(" | "));
    for rates in PAIRS {
        let found =
            changes.map(|bad| quantiles(&judge(&Cell::new(rates, bad), &Policy::default(), runs)));
        println!("| {} | {} |", pair(rates), found.join(" | "));
    }
    let sharp =
        changes.map(|bad| quantiles(&judge(&Cell::new(SEED_CASE, bad), &ratio_one(), runs)));
    println!("| 1 v 9, ratio 1 | {} |", sharp.join(" | "));
    let by = |rates, bad, minute| {
        judge(&Cell::new(rates, bad), &Policy::default(), runs).worse_by(minute)
    };
    let promise = |what, rates, bad, minute: i64| {
        let found = by(rates, bad, minute);
        let promised = format!("90 % by minute {minute}");
        Promise { what, promised, found: per_cent(found), kept: found >= 0.9 }
    };
    vec![
        promise("1 to 5 % at 1 v 9", SEED_CASE, (0.01, 0.05), 9),
        promise("1 to 5 % at 10 v 90", BUSY, (0.01, 0.05), 2),
        promise("1 to 20 % at 0.2 v 1.8", (0.2, 1.8), (0.01, 0.2), 5),
    ]
}

fn three_ways(runs: u32) -> Vec<Promise> {
    println!("\nPASS / FAIL / undecided after an hour, median minutes to the verdict\n");
    println!("| truth | 0.2 v 1.8 | 1 v 9 | 10 v 90 | 10 v 10 |\n|---|---|---|---|---|");
    let columns = [(0.2, 1.8), SEED_CASE, BUSY, (10.0, 10.0)];
    let mut promises = Vec::new();
    for bad in [(0.0, 0.0), (0.001, 0.001), (0.01, 0.01), (0.01, 0.03), (0.01, 0.05)] {
        let tallies = columns.map(|rates| judge(&Cell::new(rates, bad), &Policy::default(), runs));
        let cells = tallies.iter().map(three).collect::<Vec<_>>().join(" | ");
        println!("| {} to {} % | {cells} |", bad.0 * 100.0, bad.1 * 100.0);
        if bad == (0.01, 0.03) {
            let most = tallies.iter().map(Tally::pass_rate).fold(0.0, f64::max);
            promises.push(Promise {
                what: "three times the errors called healthy, worst of 4",
                promised: "at most 5 %".to_owned(),
                found: per_cent(most),
                kept: most <= 0.05,
            });
        }
        if bad == (0.01, 0.01) {
            promises.extend(seed_case(&tallies[1]));
        }
    }
    let silent = judge(&Cell::new((0.0, 10.0), (0.01, 0.01)), &Policy::default(), runs);
    promises.push(Promise {
        what: "a canary without any request called healthy",
        promised: "never".to_owned(),
        found: per_cent(silent.pass_rate()),
        kept: silent.passed.is_empty(),
    });
    promises
}

fn seed_case(healthy: &Tally) -> [Promise; 2] {
    let median = healthy.minutes_to_pass(0.5);
    [
        Promise {
            what: "a healthy release at 1 v 9 passes, median",
            promised: "within 12 min".to_owned(),
            found: median
                .map_or("not within the hour".to_owned(), |minutes| format!("{minutes} min")),
            kept: median.is_some_and(|minutes| minutes <= 12),
        },
        Promise {
            what: "a healthy release at 1 v 9 is stopped",
            promised: "at most 1 %".to_owned(),
            found: per_cent(healthy.worse_by(MINUTES)),
            kept: healthy.worse_by(MINUTES) <= 0.01,
        },
    ]
}

fn three(tally: &Tally) -> String {
    let (pass, fail) = (tally.pass_rate() * 100.0, tally.fail_rate() * 100.0);
    let open = (100.0 - pass - fail).abs();
    let mut all: Vec<i64> = tally.passed.iter().chain(&tally.failed).copied().collect();
    all.sort_unstable();
    let median = all.get(all.len() / 2).map_or(String::new(), |minute| format!(", {minute}"));
    format!("{pass:.1}/{fail:.1}/{open:.1}{median}")
}

/// Log-normal answer times, sigma 0.6; slow is above the baseline's 95th per cent.
fn latency(runs: u32) {
    println!("\nSlow answers (5 % at the baseline): stopped, or minutes to 50/90 %, at ratio 1\n");
    println!(
        "| requests/s | as fast | 10 % slower | 25 % slower | 50 % slower |\n|---|---|---|---|---|"
    );
    // P(Z > 1.6449 - ln(times) / 0.6).
    let slow = [0.05, 0.0689, 0.1018, 0.1660];
    for rates in [(0.2, 1.8), SEED_CASE, BUSY, (10.0, 10.0)] {
        let policy = Policy { phi: Phi::Fixed(1.0), ..ratio_one() };
        let found =
            slow.map(|slow| quantiles(&judge(&Cell::new(rates, (0.05, slow)), &policy, runs)));
        println!("| {} | {} |", pair(rates), found.join(" | "));
    }
}

fn other_tools(runs: u32) {
    println!("\nOther rules: healthy releases (1 % errors) stopped, and 1 to 5 % found\n");
    println!("| rule | 0.2 v 1.8 | 1 v 9 | 10 v 90 | drift, 5-10-25-50 % | 1 to 5 % at 1 v 9 |");
    println!("|---|---|---|---|---|---|");
    let drift = Cell { shape: Shape::Rising, in_steps: true, ..Cell::new(BUSY, (0.01, 0.01)) };
    let healthy = |rates| Cell::new(rates, (0.01, 0.01));
    let bad = Cell::new(SEED_CASE, (0.01, 0.05));
    let cells = [healthy((0.2, 1.8)), healthy(SEED_CASE), healthy(BUSY), drift, bad];
    for rule in RULES {
        let stopped = cells.map(|cell| {
            let mut chance = Chance::new(20_261_128);
            let stops = (0..runs).filter(|_| {
                let drawn = cell.draw(&mut chance).into_iter();
                let minutes: Vec<_> =
                    drawn.filter(|(minute, _)| *minute > 0).map(|(_, counts)| counts).collect();
                (rule.stops)(&minutes)
            });
            per_cent(stops.count() as f64 / f64::from(runs))
        });
        println!("| {} | {} |", rule.name, stopped.join(" | "));
    }
    let own = cells.map(|cell| per_cent(judge(&cell, &Policy::default(), runs).worse_by(MINUTES)));
    println!("| **ours, default** | {} |", own.join(" | "));
}
