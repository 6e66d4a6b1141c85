//! CreateLogGroup, DescribeLogGroups, DescribeLogStreams and what groups are set to.

use super::store::{LogGroup, LogStream};
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use serde_json::{Value, json};
use std::sync::Arc;

/// CreateLogGroup.
pub(super) fn create(world: &mut World, now: SimTime, request: &Value) -> Result<Value, ApiError> {
    let name = body::required(request, "logGroupName")?;
    if world.logs.has(name) {
        return Err(ApiError::client(
            "ResourceAlreadyExistsException",
            "The specified log group already exists",
        ));
    }
    Arc::make_mut(&mut world.logs).make(name, now);
    Ok(json!({}))
}

/// DeleteLogGroup.
pub(super) fn delete(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let name = body::required(request, "logGroupName")?;
    let removed = Arc::make_mut(&mut world.logs).groups.remove(name);
    removed.map(|_| json!({})).ok_or_else(no_group)
}

/// PutRetentionPolicy.
pub(super) fn put_retention(world: &mut World, request: &Value) -> Result<Value, ApiError> {
    let name = body::required(request, "logGroupName")?;
    let group = Arc::make_mut(&mut world.logs).groups.get_mut(name).ok_or_else(no_group)?;
    group.retention_days = body::number(request, "retentionInDays");
    Ok(json!({}))
}

/// DescribeLogGroups.
pub(super) fn describe(world: &World, request: &Value) -> Result<Value, ApiError> {
    let prefix = body::text(request, "logGroupNamePrefix").unwrap_or_default();
    let part = body::text(request, "logGroupNamePattern").unwrap_or_default();
    let groups: Vec<Value> = world
        .logs
        .groups
        .iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.contains(part))
        .map(|(name, group)| render(world, name, group))
        .collect();
    let (groups, next) = page(groups, request);
    Ok(body::without_nulls(json!({"logGroups": groups, "nextToken": next})))
}

fn render(world: &World, name: &str, group: &LogGroup) -> Value {
    let arn = world.ids.arn("logs", &format!("log-group:{name}"));
    body::without_nulls(json!({
        "logGroupName": name,
        "creationTime": group.created_at.millis(),
        "retentionInDays": group.retention_days,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }))
}

/// DescribeLogStreams.
pub(super) fn describe_streams(world: &World, request: &Value) -> Result<Value, ApiError> {
    let name = group_name(request)?;
    let group = world.logs.groups.get(name).ok_or_else(no_group)?;
    let prefix = body::text(request, "logStreamNamePrefix").unwrap_or_default();
    let mut streams: Vec<(&String, &LogStream)> =
        group.streams.iter().filter(|(stream, _)| stream.starts_with(prefix)).collect();
    if body::text(request, "orderBy") == Some("LastEventTime") {
        if !prefix.is_empty() {
            return Err(ApiError::parameter(
                "Cannot order by LastEventTime with a logStreamNamePrefix.",
            ));
        }
        streams.sort_by_key(|(_, stream)| stream.events.last().map(|event| event.at));
    }
    if body::flag(request, "descending") {
        streams.reverse();
    }
    let shown = streams
        .into_iter()
        .map(|(stream, events)| {
            let first = events.events.first().map(|event| event.at.millis());
            let last = events.events.last().map(|event| event.at.millis());
            json!({
                "logStreamName": stream,
                "creationTime": events.created_at.millis(),
                "firstEventTimestamp": first,
                "lastEventTimestamp": last,
                "lastIngestionTime": last,
                "uploadSequenceToken": "0",
                "arn": world.ids.arn("logs", &format!("log-group:{name}:log-stream:{stream}")),
                "storedBytes": 0,
            })
        })
        .collect();
    let (streams, next) = page(shown, request);
    Ok(body::without_nulls(json!({"logStreams": streams, "nextToken": next})))
}

fn page(items: Vec<Value>, request: &Value) -> (Vec<Value>, Option<String>) {
    let asked = json!({"maxResults": request["limit"], "nextToken": request["nextToken"]});
    body::page(items, &asked, 50)
}

/// The group of a request: its name, or the end of its ARN.
pub(super) fn group_name(request: &Value) -> Result<&str, ApiError> {
    let named = body::text(request, "logGroupName")
        .or_else(|| body::text(request, "logGroupIdentifier"))
        .ok_or_else(|| ApiError::parameter("logGroupName can not be blank."))?;
    Ok(named.rsplit_once("log-group:").map_or(named, |(_, name)| name.trim_end_matches(":*")))
}

pub(super) fn no_group() -> ApiError {
    ApiError::client("ResourceNotFoundException", "The specified log group does not exist.")
}
