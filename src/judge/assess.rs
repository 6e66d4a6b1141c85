//! The whole judgement of what is known at one look, counted from the first minute.

use super::arrival::arrival;
use super::bound::ratio_bounds;
use super::{Assessment, Counts, MetricEvidence, Policy, Ruling, ShareStep, Trial, Verdict, Waits};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What was counted, by minute and metric. A later answer for a minute replaces an earlier one,
/// so the order in which they come plays no part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    metrics: Vec<String>,
    minutes: BTreeMap<i64, Vec<Option<Counts>>>,
}

/// When the release ran, and what share of the requests it was to get.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The minutes of the release. Those before it are the hour that bursts are measured in;
    /// those after it are left out.
    pub minutes: RangeInclusive<i64>,
    /// The canary's share, in order of time. Empty when it is not known: then whether its
    /// traffic arrives is not checked.
    pub steps: Vec<ShareStep>,
}

impl Samples {
    /// Nothing yet, of these metrics.
    pub fn new(metrics: impl IntoIterator<Item = String>) -> Self {
        Self { metrics: metrics.into_iter().collect(), minutes: BTreeMap::new() }
    }

    /// What `metric` (its index) counted in a minute; a metric that is not there is left out.
    pub fn insert(&mut self, minute: i64, metric: usize, counts: Counts) {
        let metrics = self.metrics.len();
        let row = self.minutes.entry(minute).or_insert_with(|| vec![None; metrics]);
        if let Some(cell) = row.get_mut(metric) {
            *cell = Some(counts);
        }
    }

    /// The metrics' names.
    pub fn names(&self) -> &[String] {
        &self.metrics
    }

    /// Each minute's counts by metric (its index), in order.
    pub fn rows(&self) -> impl Iterator<Item = (i64, usize, Counts)> + '_ {
        self.minutes.iter().flat_map(|(minute, row)| {
            let cells = row.iter().enumerate();
            cells.filter_map(|(metric, cell)| Some((*minute, metric, (*cell)?)))
        })
    }

    /// What `metric` (its index) counted in `minutes` together.
    pub fn total(&self, metric: usize, minutes: RangeInclusive<i64>) -> Counts {
        let mut total = Counts::default();
        let rows = self.minutes.range(minutes).map(|(_, row)| row);
        rows.filter_map(|row| *row.get(metric)?).for_each(|counts| total += counts);
        total
    }

    /// What counts for the judge: minutes up to the end of the window, and of those before its
    /// start the baseline only, because their canary was another release.
    fn within(&self, window: &Window) -> BTreeMap<i64, Vec<Option<Counts>>> {
        let start = *window.minutes.start();
        let rows = self.minutes.range(..=*window.minutes.end());
        let cut = |minute: i64, counts: Counts| match minute < start {
            true => Counts { canary_requests: 0, canary_bad: 0, ..counts },
            false => counts,
        };
        let row = |(minute, row): (&i64, &Vec<Option<Counts>>)| {
            let row = row.iter().map(|cell| cell.map(|counts| cut(*minute, counts)));
            (*minute, row.collect())
        };
        rows.map(row).collect()
    }
}

/// Judges `samples` by `policy`: the verdict is that of the first minute that decided, whatever
/// came after it, and its evidence is that of the same minute. Nothing but the samples plays a
/// part.
pub fn assess(policy: &Policy, samples: &Samples, window: &Window) -> Assessment {
    let mut rows = samples.within(window);
    let Heard { trial, ruling, decided_at, worse_at } = hear(policy, samples, &rows);
    let requests: Vec<_> = rows
        .iter()
        .filter(|(minute, _)| window.minutes.contains(minute))
        .filter_map(requests)
        .collect();
    let upto = |last: i64| requests.partition_point(|(minute, ..)| *minute <= last);
    let arrived = arrival(&window.steps, &requests);
    // Traffic that came late after all is no reason to hold a PASS back.
    let astray = arrived.is_wrong(policy)
        && decided_at.is_none_or(|minute| {
            arrival(&window.steps, &requests[..upto(minute)]).is_wrong(policy)
        });
    let silent = requests.iter().all(|(_, _, both)| *both == 0);
    let verdict = match ruling {
        Ruling::Fail => Verdict::Fail,
        _ if astray => Verdict::NoTraffic,
        Ruling::Pass => Verdict::Pass,
        Ruling::Undecided if silent => Verdict::NoData,
        Ruling::Undecided => Verdict::Undecided,
    };
    if let Some(decided_at) = decided_at {
        rows.retain(|minute, _| *minute <= decided_at);
    }
    Assessment {
        verdict,
        decided_at,
        worse_at,
        minutes: trial.minutes(),
        metrics: evidence(policy, samples, &trial, &rows),
        arrival: arrived,
        waits: waits(policy, &trial, verdict),
    }
}

