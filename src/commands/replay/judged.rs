//! Each sequence's minutes with their verdict.

use super::counts_file::{CountsFile, Sequence};
use super::metrics::Metrics;
use crate::judge::{self, Look, Policy, Ruling, Samples, Trial, Window};
use crate::model::Event;
use crate::ports::Reporter;
use serde::Serialize;

/// Bytes of JSON that go out at once.
const PIECE: usize = 64 << 10;
/// More sequences than this, or with more minutes in all, are told by their numbers only.
const TOLD_ONE_BY_ONE: usize = 10;
const MINUTES_TOLD: usize = 10_000;

/// One line. The names are a contract with whoever reads them; evidence as natural logarithms.
#[derive(Debug, Serialize)]
struct Line<'a> {
    sequence: Option<&'a str>,
    minute: i64,
    ln_share: f64,
    ln_level_floor: f64,
    ln_level_hard: f64,
    ln_pass_ratio: f64,
    ln_pass_rate: f64,
    phi: f64,
    verdict: Ruling,
    decided_at: Option<i64>,
    /// Of several metrics the one with the least evidence of being healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    weakest_metric: Option<&'a str>,
}

/// How many sequences ended how.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pass: usize,
    fail: usize,
    undecided: usize,
}

/// Judges every sequence, in lines of JSON; returns how they ended.
pub(super) fn tell(file: &CountsFile, policy: &Policy, reporter: &impl Reporter) -> Ends {
    let mut piece = Vec::with_capacity(PIECE + 512);
    let mut ends = Ends::default();
    for sequence in &file.sequences {
        let metrics = Metrics::of(sequence, file);
        let mut ruling = Ruling::Undecided;
        for (minute, look) in looks(sequence, &metrics, policy) {
            ruling = look.ruling;
            let line = line(sequence, minute, &look, &metrics);
            // Numbers and texts into memory: nothing can fail.
            serde_json::to_writer(&mut piece, &line).unwrap_or_default();
            piece.push(b'\n');
            if piece.len() >= PIECE {
                send(&mut piece, reporter);
            }
        }
        ends.count(ruling);
    }
    send(&mut piece, reporter);
    ends
}

/// The verdicts for people: one by one when they are few.
pub(super) fn in_words(file: &CountsFile, policy: &Policy, ends: &Ends) -> Vec<Event> {
    if file.sequences.is_empty() {
        return vec![Event::warning("the file has no minute: there is nothing to judge")];
    }
    let minutes: usize = file.sequences.iter().map(|sequence| sequence.rows.len()).sum();
    if file.sequences.len() <= TOLD_ONE_BY_ONE && minutes <= MINUTES_TOLD {
        let words = |sequence| sequence_in_words(sequence, file, policy);
        return file.sequences.iter().flat_map(words).collect();
    }
    vec![Event::fact("judge", ends.to_string())]
}

fn looks<'a>(
    sequence: &'a Sequence,
    metrics: &'a Metrics<'_>,
    policy: &Policy,
) -> impl Iterator<Item = (i64, Look)> + use<'a> {
    let mut trial = Trial::new(policy, metrics.len());
    let minutes = metrics.minutes(&sequence.rows);
    // The rows are sorted and each minute comes once: none is out of order.
    minutes.filter_map(move |(minute, counts)| Some((minute, trial.add(minute, &counts).ok()?)))
}

fn line<'a>(
    sequence: &'a Sequence,
    minute: i64,
    look: &Look,
    metrics: &'a Metrics<'_>,
) -> Line<'a> {
    Line {
        sequence: sequence.name.as_deref(),
        minute,
        ln_share: look.e.ln_share,
        ln_level_floor: look.e.ln_level_floor,
        ln_level_hard: look.e.ln_level_hard,
        ln_pass_ratio: look.e.ln_pass_ratio,
        ln_pass_rate: look.e.ln_pass_rate,
        phi: look.phi,
        verdict: look.ruling,
        decided_at: look.decided_at,
        weakest_metric: metrics.names().nth(look.weakest).filter(|_| metrics.len() > 1),
    }
}

fn send(piece: &mut Vec<u8>, reporter: &impl Reporter) {
    piece.pop_if(|last| *last == b'\n');
    if piece.is_empty() {
        return;
    }
    // JSON is always UTF-8.
    let full = std::mem::replace(piece, Vec::with_capacity(PIECE + 512));
    let text = String::from_utf8(full).unwrap_or_default();
    reporter.emit(Event::JsonLines { text });
}

/// The last look at a sequence, with all of its evidence.
fn sequence_in_words(sequence: &Sequence, file: &CountsFile, policy: &Policy) -> Vec<Event> {
    let metrics = Metrics::of(sequence, file);
    let mut samples = Samples::new(metrics.names().map(str::to_owned));
    for (minute, counts) in metrics.minutes(&sequence.rows) {
        for (metric, counts) in counts.iter().enumerate() {
            if let Some(counts) = counts {
                samples.insert(minute, metric, *counts);
            }
        }
    }
    let (Some(first), Some(last)) = (sequence.rows.first(), sequence.rows.last()) else {
        return Vec::new();
    };
    let window = Window { minutes: first.minute..=last.minute, steps: Vec::new() };
    let assessment = judge::assess(policy, &samples, &window);
    let label = sequence.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("judge");
    let when = match assessment.decided_at {
        Some(minute) => format!("{} since minute {minute}", assessment.verdict.headline()),
        None => format!("{} after {} min", assessment.verdict.headline(), assessment.minutes),
    };
    let lines = assessment.lines(policy).into_iter();
    let lines = lines.map(|line| Event::line(format!("  {line}")));
    std::iter::once(Event::fact(label, when)).chain(lines).collect()
}

impl Ends {
    fn count(&mut self, ruling: Ruling) {
        match ruling {
            Ruling::Pass => self.pass += 1,
            Ruling::Fail => self.fail += 1,
            Ruling::Undecided => self.undecided += 1,
        }
    }
}

impl std::fmt::Display for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pass, fail, undecided } = self;
        let all = pass + fail + undecided;
        write!(f, "{all} sequences: {pass} healthy, {fail} worse, {undecided} undecided")
    }
}
