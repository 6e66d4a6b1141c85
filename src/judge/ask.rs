//! What to ask of CloudWatch, which minutes are settled, and what an answer means.

use super::{Counts, Samples};
use crate::model::{
    BadCount, JudgedMetric, MetricQuery, MetricSeries, SeriesAnswer, SideSeries, Timestamp,
};
use std::ops::RangeInclusive;
use std::time::Duration;

/// A minute counts when it ended so long ago: younger ones still grow.
const SETTLES_IN: Duration = Duration::from_secs(120);
/// The hour before the release, in which bursts are measured.
const MINUTES_BEFORE: i64 = 60;

/// Some series is not whole, so nothing can be said: neither good news nor bad.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{metric}: {why}")]
pub struct Incomplete {
    /// CloudWatch's name of the metric.
    pub metric: String,
    /// What CloudWatch says.
    pub why: String,
}

/// The first minute that lies wholly after `at`.
pub fn first_minute(at: Timestamp) -> i64 {
    let is_whole = at.as_millis().rem_euclid(60_000) == 0;
    at.minute() + i64::from(!is_whole)
}

/// The newest minute that is settled at `now`, CloudWatch's clock.
pub fn settled(now: Timestamp) -> i64 {
    now.before(SETTLES_IN).minute() - 1
}

/// Everything since an hour before `minutes`: each look counts from the start, so that points
/// which came late or were corrected count as if they had been there at once.
pub fn query(metrics: &[JudgedMetric], minutes: &RangeInclusive<i64>) -> MetricQuery {
    let mut series: Vec<MetricSeries> = Vec::new();
    for one in metrics.iter().flat_map(sides).flat_map(parts) {
        if !series.contains(one) {
            series.push(one.clone());
        }
    }
    MetricQuery { series, from: minutes.start() - MINUTES_BEFORE, until: minutes.end() + 1 }
}

/// The hour before `now`, to see whether these can be read.
pub fn hour_before(metrics: &[JudgedMetric], now: Timestamp) -> MetricQuery {
    let last = settled(now);
    query(metrics, &(last..=last))
}

/// Counts by minute. What is not published is zero: a counter has no point for nothing.
///
/// # Errors
/// A series may lack points.
pub fn samples(
    metrics: &[JudgedMetric],
    query: &MetricQuery,
    answers: &[SeriesAnswer],
) -> Result<Samples, Incomplete> {
    let known: Vec<(&MetricSeries, &SeriesAnswer)> = query.series.iter().zip(answers).collect();
    for series in &query.series {
        let answer = known.iter().find(|(asked, _)| *asked == series).map(|(_, answer)| answer);
        let why = match answer {
            Some(answer) => answer.lacks.clone(),
            None => Some("no answer".to_owned()),
        };
        if let Some(why) = why {
            return Err(Incomplete { metric: series.name.clone(), why });
        }
    }
    let mut samples = Samples::new(metrics.iter().map(|metric| metric.name.clone()));
    for minute in query.from..query.until {
        let value = |series: &MetricSeries| {
            let answer = known.iter().find(|(asked, _)| *asked == series);
            answer
                .and_then(|(_, answer)| answer.points.get(&minute))
                .map_or(0, |value| whole(*value))
        };
        for (index, metric) in metrics.iter().enumerate() {
            let (canary_requests, canary_bad) = side(&metric.canary, &value);
            let (baseline_requests, baseline_bad) = side(&metric.baseline, &value);
            let counts = Counts { canary_requests, canary_bad, baseline_requests, baseline_bad };
            samples.insert(minute, index, counts);
        }
    }
    Ok(samples)
}

/// Requests and bad ones among them, never more: a request may be counted a moment after its
/// answer.
fn side(side: &SideSeries, value: &impl Fn(&MetricSeries) -> u64) -> (u64, u64) {
    let requests = value(&side.requests);
    let bad = match &side.bad {
        BadCount::Counted(series) => value(series),
        BadCount::Unanswered(answers) => {
            let answered = answers.iter().map(value).fold(0, u64::saturating_add);
            requests.saturating_sub(answered)
        }
    };
    (requests, bad.min(requests))
}

fn sides(metric: &JudgedMetric) -> [&SideSeries; 2] {
    [&metric.canary, &metric.baseline]
}

