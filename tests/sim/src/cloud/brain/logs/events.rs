//! GetLogEvents and FilterLogEvents. Owns their paging.

use super::groups::{group_name, no_group};
use super::pattern::Pattern;
use super::store::LogEvent;
use crate::cloud::brain::api_error::ApiError;
use crate::cloud::brain::body;
use crate::cloud::brain::state::World;
use serde_json::{Value, json};

/// Most events of an answer.
const MOST: usize = 10_000;

/// GetLogEvents: the newest ones, unless `startFromHead`. At an end of the stream the token
/// that was sent comes back.
pub(super) fn get(world: &World, request: &Value) -> Result<Value, ApiError> {
    let group = world.logs.groups.get(group_name(request)?).ok_or_else(no_group)?;
    let stream = body::required(request, "logStreamName")?;
    let stream = group.streams.get(stream).ok_or_else(|| {
        ApiError::client("ResourceNotFoundException", "The specified log stream does not exist.")
    })?;
    let inside: Vec<&LogEvent> =
        stream.events.iter().filter(|event| is_inside(event, request)).collect();
    let limit = limit(request);
    let (from, to) = match body::text(request, "nextToken").map(token) {
        Some(Some(("f", from))) => (from, (from + limit).min(inside.len())),
        Some(Some((_, to))) => (to.saturating_sub(limit), to),
        Some(None) => return Err(ApiError::parameter("The specified nextToken is invalid.")),
        None if body::flag(request, "startFromHead") => (0, limit.min(inside.len())),
        None => (inside.len().saturating_sub(limit), inside.len()),
    };
    let from = from.min(to);
    let events: Vec<Value> = inside[from.min(inside.len())..to.min(inside.len())]
        .iter()
        .map(|event| {
            json!({
                "timestamp": event.at.millis(),
                "message": event.message,
                "ingestionTime": event.at.millis(),
            })
        })
        .collect();
    Ok(json!({
        "events": events,
        "nextForwardToken": format!("f/{to:056}"),
        "nextBackwardToken": format!("b/{from:056}"),
    }))
}

/// `f/12` or `b/12`.
fn token(text: &str) -> Option<(&str, usize)> {
    let (way, number) = text.split_once('/')?;
    let number = number.parse().ok()?;
    ["f", "b"].contains(&way).then_some((way, number))
}

/// FilterLogEvents: of all streams that are meant, by time.
pub(super) fn filter(world: &World, request: &Value) -> Result<Value, ApiError> {
    let group = world.logs.groups.get(group_name(request)?).ok_or_else(no_group)?;
    let names = body::texts(request, "logStreamNames");
    let prefix = body::text(request, "logStreamNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        return Err(ApiError::parameter(
            "logStreamNames and logStreamNamePrefix cannot both be specified.",
        ));
    }
    let pattern = Pattern::parse(body::text(request, "filterPattern").unwrap_or_default())?;
    let mut found: Vec<(&String, &LogEvent)> = group
        .streams
        .iter()
        .filter(|(name, _)| {
            (names.is_empty() || names.contains(name)) && name.starts_with(prefix.unwrap_or(""))
        })
        .flat_map(|(name, stream)| stream.events.iter().map(move |event| (name, event)))
        .filter(|(_, event)| is_inside(event, request) && pattern.fits(&event.message))
        .collect();
    found.sort_by_key(|(_, event)| (event.at, event.number));
    let shown = found
        .into_iter()
        .map(|(name, event)| {
            json!({
                "logStreamName": name,
                "timestamp": event.at.millis(),
                "message": event.message,
                "ingestionTime": event.at.millis(),
                "eventId": format!("{:056}", event.number),
            })
        })
        .collect();
    let asked = json!({"maxResults": limit(request), "nextToken": request["nextToken"]});
    let (events, next) = body::page::<Value>(shown, &asked, MOST);
    Ok(body::without_nulls(json!({
        "events": events, "searchedLogStreams": [], "nextToken": next,
    })))
}

fn limit(request: &Value) -> usize {
    let asked = body::number(request, "limit").and_then(|limit| usize::try_from(limit).ok());
    asked.unwrap_or(MOST).clamp(1, MOST)
}

/// From `startTime` on and before `endTime`, in milliseconds.
fn is_inside(event: &LogEvent, request: &Value) -> bool {
    let bound = |member: &str| request.get(member).and_then(Value::as_i64);
    bound("startTime").is_none_or(|start| event.at.millis() >= start)
        && bound("endTime").is_none_or(|end| event.at.millis() < end)
}
