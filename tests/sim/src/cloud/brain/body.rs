//! Reading members of a request. Owns the rules: null and empty text count as absent,
//! Query services send numbers and booleans as text.

use super::api_error::ApiError;
use super::time::SimTime;
use serde_json::Value;

/// A member as text; empty text is absent.
pub(crate) fn text<'b>(body: &'b Value, member: &str) -> Option<&'b str> {
    body.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A member that must be there.
pub(crate) fn required<'b>(body: &'b Value, member: &str) -> Result<&'b str, ApiError> {
    text(body, member)
        .ok_or_else(|| ApiError::parameter(format!("{} can not be blank.", capitalised(member))))
}

/// A list; absent is empty.
pub(crate) fn list<'b>(body: &'b Value, member: &str) -> &'b [Value] {
    body.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of texts.
pub(crate) fn texts(body: &Value, member: &str) -> Vec<String> {
    list(body, member).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A boolean; absent is false.
pub(crate) fn flag(body: &Value, member: &str) -> bool {
    match body.get(member) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

/// A whole number that is not negative.
pub(crate) fn number(body: &Value, member: &str) -> Option<u64> {
    match body.get(member) {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    }
}

/// A number with a fraction; Query services send it as text.
pub(crate) fn decimal(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A moment: seconds since the epoch, or text as Query services send it.
pub(crate) fn time(body: &Value, member: &str) -> Option<SimTime> {
    match body.get(member)? {
        Value::String(text) => SimTime::parse_iso8601(text),
        value => decimal(value).map(SimTime::from_epoch_seconds),
    }
}

/// The same, small: a count.
pub(crate) fn count(body: &Value, member: &str) -> Option<u32> {
    number(body, member).and_then(|number| u32::try_from(number).ok())
}

/// `value` without members that are null.
pub(crate) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name, without_nulls(member)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// One page of `items`, and the token of the next.
pub(crate) fn page<T>(
    items: Vec<T>,
    body: &Value,
    default_size: usize,
) -> (Vec<T>, Option<String>) {
    let size = number(body, "maxResults")
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(default_size)
        .max(1);
    let start = text(body, "nextToken").and_then(|token| token.parse().ok()).unwrap_or(0_usize);
    let next = (start + size < items.len()).then(|| (start + size).to_string());
    (items.into_iter().skip(start).take(size).collect(), next)
}

/// True for ECS's names: letters, digits, `-` and `_`, at most 255.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn capitalised(member: &str) -> String {
    let mut letters = member.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
