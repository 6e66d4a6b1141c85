//! Alarms: by metrics, or put into a state from outside. Owns when an alarm goes off.

use super::alarm_rule::Rule;
use super::composite;
use super::expression::Series;
use super::query::{Window, invalid, run};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde_json::{Map, Value, json};

/// Alarms are evaluated so often.
const EVERY: i64 = 60_000;
/// Points may be so many periods late before they count as missing.
const PATIENCE: i64 = 3;

/// An alarm and its state.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub(super) name: String,
    /// What PutMetricAlarm was asked; empty for an alarm that is only set from outside.
    pub(super) settings: Map<String, Value>,
    pub(super) state: &'static str,
    pub(super) reason: String,
    pub(super) configured_at: SimTime,
    pub(super) changed_at: SimTime,
    /// Of a composite alarm, which has no metric.
    pub(super) rule: Option<Rule>,
}

impl Alarm {
    /// An alarm without a metric, in a state that was given.
    pub(crate) fn set_by_hand(name: &str, raised: bool, now: SimTime) -> Self {
        Self {
            name: name.to_owned(),
            settings: Map::new(),
            state: if raised { "ALARM" } else { "OK" },
            reason: "set by hand".to_owned(),
            configured_at: now,
            changed_at: now,
            rule: None,
        }
    }

    /// A new one as it was asked for; a rule makes it a composite alarm.
    pub(super) fn new(request: &Value, rule: Option<Rule>, now: SimTime) -> Self {
        Self {
            name: body::text(request, "AlarmName").unwrap_or_default().to_owned(),
            settings: request.as_object().cloned().unwrap_or_default(),
            state: "INSUFFICIENT_DATA",
            reason: "Unchecked: Initial alarm creation".to_owned(),
            configured_at: now,
            changed_at: now,
            rule,
        }
    }

    /// It is in ALARM.
    pub(crate) fn is_raised(&self) -> bool {
        self.state == "ALARM"
    }

    /// Puts it into a state; true when it was in another one.
    pub(super) fn set(&mut self, state: &'static str, reason: String, now: SimTime) -> bool {
        let has_changed = self.state != state;
        if has_changed {
            self.changed_at = now;
            self.state = state;
        }
        self.reason = reason;
        has_changed
    }

    fn has_metric(&self) -> bool {
        self.settings.contains_key("MetricName") || self.settings.contains_key("Metrics")
    }
}

/// When alarms are evaluated next; `None` while none has a metric.
pub(crate) fn next_evaluation(world: &World) -> Option<SimTime> {
    let since = world
        .alarms
        .values()
        .filter(|alarm| alarm.has_metric())
        .map(|alarm| alarm.configured_at.max(world.alarms_evaluated_at));
    since.min().map(|since| SimTime::from_millis((since.millis().div_euclid(EVERY) + 1) * EVERY))
}

