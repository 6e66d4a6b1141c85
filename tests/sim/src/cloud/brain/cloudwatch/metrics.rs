//! Series of points. Owns when a point can be seen: points come late, and a minute that was
//! read already may grow.

use crate::cloud::brain::time::SimTime;
use serde_json::Value;
use std::collections::BTreeMap;

/// Minutes after which the portions of a minute that can be seen are put together.
const FOLDED_AFTER: i64 = 10;

/// What a series is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeriesKey {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Names and values, sorted.
    pub(crate) dimensions: Vec<(String, String)>,
}

/// What is published at one time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sample {
    /// Values with how often they occurred.
    Values(Vec<(f64, f64)>),
    /// A statistic set: there is no way back to its values.
    Set { count: f64, sum: f64, least: f64, most: f64 },
}

/// All samples of a period together.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Datum {
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// Sorted by value; `None` when a statistic set is among the samples.
    pub(crate) values: Option<Vec<(f64, f64)>>,
}

/// A part of a point, and when it can be seen.
#[derive(Debug, Clone)]
struct Portion {
    visible_at: SimTime,
    sample: Sample,
}

/// The points of an account, by series and second.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    series: BTreeMap<SeriesKey, BTreeMap<i64, Vec<Portion>>>,
}

impl SeriesKey {
    pub(crate) fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Self {
        let mut dimensions: Vec<(String, String)> =
            dimensions.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        dimensions.sort();
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    /// From `Namespace`, `MetricName` and `Dimensions`.
    pub(super) fn of(namespace: &str, name: &str, dimensions: &[Value]) -> Self {
        let pairs: Vec<(&str, &str)> = dimensions
            .iter()
            .filter_map(|one| Some((one.get("Name")?.as_str()?, one.get("Value")?.as_str()?)))
            .collect();
        Self::new(namespace, name, &pairs)
    }
}

impl Metrics {
    /// Adds a sample to the point that begins at `second`, to be seen from `visible_at` on.
    pub(crate) fn add(
        &mut self,
        key: &SeriesKey,
        second: i64,
        sample: Sample,
        visible_at: SimTime,
    ) {
        if !self.series.contains_key(key) {
            self.series.insert(key.clone(), BTreeMap::new());
        }
        let Some(points) = self.series.get_mut(key) else { return };
        let portions = points.entry(second).or_default();
        match portions.last_mut() {
            Some(last) if last.visible_at == visible_at => merge(&mut last.sample, &sample),
            _ => portions.push(Portion { visible_at, sample }),
        }
        if let Some(old) = points.get_mut(&(second - 60 * FOLDED_AFTER)) {
            fold(old, visible_at);
        }
    }

    /// The samples of the seconds `from..to` that can be seen at `now`.
    pub(super) fn datum(&self, key: &SeriesKey, span: (i64, i64), now: SimTime) -> Option<Datum> {
        let mut datum: Option<Datum> = None;
        let points = self.series.get(key)?.range(span.0..span.1);
        for portion in points.flat_map(|(_, portions)| portions) {
            if portion.visible_at <= now {
                datum.get_or_insert_with(Datum::empty).take(&portion.sample);
            }
        }
        datum.filter(|datum| datum.count > 0.0)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &SeriesKey> {
        self.series.keys()
    }
}

impl Datum {
    fn empty() -> Self {
        Self {
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
            values: Some(Vec::new()),
            ..Self::default()
        }
    }

    fn take(&mut self, sample: &Sample) {
        match sample {
            Sample::Values(values) => {
                for &(value, count) in values {
                    self.count += count;
                    self.sum += value * count;
                    self.least = self.least.min(value);
                    self.most = self.most.max(value);
                    if let Some(all) = &mut self.values {
                        add_value(all, value, count);
                    }
                }
            }
            Sample::Set { count, sum, least, most } => {
                self.count += count;
                self.sum += sum;
                self.least = self.least.min(*least);
                self.most = self.most.max(*most);
                self.values = None;
            }
        }
    }
}

/// Puts together what can be seen since long.
fn fold(portions: &mut Vec<Portion>, now: SimTime) {
    if portions.len() < 2 {
        return;
    }
    let (seen, mut rest): (Vec<Portion>, Vec<Portion>) =
        std::mem::take(portions).into_iter().partition(|portion| portion.visible_at <= now);
    let mut sets = Vec::new();
    let mut values = Vec::new();
    let mut latest = None;
    for portion in seen {
        latest = latest.max(Some(portion.visible_at));
        match portion.sample {
            Sample::Values(new) => {
                new.into_iter().for_each(|(value, count)| add_value(&mut values, value, count));
            }
            set @ Sample::Set { .. } => sets.push(set),
        }
    }
    if let Some(visible_at) = latest {
        let whole = (!values.is_empty()).then_some(Sample::Values(values));
        let samples = sets.into_iter().chain(whole);
        portions.extend(samples.map(|sample| Portion { visible_at, sample }));
    }
    portions.append(&mut rest);
}

fn merge(into: &mut Sample, new: &Sample) {
    match (into, new) {
        (Sample::Values(have), Sample::Values(new)) => {
            new.iter().for_each(|&(value, count)| add_value(have, value, count));
        }
        (into, new) => {
            let mut datum = Datum::empty();
            datum.take(into);
            datum.take(new);
            let Datum { count, sum, least, most, .. } = datum;
            *into = Sample::Set { count, sum, least, most };
        }
    }
}

/// Adds to values that are sorted.
fn add_value(values: &mut Vec<(f64, f64)>, value: f64, count: f64) {
    match values.binary_search_by(|(have, _)| have.total_cmp(&value)) {
        Ok(at) => values[at].1 += count,
        Err(at) => values.insert(at, (value, count)),
    }
}
