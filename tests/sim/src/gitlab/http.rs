//! One HTTP/1.1 request over loopback: the client half of the coordinator's protocol. Knows no meaning of any answer.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A client that keeps connections open.
#[derive(Clone, Debug)]
pub(crate) struct Http(Client<HttpConnector, Full<Bytes>>);

/// An answer, read completely.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    headers: hyper::HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The request got no answer.
#[derive(Debug, thiserror::Error)]
#[error("{method} {url} got no answer: {cause}")]
pub(crate) struct NoAnswer {
    method: Method,
    url: String,
    cause: String,
}

impl Http {
    /// A client of its own.
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, NoAnswer> {
        let fail = |cause: String| NoAnswer { method: method.clone(), url: url.into(), cause };
        let mut request = Request::new(Full::new(body.into()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = url.parse().map_err(|cause| fail(format!("{cause}")))?;
        for (name, value) in headers {
            let name = name.parse::<HeaderName>().map_err(|cause| fail(cause.to_string()))?;
            let value = HeaderValue::from_str(value).map_err(|cause| fail(cause.to_string()))?;
            request.headers_mut().insert(name, value);
        }
        let answer = self.0.request(request).await.map_err(|cause| fail(chain(&cause)))?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|cause| fail(chain(&cause)))?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
