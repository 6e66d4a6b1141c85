//! AWS Query: a form in (`TargetGroupArns.member.1=...`), XML out. Owns both spellings.

use super::xml;
use crate::cloud::brain::{ApiError, SimTime};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Map, Value};

/// The service of a namespace.
const NAMESPACES: [(&str, &str); 4] = [
    ("cloudwatch", "http://monitoring.amazonaws.com/doc/2010-08-01/"),
    ("elasticloadbalancing", "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"),
    ("iam", "https://iam.amazonaws.com/doc/2010-05-08/"),
    ("sts", "https://sts.amazonaws.com/doc/2011-06-15/"),
];

/// The action and its members as JSON; every scalar stays text.
pub(super) fn parse(form: &Bytes) -> Option<(String, Value)> {
    let text = std::str::from_utf8(form).ok()?;
    let mut action = None;
    let mut members = Value::Object(Map::new());
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), decode(value));
        match name.as_str() {
            "Action" => action = Some(value),
            "Version" => {}
            _ => put(&mut members, &name.split('.').collect::<Vec<_>>(), value),
        }
    }
    Some((action?, members_to_lists(members)))
}

/// The service whose actions have such a name, when the scope does not say.
pub(super) fn service_of(action: &str) -> &'static str {
    if action.starts_with("AssumeRole") || action == "GetCallerIdentity" {
        "sts"
    } else {
        "elasticloadbalancing"
    }
}

fn put(place: &mut Value, path: &[&str], value: String) {
    let Some((first, rest)) = path.split_first() else {
        *place = Value::String(value);
        return;
    };
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Value::Object(members) = place {
        put(members.entry((*first).to_owned()).or_insert(Value::Null), rest, value);
    }
}

/// `{"member": {"1": a, "2": b}}` becomes `[a, b]`.
fn members_to_lists(value: Value) -> Value {
    let Value::Object(mut members) = value else { return value };
    if members.len() == 1
        && let Some(Value::Object(numbered)) = members.get_mut("member")
    {
        let mut items: Vec<(usize, Value)> = std::mem::take(numbered)
            .into_iter()
            .map(|(number, item)| (number.parse().unwrap_or(0), members_to_lists(item)))
            .collect();
        items.sort_by_key(|(number, _)| *number);
        return items.into_iter().map(|(_, item)| item).collect();
    }
    members.into_iter().map(|(name, member)| (name, members_to_lists(member))).collect()
}

/// `application/x-www-form-urlencoded`.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| {
                    byte.and_then(|byte| char::from(byte).to_digit(16))
                        .and_then(|digit| u8::try_from(digit).ok())
                };
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                bytes.push(high.unwrap_or(0) * 16 + low.unwrap_or(0));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Spells an answer.
pub(super) fn render(
    service: &str,
    action: &str,
    result: &Result<Value, ApiError>,
    request_id: &str,
) -> Response<Full<Bytes>> {
    let namespace =
        NAMESPACES.iter().find(|(name, _)| *name == service).map_or("", |(_, namespace)| namespace);
    let (status, body) = match result {
        Ok(value) => (
            200,
            format!(
                "<{action}Response xmlns=\"{namespace}\"><{action}Result>{}</{action}Result>\
                 <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
                 </{action}Response>",
                xml::members(&with_times(value.clone()))
            ),
        ),
        Err(error) => (
            error.status,
            format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{}</Type><Code>{}</Code>\
                 <Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                if error.status < 500 { "Sender" } else { "Receiver" },
                xml::escape(&error.code),
                xml::escape(&error.message)
            ),
        ),
    };
    Response::builder()
        .status(status)
        .header("content-type", "text/xml")
        .header("x-amzn-requestid", request_id)
        .body(Full::from(body))
        .unwrap_or_default()
}

/// Members that are moments: XML has them as text. The other services' are text already.
fn with_times(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| {
                let member = if name.ends_with("Timestamp") || name == "Timestamps" {
                    time_text(member)
                } else {
                    with_times(member)
                };
                (name, member)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(with_times).collect(),
        other => other,
    }
}

fn time_text(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(time_text).collect(),
        Value::Number(number) => {
            let at = SimTime::from_epoch_seconds(number.as_f64().unwrap_or_default());
            Value::String(at.iso8601())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use hyper::body::Bytes;
    use serde_json::json;

    #[test]
    fn a_form_becomes_nested_members_and_lists() {
        let form = "Action=ModifyRule&Version=2015-12-01&RuleArn=a%3Ab&\
                    Actions.member.1.Type=forward&\
                    Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight=9&\
                    Actions.member.1.ForwardConfig.TargetGroups.member.2.Weight=1";
        let (action, members) = parse(&Bytes::from(form)).unwrap();
        assert_eq!(action, "ModifyRule");
        assert_eq!(
            members,
            json!({"RuleArn": "a:b", "Actions": [{
                "Type": "forward",
                "ForwardConfig": {"TargetGroups": [{"Weight": "9"}, {"Weight": "1"}]},
            }]})
        );
    }
}