fn parts(side: &SideSeries) -> Vec<&MetricSeries> {
    let bad = match &side.bad {
        BadCount::Counted(series) => std::slice::from_ref(series),
        BadCount::Unanswered(answers) => answers.as_slice(),
    };
    std::iter::once(&side.requests).chain(bad).collect()
}

/// A count; what is none is nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and makes 0 of what is below it or no number"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Policy, Verdict, Window, assess, of_target_groups};
    use crate::model::TargetGroupArn;

    fn metrics() -> Vec<JudgedMetric> {
        let group = |name: &str| TargetGroupArn::new(format!("arn:aws:e:r:1:targetgroup/{name}/1"));
        of_target_groups("app/web/1", (&group("canary"), &group("full")), None)
    }

    /// Requests, answers with 2XX and with 5XX of both sides, in every minute.
    fn answers(query: &MetricQuery, canary: [f64; 3], full: [f64; 3]) -> Vec<SeriesAnswer> {
        let of = |series: &MetricSeries| {
            let is_canary = series.dimensions["TargetGroup"].contains("canary");
            let [requests, good, bad] = if is_canary { canary } else { full };
            let value = match series.name.as_str() {
                "RequestCount" => requests,
                "HTTPCode_Target_2XX_Count" => good,
                "HTTPCode_Target_5XX_Count" => bad,
                _ => 0.0,
            };
            let minutes = query.from..query.until;
            // A counter that is zero is not published.
            let points = minutes.filter(|_| value > 0.0).map(|minute| (minute, value));
            SeriesAnswer { points: points.collect(), lacks: None }
        };
        query.series.iter().map(of).collect()
    }

    fn verdict(canary: [f64; 3], full: [f64; 3]) -> (Verdict, Vec<String>) {
        let (metrics, minutes) = (metrics(), 100..=119);
        let query = query(&metrics, &minutes);
        let samples = samples(&metrics, &query, &answers(&query, canary, full)).unwrap();
        let policy = Policy::default();
        let assessment = assess(&policy, &samples, &Window { minutes, steps: Vec::new() });
        (assessment.verdict, assessment.lines(&policy))
    }

    #[test]
    fn a_minute_counts_two_minutes_after_its_end_and_starts_whole() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let minute = at("2026-11-28T10:07:00Z").minute();
        assert_eq!(settled(at("2026-11-28T10:09:59Z")), minute - 1);
        assert_eq!(settled(at("2026-11-28T10:10:00Z")), minute);
        assert_eq!(first_minute(at("2026-11-28T10:07:00Z")), minute);
        assert_eq!(first_minute(at("2026-11-28T10:07:01Z")), minute + 1);
    }

    #[test]
    fn each_series_is_asked_once_with_the_hour_before() {
        let query = query(&metrics(), &(100..=109));
        assert_eq!((query.from, query.until, query.series.len()), (40, 110, 10));
    }

    #[test]
    fn a_counter_that_is_not_published_is_zero() {
        let (verdict, lines) = verdict([60.0, 60.0, 0.0], [540.0, 540.0, 0.0]);
        assert_eq!(verdict, Verdict::Pass, "{lines:?}");
    }

    #[test]
    fn errors_and_missing_answers_are_each_found() {
        let (bad, lines) = verdict([60.0, 54.0, 6.0], [540.0, 538.0, 2.0]);
        assert_eq!(bad, Verdict::Fail);
        assert!(lines[0].starts_with("errors  10 % of "), "{lines:?}");
        let (silent, lines) = verdict([60.0, 50.0, 0.0], [540.0, 539.0, 0.0]);
        assert_eq!(silent, Verdict::Fail);
        assert!(lines.iter().any(|line| line.starts_with("no answer  17 % of ")), "{lines:?}");
    }

    #[test]
    fn a_series_that_is_not_whole_says_nothing() {
        let metrics = metrics();
        let query = query(&metrics, &(100..=109));
        let mut answers = answers(&query, [60.0; 3], [540.0; 3]);
        answers[1].lacks = Some("PartialData".to_owned());
        let incomplete = samples(&metrics, &query, &answers).unwrap_err();
        assert_eq!(incomplete.to_string(), "HTTPCode_Target_5XX_Count: PartialData");
        answers.truncate(3);
        answers[1].lacks = None;
        assert!(samples(&metrics, &query, &answers).is_err(), "fewer answers than questions");
    }
}
