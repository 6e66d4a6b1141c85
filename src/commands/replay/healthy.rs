//! `--aa`: the old version against itself. Every stop is a false one.

use super::counts_file::{CountsFile, Row, Sequence};
use super::metrics::Metrics;
use crate::judge::{Chance, Counts, Phi, Policy, Rate, Ruling, Trial};
use crate::model::Event;
use crate::ports::Reporter;
use serde::Serialize;

/// Minutes of one release.
const HOUR: i64 = 60;
/// Releases that are drawn in each hour.
const DRAWS: u32 = 20;
/// The same file gives the same answer.
const SEED: u64 = 1;

/// The answer. The names are a contract with whoever reads them.
#[derive(Debug, Default, Serialize)]
struct Answer {
    hours: u32,
    releases: u32,
    share: f64,
    aborted: u32,
    passed: u32,
    undecided: u32,
    aborted_rate: Option<f64>,
    /// Minutes until a PASS, the median of the passed ones.
    minutes_to_pass: Option<i64>,
}

/// Draws releases of a version that is no different in each hour of the file's baselines, and
/// tells how they would have ended. Each request goes to the canary by chance, as a load
/// balancer sends it.
pub(super) fn tell(
    file: &CountsFile,
    policy: &Policy,
    share: Rate,
    reporter: &impl Reporter,
) -> Event {
    let mut answer = Answer { share: share.value(), ..Answer::default() };
    let mut chance = Chance::new(SEED);
    let mut waits = Vec::new();
    for sequence in &file.sequences {
        let metrics = Metrics::of(sequence, file);
        for start in hours(sequence, policy) {
            answer.hours += 1;
            for _ in 0..DRAWS {
                let release = Release { sequence, start, share, metrics: &metrics };
                let (ruling, minutes) = release.draw(policy, &mut chance);
                answer.count(ruling);
                waits.extend(minutes.filter(|_| ruling == Ruling::Pass));
            }
        }
    }
    waits.sort_unstable();
    answer.minutes_to_pass = waits.get(waits.len() / 2).copied();
    if answer.releases > 0 {
        answer.aborted_rate = Some(f64::from(answer.aborted) / f64::from(answer.releases));
    }
    // Numbers only: nothing can fail.
    let text = serde_json::to_string(&answer).unwrap_or_default();
    reporter.emit(Event::JsonLines { text });
    Event::fact("judge", answer.to_string())
}

/// The first minute of each hour. Where bursts are measured in the hour before, the first hour
/// only serves for that, and the rest of an hour at the end is left out.
fn hours(sequence: &Sequence, policy: &Policy) -> Vec<i64> {
    let (Some(first), Some(last)) = (sequence.rows.first(), sequence.rows.last()) else {
        return Vec::new();
    };
    let lead = if policy.phi == Phi::Auto { HOUR } else { 0 };
    let mut hours = Vec::new();
    let mut start = first.minute.saturating_add(lead);
    while start.saturating_add(HOUR - 1) <= last.minute {
        // An hour without a minute, in a file with gaps, is none.
        let rows = within(&sequence.rows, start, HOUR);
        if rows.is_empty() {
            let next = sequence.rows.partition_point(|row| row.minute < start);
            start = sequence.rows[next].minute;
            continue;
        }
        hours.push(start);
        start = start.saturating_add(HOUR);
    }
    hours
}

fn within(rows: &[Row], start: i64, minutes: i64) -> &[Row] {
    let from = rows.partition_point(|row| row.minute < start);
    let to = rows.partition_point(|row| row.minute < start.saturating_add(minutes));
    &rows[from..to]
}

struct Release<'a> {
    sequence: &'a Sequence,
    start: i64,
    share: Rate,
    metrics: &'a Metrics<'a>,
}

impl Release<'_> {
    /// One release: its verdict, and after how many minutes it came.
    fn draw(&self, policy: &Policy, chance: &mut Chance) -> (Ruling, Option<i64>) {
        let mut trial = Trial::new(policy, self.metrics.len());
        let mut ruling = Ruling::Undecided;
        let from = self.start.saturating_sub(HOUR);
        let rows = within(&self.sequence.rows, from, 2 * HOUR);
        for (minute, mut counts) in self.metrics.minutes(rows) {
            for all in counts.iter_mut().flatten() {
                *all = match minute < self.start {
                    true => Counts { canary_requests: 0, canary_bad: 0, ..*all },
                    false => self.split(all, chance),
                };
            }
            // The rows are sorted and each minute comes once.
            let Ok(look) = trial.add(minute, &counts) else { continue };
            ruling = look.ruling;
            if let Some(decided_at) = look.decided_at {
                return (ruling, Some(decided_at - self.start + 1));
            }
        }
        (ruling, None)
    }

    fn split(&self, all: &Counts, chance: &mut Chance) -> Counts {
        let share = self.share.value();
        let bad = chance.binomial(all.baseline_bad, share);
        let good = chance.binomial(all.baseline_requests - all.baseline_bad, share);
        Counts {
            canary_requests: bad + good,
            canary_bad: bad,
            baseline_requests: all.baseline_requests - bad - good,
            baseline_bad: all.baseline_bad - bad,
        }
    }
}

impl Answer {
    fn count(&mut self, ruling: Ruling) {
        self.releases += 1;
        match ruling {
            Ruling::Pass => self.passed += 1,
            Ruling::Fail => self.aborted += 1,
            Ruling::Undecided => self.undecided += 1,
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { hours, releases, aborted, passed, undecided, .. } = self;
        if *releases == 0 {
            return f.write_str("no whole hour (with --phi auto: no second one) to draw from");
        }
        let part = |count: u32| 100.0 * f64::from(count) / f64::from(*releases);
        write!(
            f,
            "{hours} hours, {DRAWS} releases drawn in each: {:.1} % stopped, {:.1} % healthy",
            part(*aborted),
            part(*passed)
        )?;
        if let Some(minutes) = self.minutes_to_pass {
            write!(f, " in {minutes} min")?;
        }
        write!(f, ", {:.1} % undecided", part(*undecided))
    }
}
