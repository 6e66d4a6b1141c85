//! Metrics and alarms, as CloudWatch keeps them.

use super::Timestamp;
use std::collections::BTreeMap;

/// A number for each minute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricSeries {
    /// `AWS/ApplicationELB`, or one of the user's own.
    pub namespace: String,
    /// `RequestCount`.
    pub name: String,
    /// Names and values.
    pub dimensions: BTreeMap<String, String>,
    /// `Sum`, `SampleCount`, `TC(0.5:)`: how a minute's samples become a number.
    pub statistic: String,
}

/// What is asked in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// Each once.
    pub series: Vec<MetricSeries>,
    /// The first minute, counted from 1970.
    pub from: i64,
    /// The minute after the last one.
    pub until: i64,
}

/// What is known of one series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeriesAnswer {
    /// Numbers by minute, counted from 1970; a minute that is not there had no sample.
    pub points: BTreeMap<i64, f64>,
    /// Why points may be missing: `PartialData`, `Forbidden` and the like, with what CloudWatch
    /// says of it; `None` when these are all.
    pub lacks: Option<String>,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: AlarmState,
    /// Since when; `None` when CloudWatch does not say.
    pub since: Option<Timestamp>,
    /// Why, as CloudWatch says it.
    pub reason: String,
}

/// How an alarm stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlarmState {
    /// All is well.
    Ok,
    /// It went off.
    Alarm,
    /// It cannot tell.
    InsufficientData,
    /// A word that this program does not know: never taken for good news.
    Unknown(String),
}

impl Timestamp {
    /// The minute it lies in, counted from 1970.
    pub fn minute(self) -> i64 {
        self.as_millis().div_euclid(60_000)
    }
}
