//! PutMetricData and ListMetrics.

use super::metrics::{Sample, SeriesKey};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most points of one call.
const MOST: usize = 1000;

/// PutMetricData.
pub(super) fn put(world: &mut World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let namespace = body::text(request, "Namespace")
        .ok_or_else(|| missing("The parameter Namespace is required."))?;
    if namespace.starts_with("AWS/") {
        return Err(invalid("The value AWS/ for parameter Namespace is invalid."));
    }
    let points = body::list(request, "MetricData");
    if points.is_empty() {
        return Err(missing("The parameter MetricData is required."));
    }
    if points.len() > MOST {
        return Err(invalid(format!(
            "The collection MetricData must not have a size greater than {MOST}."
        )));
    }
    let visible_at = now + world.metric_delay.of_own_metrics();
    let mut read = Vec::new();
    for point in points {
        let name = body::text(point, "MetricName")
            .ok_or_else(|| missing("The parameter MetricData.member.MetricName is required."))?;
        let at = body::time(point, "Timestamp").unwrap_or(now);
        let step = if body::number(point, "StorageResolution") == Some(1) { 1 } else { 60 };
        let second = at.millis().div_euclid(1000).div_euclid(step) * step;
        let key = SeriesKey::of(namespace, name, body::list(point, "Dimensions"));
        read.push((key, second, sample(point)?));
    }
    let metrics = Arc::make_mut(&mut world.metrics);
    for (key, second, sample) in read {
        metrics.add(&key, second, sample, visible_at);
    }
    Ok(json!({}))
}

fn sample(point: &Value) -> Result<Sample, ApiError> {
    let set = &point["StatisticValues"];
    let values = body::list(point, "Values");
    let number = |value: &Value| body::decimal(value).filter(|number| number.is_finite());
    if let Some(value) = number(&point["Value"]) {
        return Ok(Sample::Values(vec![(value, 1.0)]));
    }
    if !values.is_empty() {
        let counts = body::list(point, "Counts");
        if !counts.is_empty() && counts.len() != values.len() {
            return Err(invalid("The parameters Values and Counts must have the same size."));
        }
        let pairs = values.iter().enumerate().map(|(at, value)| {
            let count = counts.get(at).and_then(number).unwrap_or(1.0);
            number(value).map(|value| (value, count))
        });
        let mut pairs: Vec<(f64, f64)> = pairs
            .collect::<Option<_>>()
            .ok_or_else(|| invalid("The parameter Values has a value that is no number."))?;
        pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
        return Ok(Sample::Values(pairs));
    }
    let member = |name: &str| number(&set[name]);
    match (member("SampleCount"), member("Sum"), member("Minimum"), member("Maximum")) {
        (Some(count), Some(sum), Some(least), Some(most)) => {
            Ok(Sample::Set { count, sum, least, most })
        }
        _ => Err(missing(
            "At least one of the parameters Value, Values, StatisticValues is required.",
        )),
    }
}

/// ListMetrics.
pub(super) fn list(world: &World, request: &Value) -> Result<Value, ApiError> {
    let namespace = body::text(request, "Namespace");
    let name = body::text(request, "MetricName");
    let filters = body::list(request, "Dimensions");
    let fits = |key: &&SeriesKey| {
        namespace.is_none_or(|wanted| wanted == key.namespace)
            && name.is_none_or(|wanted| wanted == key.name)
            && filters.iter().all(|filter| {
                let (name, value) = (body::text(filter, "Name"), body::text(filter, "Value"));
                key.dimensions.iter().any(|(have, is)| {
                    Some(have.as_str()) == name && value.is_none_or(|wanted| wanted == is)
                })
            })
    };
    let metrics: Vec<Value> = world.metrics.keys().filter(fits).map(render).collect();
    Ok(json!({"Metrics": metrics}))
}

fn render(key: &SeriesKey) -> Value {
    let dimensions: Vec<Value> =
        key.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    json!({"Namespace": key.namespace, "MetricName": key.name, "Dimensions": dimensions})
}

fn missing(message: &str) -> ApiError {
    ApiError::client("MissingParameter", message)
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterValue", message)
}
