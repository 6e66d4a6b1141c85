//! DescribeAlarms. Owns what of an alarm is shown.

use super::alarms::Alarm;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use serde_json::{Value, json};

/// DescribeAlarms. Composite alarms come only when they are asked for.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let names = body::texts(request, "AlarmNames");
    let prefix = body::text(request, "AlarmNamePrefix").unwrap_or_default();
    let state = body::text(request, "StateValue");
    let kinds = body::texts(request, "AlarmTypes");
    let wants = |kind: &str| kinds.iter().any(|asked| asked == kind);
    let wants_metric = kinds.is_empty() || wants("MetricAlarm");
    let alarms: Vec<&Alarm> = world
        .alarms
        .values()
        .filter(|alarm| {
            (if alarm.rule.is_some() { wants("CompositeAlarm") } else { wants_metric })
                && (names.is_empty() || names.contains(&alarm.name))
                && alarm.name.starts_with(prefix)
                && state.is_none_or(|wanted| wanted == alarm.state)
        })
        .collect();
    let most = body::number(request, "MaxRecords").and_then(|most| usize::try_from(most).ok());
    let start: usize =
        body::text(request, "NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let end = start + most.unwrap_or(50).max(1);
    let next = (end < alarms.len()).then(|| end.to_string());
    let (composite, metric): (Vec<&Alarm>, Vec<&Alarm>) =
        alarms.into_iter().skip(start).take(end - start).partition(|alarm| alarm.rule.is_some());
    let shown = |alarms: Vec<&Alarm>| -> Value {
        alarms.into_iter().map(|alarm| render(world, alarm)).collect()
    };
    Ok(body::without_nulls(json!({
        "CompositeAlarms": shown(composite), "MetricAlarms": shown(metric), "NextToken": next,
    })))
}

fn render(world: &World, alarm: &Alarm) -> Value {
    let mut shown = alarm.settings.clone();
    shown.remove("Tags");
    for list in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        shown.entry(list).or_insert(json!([]));
    }
    if alarm.rule.is_none() {
        shown.entry("Dimensions").or_insert(json!([]));
    }
    shown.entry("ActionsEnabled").or_insert(json!(true));
    for member in ["Period", "EvaluationPeriods", "DatapointsToAlarm"] {
        if let Some(number) = body::number(&Value::Object(shown.clone()), member) {
            shown.insert(member.into(), json!(number));
        }
    }
    if let Some(threshold) = shown.get("Threshold").and_then(body::decimal) {
        shown.insert("Threshold".into(), json!(threshold));
    }
    let fixed = [
        ("AlarmName", json!(alarm.name)),
        ("AlarmArn", json!(world.ids.arn("cloudwatch", &format!("alarm:{}", alarm.name)))),
        ("StateValue", json!(alarm.state)),
        ("StateReason", json!(alarm.reason)),
        ("StateUpdatedTimestamp", json!(alarm.changed_at.epoch_seconds())),
        ("StateTransitionedTimestamp", json!(alarm.changed_at.epoch_seconds())),
        ("AlarmConfigurationUpdatedTimestamp", json!(alarm.configured_at.epoch_seconds())),
    ];
    for (member, value) in fixed {
        shown.insert(member.into(), value);
    }
    Value::Object(shown)
}
