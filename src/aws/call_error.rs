//! Failed calls in our words.

use super::exchange::{Exchange, in_words};
use crate::model::{CallError, CallErrorKind};
use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;

const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
    "AuthorizationError",
    "Forbidden",
    "OptInRequired",
    "BlockedException",
];
const CREDENTIALS: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "ExpiredTokenIdException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidToken",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "AuthFailure",
    "InvalidIdentityToken",
    "IDPRejectedClaim",
];
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
];
const UNSUPPORTED: &[&str] = &[
    "UnknownOperationException",
    "UnknownOperation",
    "InvalidAction",
    "NotImplemented",
    "UnsupportedFeatureException",
    "UnsupportedOperation",
];
/// Nobody in the SDK's chain had keys; only outside a job is it asked.
const NO_KEYS: &str =
    "no AWS keys found: neither AWS_ACCESS_KEY_ID, a profile nor a role of this host";
/// Refused by whoever stands before the service: nothing is known of the change.
const NO_ANSWER: &[&str] = &[
    "RequestTimeout",
    "RequestTimeoutException",
    "IDPCommunicationError",
    "ServerException",
    "InternalFailure",
    "InternalError",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

/// The failure of `operation` (`ecs:UpdateService`).
pub(super) fn call_error<E>(
    operation: &str,
    exchange: &Exchange,
    error: &SdkError<E, HttpResponse>,
) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    // A provider of ours failed with a call of its own: that one is the failure.
    if let Some(inner) = find::<CallError>(error) {
        return inner.clone();
    }
    if let Some(credentials) = find::<CredentialsError>(error) {
        return of_credentials(operation, credentials);
    }
    let (kind, code, message) = match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let answer = service.err();
            let code = answer.code().map(str::to_owned);
            let message = match (answer.message(), &code) {
                (Some(message), _) => first_sentence(code.as_deref(), message).to_owned(),
                (None, Some(_)) => String::new(),
                (None, None) => {
                    let said = said(service.raw());
                    format!("HTTP status {status} without an AWS error, the answer is {said}")
                }
            };
            (kind_of(code.as_deref(), status), code, message)
        }
        SdkError::ResponseError(response) => {
            let status = response.raw().status().as_u16();
            let said = said(response.raw());
            let message = format!("HTTP status {status}, and the answer {said} is not one of AWS");
            (kind_of(None, status), None, message)
        }
        SdkError::TimeoutError(_) => (CallErrorKind::NoAnswer, None, whole(error)),
        SdkError::DispatchFailure(_) => (CallErrorKind::NoAnswer, None, innermost(error)),
        other => (CallErrorKind::Refused, None, innermost(other)),
    };
    let place = if kind == CallErrorKind::NoAnswer { exchange.host() } else { None };
    CallError { kind, operation: operation.to_owned(), code, message, place }
}

fn said(response: &HttpResponse) -> String {
    in_words(response.body().bytes().unwrap_or_default())
}

/// There are no keys to sign `operation` with.
pub(super) fn no_keys(operation: &str, error: &CredentialsError) -> CallError {
    // A provider of ours failed with a call of its own: that one is the failure.
    find::<CallError>(error).cloned().unwrap_or_else(|| of_credentials(operation, error))
}

/// The text of the first element of this name; what is read so has no attributes in it.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// What a service answered in place of what `operation` asked for: JSON or XML.
pub(super) fn refused(operation: &str, status: u16, body: &[u8]) -> CallError {
    let text = String::from_utf8_lossy(body);
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let member = |names: [&str; 2]| {
        let json = json.as_ref()?;
        names.iter().find_map(|name| json.get(name)?.as_str().map(str::to_owned))
    };
    let element = |name: &str| element(&text, name).map(str::to_owned);
    let code = member(["__type", "code"]).or_else(|| element("Code"));
    let code = code.map(|code| code.rsplit('#').next().unwrap_or(&code).to_owned());
    let message = member(["message", "Message"]).or_else(|| element("Message"));
    let message = match (message, &code) {
        (Some(message), _) => first_sentence(code.as_deref(), &message).to_owned(),
        (None, Some(_)) => String::new(),
        (None, None) => {
            format!("HTTP status {status} without an AWS error, the answer is {}", in_words(body))
        }
    };
    let kind = kind_of(code.as_deref(), status);
    CallError { kind, operation: operation.to_owned(), code, message, place: None }
}

fn of_credentials(operation: &str, error: &CredentialsError) -> CallError {
    let (kind, message) = match error {
        // The chain names each provider that had none, in several lines.
        CredentialsError::CredentialsNotLoaded(_) => {
            (CallErrorKind::NoCredentials, NO_KEYS.to_owned())
        }
        // The host's metadata is asked last, when nobody else had keys.
        _ if find::<ImdsError>(error).is_some() => {
            (CallErrorKind::NoCredentials, format!("{NO_KEYS} ({})", innermost(error)))
        }
        CredentialsError::ProviderTimedOut(_) => (CallErrorKind::NoAnswer, whole(error)),
        _ => (CallErrorKind::Credentials, whole(error)),
    };
    CallError { kind, operation: operation.to_owned(), code: None, message, place: None }
}

fn kind_of(code: Option<&str>, status: u16) -> CallErrorKind {
    let Some(code) = code else {
        // A gateway's page, or an emulator that has no such action.
        return match status {
            404 | 501 => CallErrorKind::Unsupported,
            _ => CallErrorKind::NoAnswer,
        };
    };
    let among = |codes: &[&str]| codes.contains(&code);
    if among(DENIED) {
        CallErrorKind::Denied
    } else if among(CREDENTIALS) {
        CallErrorKind::Credentials
    } else if among(THROTTLED) {
        CallErrorKind::Throttled
    } else if among(UNSUPPORTED) || status == 501 {
        CallErrorKind::Unsupported
    } else if among(NO_ANSWER) || status >= 500 {
        CallErrorKind::NoAnswer
    } else if code.contains("NotFound") {
        CallErrorKind::NotFound
    } else {
        CallErrorKind::Refused
    }
}

/// A signature error goes on with the whole request, session token included.
fn first_sentence<'a>(code: Option<&str>, message: &'a str) -> &'a str {
    match code {
        Some("InvalidSignatureException" | "SignatureDoesNotMatch") => {
            let end = message.find(['\n', '.']).unwrap_or(message.len());
            &message[..end]
        }
        _ => message.trim(),
    }
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The words at the bottom of a chain: `connection refused`, not `dispatch failure`.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// The chain from the second link on: the first one only says that there is another.
fn whole(error: &(dyn Error + 'static)) -> String {
    let mut words = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        words.push(source.to_string());
        next = source.source();
    }
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}
