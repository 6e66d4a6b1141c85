//! GetMetricData. Owns which points a query sees and how they are handed out.

use super::expression::{self, Series};
use super::metrics::SeriesKey;
use super::statistic::Statistic;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::principals::glob;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most queries of a call.
const MOST_QUERIES: usize = 500;
/// Most points of a call.
const MOST_POINTS: usize = 100_800;

/// What goes wrong with queries of some metrics while the call itself succeeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricTrouble {
    /// Metric names that it is for; `*` stands for any text.
    pub metric: String,
    /// `StatusCode` of the result: `PartialData`, `InternalError`, `Forbidden`.
    pub status: String,
    /// Code of the result's message.
    #[serde(default)]
    pub code: String,
    /// Words of the result's message.
    #[serde(default)]
    pub message: String,
}

/// The window of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Seconds, inclusive.
    pub(super) from: i64,
    /// Seconds, exclusive.
    pub(super) to: i64,
    pub(super) now: SimTime,
}

/// GetMetricData.
pub(super) fn get(world: &World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let queries = body::list(request, "MetricDataQueries");
    if queries.is_empty() || queries.len() > MOST_QUERIES {
        return Err(invalid(format!(
            "The collection MetricDataQueries must have a size between 1 and {MOST_QUERIES}."
        )));
    }
    let time = |member: &str| {
        body::time(request, member)
            .map(|at| at.millis().div_euclid(1000))
            .ok_or_else(|| invalid(format!("The parameter {member} is required.")))
    };
    let window = Window { from: time("StartTime")?, to: time("EndTime")?, now };
    if window.from >= window.to {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    let answers = run(world, queries, window)?;
    let oldest_first = body::text(request, "ScanBy") == Some("TimestampAscending");
    let shown: Vec<Shown> = queries
        .iter()
        .filter(|query| query["ReturnData"] != false && query["ReturnData"] != "false")
        .map(|query| Shown::new(world, query, &answers, oldest_first))
        .collect();
    page(shown, request, world.points_per_page)
}

/// The series of every query, by id. Expressions may name queries that come later.
pub(super) fn run(
    world: &World,
    queries: &[Value],
    window: Window,
) -> Result<BTreeMap<String, Series>, ApiError> {
    let mut answers = BTreeMap::new();
    let mut expressions = Vec::new();
    for query in queries {
        let id = body::text(query, "Id").unwrap_or_default();
        let starts_small = id.starts_with(|first: char| first.is_ascii_lowercase());
        if !starts_small || answers.contains_key(id) {
            return Err(invalid(format!("The value '{id}' for parameter Id is invalid.")));
        }
        if query["MetricStat"].is_object() {
            answers.insert(id.to_owned(), metric(world, &query["MetricStat"], window)?);
        } else {
            expressions.push((id, body::text(query, "Expression").unwrap_or_default(), query));
        }
    }
    expression::run(&expressions, &mut answers, window)?;
    Ok(answers)
}

/// One `MetricStat`.
fn metric(world: &World, asked: &Value, window: Window) -> Result<Series, ApiError> {
    let metric = &asked["Metric"];
    let (namespace, name) = (body::text(metric, "Namespace"), body::text(metric, "MetricName"));
    let (Some(namespace), Some(name)) = (namespace, name) else {
        return Err(invalid("The parameters Namespace and MetricName are required."));
    };
    let stat = body::text(asked, "Stat").unwrap_or_default();
    let statistic = Statistic::parse(stat)
        .ok_or_else(|| invalid(format!("The value {stat} for parameter Stat is invalid.")))?;
    let period = period(asked)?;
    let key = SeriesKey::of(namespace, name, body::list(metric, "Dimensions"));
    let mut points = BTreeMap::new();
    let mut at = window.from.div_euclid(period) * period;
    while at < window.to {
        let datum = world.metrics.datum(&key, (at, at + period), window.now);
        if let Some(value) = datum.and_then(|datum| statistic.of(&datum)) {
            points.insert(at, value);
        }
        at += period;
    }
    Ok(Series { points, period })
}

fn period(asked: &Value) -> Result<i64, ApiError> {
    let period = body::number(asked, "Period")
        .and_then(|period| i64::try_from(period).ok())
        .filter(|period| [1, 5, 10, 20, 30].contains(period) || (*period > 0 && period % 60 == 0));
    period.ok_or_else(|| {
        invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    })
}

/// One result, before it is cut into pages.
struct Shown {
    id: String,
    label: String,
    points: Vec<(i64, f64)>,
    trouble: Option<MetricTrouble>,
}

impl Shown {
    fn new(
        world: &World,
        query: &Value,
        answers: &BTreeMap<String, Series>,
        oldest_first: bool,
    ) -> Self {
        let id = body::text(query, "Id").unwrap_or_default().to_owned();
        let name = body::text(&query["MetricStat"]["Metric"], "MetricName");
        let trouble = world
            .metric_troubles
            .iter()
            .find(|trouble| glob(&trouble.metric, name.unwrap_or(&id)))
            .cloned();
        let mut points: Vec<(i64, f64)> = answers
            .get(&id)
            .map(|series| series.points.iter().map(|(&at, &value)| (at, value)).collect())
            .unwrap_or_default();
        match trouble.as_ref().map(|trouble| trouble.status.as_str()) {
            // The newest half is not there yet.
            Some("PartialData") => points.truncate(points.len().div_ceil(2)),
            Some(_) => points.clear(),
            None => {}
        }
        if !oldest_first {
            points.reverse();
        }
        let label = body::text(query, "Label").or(name).unwrap_or(&id).to_owned();
        Self { id, label, points, trouble }
    }
}

/// One page of the results: all of them, with as many points as there may be.
fn page(shown: Vec<Shown>, request: &Value, usual: usize) -> Result<Value, ApiError> {
    let most = body::number(request, "MaxDatapoints")
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(usual)
        .clamp(1, MOST_POINTS);
    let start: usize = match body::text(request, "NextToken") {
        None => 0,
        Some(token) => token.parse().map_err(|_| {
            ApiError::client("InvalidNextToken", "The next token specified is invalid.")
        })?,
    };
    let end = start + most;
    let (mut results, mut passed) = (Vec::new(), 0_usize);
    for one in shown {
        let length = one.points.len();
        let cut = |bound: usize| bound.saturating_sub(passed).min(length);
        let page = &one.points[cut(start)..cut(end)];
        let is_cut = cut(end) < length;
        passed += length;
        results.push(render(&one, page, is_cut));
    }
    let next = (passed > end).then(|| end.to_string());
    Ok(body::without_nulls(json!({
        "MetricDataResults": results,
        "Messages": [],
        "NextToken": next,
    })))
}

fn render(one: &Shown, points: &[(i64, f64)], is_cut: bool) -> Value {
    let (status, messages) = match &one.trouble {
        Some(trouble) => {
            let told = !trouble.code.is_empty() || !trouble.message.is_empty();
            let message = json!({"Code": trouble.code, "Value": trouble.message});
            (trouble.status.as_str(), if told { json!([message]) } else { json!([]) })
        }
        None => (if is_cut { "PartialData" } else { "Complete" }, json!([])),
    };
    json!({
        "Id": one.id,
        "Label": one.label,
        "Timestamps": points.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
        "Values": points.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
        "StatusCode": status,
        "Messages": messages,
    })
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("ValidationError", message)
}

/// Requests to a target group in the newest whole minute that can be seen.
pub(crate) fn requests_of(world: &World, group: &str, now: SimTime) -> Option<f64> {
    let end = group.rsplit(':').next()?;
    let minute = now.millis().div_euclid(60_000) * 60 - 120;
    let key = world.metrics.keys().find(|key| {
        key.name == "RequestCount" && key.dimensions.iter().any(|(_, value)| value == end)
    })?;
    world.metrics.datum(key, (minute, minute + 60), now).map(|datum| datum.sum)
}
