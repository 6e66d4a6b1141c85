//! The body of a request, unpacked. SDKs pack large bodies of PutMetricData.

use super::Received;
use crate::cloud::brain::ApiError;
use flate2::read::GzDecoder;
use hyper::body::Bytes;
use hyper::header::CONTENT_ENCODING;
use std::io::Read as _;

/// Most bytes that a packed body may have.
const MOST: u64 = 16 << 20;

/// The body as it was before it was packed.
pub(super) fn plain(received: &Received) -> Result<Bytes, ApiError> {
    let packed = received.head.headers.get(CONTENT_ENCODING).is_some_and(|kind| kind == "gzip");
    if !packed {
        return Ok(received.body.clone());
    }
    let mut body = Vec::new();
    GzDecoder::new(received.body.as_ref()).take(MOST).read_to_end(&mut body).map_err(|cause| {
        ApiError::new(400, "SerializationException", format!("the body is not gzip: {cause}"))
    })?;
    Ok(body.into())
}
