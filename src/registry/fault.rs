//! From what a registry answered, or did not, to a [`CallError`].

use crate::model::{CallError, CallErrorKind};
use hyper::StatusCode;
use serde_json::Value;
use std::error::Error;
use std::fmt::Write as _;

/// At most this many characters of a registry's own words are shown.
const MESSAGE_LIMIT: usize = 300;

/// What to do about a failed call, where there is something to do.
pub fn hint(error: &CallError) -> Option<String> {
    let place = error.place.as_deref().unwrap_or("the registry");
    match error.kind {
        CallErrorKind::Credentials => Some(format!(
            "check the login for {place}: `docker login`, CI_REGISTRY_PASSWORD or DOCKER_AUTH_CONFIG; \
             some registries also answer so when the image does not exist"
        )),
        CallErrorKind::Denied => {
            Some(format!("the login for {place} lacks the right to this repository"))
        }
        CallErrorKind::NotFound => Some("check the name and the tag".to_owned()),
        CallErrorKind::Throttled => {
            Some(format!("{place} limits requests: log in, or set a mirror in the host's config"))
        }
        CallErrorKind::NoAnswer => Some(format!(
            "check that this host reaches {place} (proxy, firewall, ca_file, plain_http)"
        )),
        CallErrorKind::Refused | CallErrorKind::Unsupported | CallErrorKind::NoCredentials => None,
    }
}

/// A status that is not the wanted one, with the registry's error body.
pub(super) fn from_status(
    operation: &str,
    place: &str,
    status: StatusCode,
    body: &[u8],
) -> CallError {
    let kind = match status.as_u16() {
        401 => CallErrorKind::Credentials,
        403 => CallErrorKind::Denied,
        404 => CallErrorKind::NotFound,
        429 => CallErrorKind::Throttled,
        501 => CallErrorKind::Unsupported,
        500..=599 => CallErrorKind::NoAnswer,
        _ => CallErrorKind::Refused,
    };
    let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
    let first = parsed.get("errors").and_then(|errors| errors.get(0)).unwrap_or(&parsed);
    let text = |key: &str| first.get(key).and_then(Value::as_str).map(shown);
    CallError {
        kind,
        operation: operation.to_owned(),
        code: text("code").or_else(|| Some(format!("HTTP {}", status.as_u16()))),
        message: text("message").or(text("details")).unwrap_or_default(),
        place: Some(place.to_owned()),
    }
}

/// No answer: the error with all its causes.
pub(super) fn no_answer(operation: &str, place: &str, error: &dyn Error) -> CallError {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            // Writing to a string does not fail.
            let _always = write!(message, ": {text}");
        }
        cause = error.source();
    }
    broken(operation, place, &message)
}

/// An answer that did not come in time, or cannot be used.
pub(super) fn broken(operation: &str, place: &str, message: &str) -> CallError {
    CallError {
        kind: CallErrorKind::NoAnswer,
        operation: operation.to_owned(),
        code: None,
        message: shown(message),
        place: Some(place.to_owned()),
    }
}

/// What we refuse to do or to take.
pub(super) fn refused(operation: &str, message: &str) -> CallError {
    CallError {
        kind: CallErrorKind::Refused,
        operation: operation.to_owned(),
        code: None,
        message: shown(message),
        place: None,
    }
}

/// Words from outside, made fit for a log: no control characters, not too long.
fn shown(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(MESSAGE_LIMIT).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrys_own_words_are_kept_and_made_harmless() {
        let body = b"{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no \\u001b[31mway\"}]}";
        let error = from_status("registry: GET manifest", "r.example", StatusCode::FORBIDDEN, body);
        assert_eq!(
            error.to_string(),
            "registry: GET manifest at r.example: access denied (DENIED): no  [31mway"
        );
    }

    #[test]
    fn a_body_that_is_not_json_leaves_the_status() {
        let error = from_status("x", "r.example", StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(
            (error.kind, error.code.as_deref()),
            (CallErrorKind::NoAnswer, Some("HTTP 502"))
        );
    }
}
