//! AWS JSON 1.1: the action in `X-Amz-Target`, errors by `__type`.

use crate::cloud::brain::ApiError;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{HeaderMap, Response};
use serde_json::{Value, json};

/// Content type of requests and answers.
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// Beginnings of the prefixes, and the services' names in permissions.
const SERVICES: [(&str, &str); 6] = [
    ("AmazonEC2ContainerService", "ecs"),
    ("GraniteServiceVersion", "cloudwatch"),
    ("Logs_", "logs"),
    ("AnyScaleFrontendService", "application-autoscaling"),
    ("secretsmanager", "secretsmanager"),
    ("AmazonSSM", "ssm"),
];

/// Service prefix and action of `X-Amz-Target`: `AmazonEC2ContainerServiceV20141113.ListTasks`.
pub(super) fn target(headers: &HeaderMap) -> Option<(String, String)> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    let (prefix, action) = target.split_once('.')?;
    Some((prefix.to_owned(), action.to_owned()))
}

/// The service that a prefix belongs to; the prefix itself when it is not simulated.
pub(super) fn service(prefix: &str) -> String {
    let known = SERVICES.iter().find(|(start, _)| prefix.starts_with(start));
    known.map_or(prefix, |(_, service)| service).to_owned()
}

/// Reads a body; an empty one is an empty object.
pub(super) fn parse(body: &Bytes) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|cause| {
        ApiError::new(400, "SerializationException", format!("the body is not JSON: {cause}"))
    })
}

/// Spells an answer.
pub(super) fn render(result: &Result<Value, ApiError>, request_id: &str) -> Response<Full<Bytes>> {
    let (status, code, body) = match result {
        Ok(body) => (200, None, body.clone()),
        Err(error) => (
            error.status,
            Some(&error.code),
            json!({"__type": error.code, "message": error.message}),
        ),
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", CONTENT_TYPE)
        .header("x-amzn-requestid", request_id);
    if let Some(code) = code {
        response = response.header("x-amzn-errortype", code.as_str());
    }
    response.body(Full::from(body.to_string())).unwrap_or_default()
}