/// Evaluates all alarms that have a metric.
pub(crate) fn evaluate(world: &mut World, now: SimTime) {
    world.alarms_evaluated_at = now;
    let found: Vec<(String, &'static str, String)> = world
        .alarms
        .values()
        .filter(|alarm| alarm.has_metric())
        .map(|alarm| {
            let (state, reason) = state_of(world, alarm, now);
            (alarm.name.clone(), state, reason)
        })
        .collect();
    let mut changed = Vec::new();
    for (name, state, reason) in found {
        if world.alarms.get_mut(&name).is_some_and(|alarm| alarm.set(state, reason, now)) {
            changed.push(name);
        }
    }
    composite::follow(world, changed, now);
}

/// Somebody puts an alarm into ALARM, or out of it; it is made when there is none.
pub(crate) fn set_by_hand(world: &mut World, name: &str, raised: bool, now: SimTime) {
    let state = if raised { "ALARM" } else { "OK" };
    match world.alarms.get_mut(name) {
        Some(alarm) => {
            alarm.set(state, "set by hand".to_owned(), now);
        }
        None => {
            world.alarms.insert(name.to_owned(), Alarm::set_by_hand(name, raised, now));
        }
    }
    composite::follow(world, vec![name.to_owned()], now);
}

/// M of the newest N points breach the threshold.
fn state_of(world: &World, alarm: &Alarm, now: SimTime) -> (&'static str, String) {
    let settings = Value::Object(alarm.settings.clone());
    let number = |member: &str| body::number(&settings, member).and_then(|n| i64::try_from(n).ok());
    let periods = number("EvaluationPeriods").unwrap_or(1);
    let needed = number("DatapointsToAlarm").unwrap_or(periods);
    let Some(series) = points(world, &settings, periods, now) else {
        return ("INSUFFICIENT_DATA", "Insufficient Data: the query failed".to_owned());
    };
    let threshold = body::decimal(&settings["Threshold"]).unwrap_or(0.0);
    let comparison = body::text(&settings, "ComparisonOperator").unwrap_or_default();
    let wanted = usize::try_from(periods).unwrap_or(1);
    let newest: Vec<f64> = series.points.values().rev().take(wanted).copied().collect();
    let breaching = newest.iter().filter(|&&value| breaches(comparison, value, threshold)).count();
    let missing = wanted.saturating_sub(newest.len());
    let treat = body::text(&settings, "TreatMissingData").unwrap_or("missing");
    if newest.is_empty() && treat == "missing" {
        let reason = "Insufficient Data: no points were received".to_owned();
        return ("INSUFFICIENT_DATA", reason);
    }
    if newest.is_empty() && treat == "ignore" {
        return (alarm.state, alarm.reason.clone());
    }
    let counted = breaching + if treat == "breaching" { missing } else { 0 };
    let told = format!(
        "Threshold Crossed: {breaching} out of the last {} datapoints were {comparison} the \
         threshold ({threshold}).",
        newest.len()
    );
    let goes_off = i64::try_from(counted).unwrap_or(i64::MAX) >= needed;
    (if goes_off { "ALARM" } else { "OK" }, told)
}

/// The newest points of an alarm's metric or expression.
fn points(world: &World, settings: &Value, periods: i64, now: SimTime) -> Option<Series> {
    let period = body::number(settings, "Period").and_then(|n| i64::try_from(n).ok()).unwrap_or(60);
    let span = (periods + PATIENCE) * period;
    let second = now.millis().div_euclid(1000).div_euclid(period) * period;
    let window = Window { from: second - span, to: second, now };
    let own = body::list(settings, "Metrics");
    if own.is_empty() {
        let stat = body::text(settings, "ExtendedStatistic")
            .or_else(|| body::text(settings, "Statistic"))
            .unwrap_or("Average");
        let query = json!({"Id": "m", "MetricStat": {
            "Metric": {
                "Namespace": settings["Namespace"], "MetricName": settings["MetricName"],
                "Dimensions": settings["Dimensions"],
            },
            "Period": period, "Stat": stat,
        }});
        return run(world, &[query], window).ok()?.remove("m");
    }
    let shown = own.iter().find(|query| query["ReturnData"] != false)?;
    run(world, own, window).ok()?.remove(body::text(shown, "Id")?)
}

fn breaches(comparison: &str, value: f64, threshold: f64) -> bool {
    match comparison {
        "GreaterThanOrEqualToThreshold" => value >= threshold,
        "GreaterThanThreshold" => value > threshold,
        "LessThanThreshold" => value < threshold,
        "LessThanOrEqualToThreshold" => value <= threshold,
        _ => false,
    }
}

/// PutMetricAlarm.
pub(super) fn put(world: &mut World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let name = named(request)?;
    if body::text(request, "ComparisonOperator").is_none()
        || body::number(request, "EvaluationPeriods").is_none()
    {
        return Err(invalid("ComparisonOperator and EvaluationPeriods are required."));
    }
    world.alarms.insert(name.clone(), Alarm::new(request, None, now));
    composite::follow(world, vec![name], now);
    Ok(json!({}))
}

pub(super) fn named(request: &Value) -> Result<String, ApiError> {
    let name = body::text(request, "AlarmName");
    Ok(name.ok_or_else(|| invalid("The parameter AlarmName is required."))?.to_owned())
}

/// DeleteAlarms.
pub(super) fn delete(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let names = body::texts(request, "AlarmNames");
    composite::refuse_needed(world, &names)?;
    for name in names {
        world.alarms.remove(&name).ok_or_else(not_found)?;
    }
    Ok(json!({}))
}

/// SetAlarmState: until the next evaluation.
pub(super) fn set_state(
    world: &mut World,
    now: SimTime,
    request: &Value,
) -> Result<Value, ApiError> {
    let name = body::text(request, "AlarmName").unwrap_or_default();
    let state = match body::text(request, "StateValue") {
        Some("OK") => "OK",
        Some("ALARM") => "ALARM",
        Some("INSUFFICIENT_DATA") => "INSUFFICIENT_DATA",
        _ => return Err(invalid("The value for parameter StateValue is invalid.")),
    };
    let reason = body::text(request, "StateReason").unwrap_or_default().to_owned();
    world.alarms.get_mut(name).ok_or_else(not_found)?.set(state, reason, now);
    composite::follow(world, vec![name.to_owned()], now);
    Ok(json!({}))
}

fn not_found() -> ApiError {
    ApiError::new(404, "ResourceNotFound", "Unknown alarm")
}
