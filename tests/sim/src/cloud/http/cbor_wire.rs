//! Smithy RPC v2 CBOR: the action in the path, as current SDKs speak it to CloudWatch.

use super::cbor;
use crate::cloud::brain::ApiError;
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};

/// Service and action of `/service/GraniteServiceVersion20100801/operation/GetMetricData`.
pub(super) fn target(path: &str) -> Option<(String, String)> {
    let (service, action) = path.strip_prefix("/service/")?.split_once("/operation/")?;
    Some((service.to_owned(), action.to_owned()))
}

/// Reads a body; an empty one is an empty object.
pub(super) fn parse(body: &Bytes) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    cbor::decode(body)
        .ok_or_else(|| ApiError::new(400, "SerializationException", "the body is not CBOR"))
}

/// Spells an answer.
pub(super) fn render(result: &Result<Value, ApiError>, request_id: &str) -> Response<Full<Bytes>> {
    let (status, body) = match result {
        Ok(body) => (200, body.clone()),
        Err(error) => (error.status, json!({"__type": error.code, "message": error.message})),
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/cbor")
        .header("smithy-protocol", "rpc-v2-cbor")
        .header("x-amzn-requestid", request_id);
    if let Err(error) = result {
        // What the service was before it spoke CBOR: clients know errors by these codes.
        let fault = if error.status < 500 { "Sender" } else { "Receiver" };
        response = response.header("x-amzn-query-error", format!("{};{fault}", error.code));
    }
    response.body(Full::from(cbor::encode(&body))).unwrap_or_default()
}