/// What the trial came to.
struct Heard {
    /// As it stood when it was decided, else at the end.
    trial: Trial,
    ruling: Ruling,
    decided_at: Option<i64>,
    worse_at: Option<i64>,
}

fn hear(policy: &Policy, samples: &Samples, rows: &BTreeMap<i64, Vec<Option<Counts>>>) -> Heard {
    let mut trial = Trial::new(policy, samples.metrics.len());
    let mut at_decision = None;
    let (mut ruling, mut decided_at, mut worse_at) = (Ruling::Undecided, None, None);
    for (minute, row) in rows {
        // A map's keys rise: no minute is out of order.
        let Ok(look) = trial.add(*minute, row) else { continue };
        (ruling, decided_at) = (look.ruling, look.decided_at);
        if decided_at.is_some() && at_decision.is_none() {
            at_decision = Some(trial.clone());
        }
        if look.is_worse {
            worse_at = worse_at.or(Some(*minute));
        }
    }
    Heard { trial: at_decision.unwrap_or(trial), ruling, decided_at, worse_at }
}

/// A minute with the canary's and with both sides' requests, by the metric that has the most.
fn requests((minute, row): (&i64, &Vec<Option<Counts>>)) -> Option<(i64, u64, u64)> {
    let counts = row.iter().flatten().max_by_key(|counts| counts.requests())?;
    Some((*minute, counts.canary_requests, counts.requests()))
}

fn evidence(
    policy: &Policy,
    samples: &Samples,
    trial: &Trial,
    rows: &BTreeMap<i64, Vec<Option<Counts>>>,
) -> Vec<MetricEvidence> {
    let of_metric = |(index, name): (usize, &String)| {
        let (_, e, phi) = trial.metrics().nth(index)?;
        let cells = rows.iter().filter_map(|(minute, row)| Some((*minute, (*row.get(index)?)?)));
        let minutes: Vec<(i64, Counts)> =
            cells.skip_while(|(_, counts)| counts.canary_requests == 0).collect();
        let mut total = Counts::default();
        minutes.iter().for_each(|(_, counts)| total += *counts);
        let counts: Vec<Counts> = minutes.iter().map(|(_, counts)| *counts).collect();
        let ratio = ratio_bounds(policy, &counts, phi);
        Some(MetricEvidence { name: name.clone(), total, minutes, ratio, e, phi })
    };
    samples.metrics.iter().enumerate().filter_map(of_metric).collect()
}

fn waits(policy: &Policy, trial: &Trial, verdict: Verdict) -> Option<Waits> {
    match verdict {
        Verdict::Pass | Verdict::Fail => return None,
        Verdict::NoData | Verdict::NoTraffic => return Some(Waits::Requests),
        Verdict::Undecided => {}
    }
    let (minutes, requests) = (trial.minutes(), trial.fewest_requests());
    if requests == 0 {
        return Some(Waits::Requests);
    }
    let by_time = u64::from(policy.min_minutes).saturating_sub(minutes);
    let missing = policy.min_requests.saturating_sub(requests);
    // As many requests a minute as so far.
    let by_requests = missing.saturating_mul(minutes).div_ceil(requests);
    match by_time.max(by_requests) {
        0 => Some(Waits::Evidence),
        minutes => Some(Waits::Minimum { minutes }),
    }
}
