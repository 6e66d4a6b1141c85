//! One conversation with one registry: requests with the right token, tried again once when
//! the registry asks to log in, redirects followed without giving the token away.

use super::access::Access;
use super::challenge;
use super::endpoint::Endpoint;
use super::fault::{broken, from_status, refused};
use super::payload::{self, BlobBytes};
use super::tokens::{Freshness, Tokens, authorization};
use super::transport::{self, Body, Transport};
use crate::model::CallError;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response, StatusCode, Uri};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

/// A registry's error body is read up to this size.
const ERROR_LIMIT: usize = 64 * 1024;
/// Blobs are often kept on other hosts; one or two hops are normal.
const REDIRECTS: usize = 5;

/// What all conversations share.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) access: Access,
    pub(super) transport: Transport,
    pub(super) tokens: Tokens,
    /// Bytes of blobs and manifests that left.
    pub(super) sent: Arc<AtomicU64>,
}

/// Opens a blob for one more reading.
pub(super) type Opener<'a> =
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<BlobBytes, CallError>> + 'a>> + 'a;

/// What a request carries.
pub(super) enum Payload<'a> {
    Empty,
    Bytes(Bytes),
    Blob { size: u64, open: &'a Opener<'a> },
}

/// A request before it is authorised.
pub(super) struct Call<'a> {
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) payload: Payload<'a>,
}

/// A conversation: one registry, one set of rights.
pub(super) struct Session<'a> {
    wire: &'a Wire,
    endpoint: &'a Endpoint,
    scopes: Vec<String>,
    freshness: Freshness,
    header: Mutex<Option<HeaderValue>>,
}

/// `repository:NAME:pull`.
pub(super) fn pull_scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// `repository:NAME:pull,push`.
pub(super) fn push_scope(repository: &str) -> String {
    format!("repository:{repository}:pull,push")
}

impl<'a> Session<'a> {
    pub(super) fn new(
        wire: &'a Wire,
        endpoint: &'a Endpoint,
        scopes: Vec<String>,
        freshness: Freshness,
    ) -> Self {
        Self { wire, endpoint, scopes, freshness, header: Mutex::new(None) }
    }

    /// Sends a request; logs in, and once more when the registry takes the login back.
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Response<Incoming>, CallError> {
        if authority(&call.url) != self.endpoint.authority {
            // The storage behind a registry has its own signature in the address; our token is
            // not its business.
            self.may_follow(&call.url, call.operation)?;
            return self.send_once(call, None).await;
        }
        let mut header = self.remembered().await?;
        let answer = self.send_once(call, header.as_ref()).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let values = answer.headers().get_all(WWW_AUTHENTICATE);
        let values = values.iter().filter_map(|value| value.to_str().ok());
        let Some(challenge) = challenge::parse(values) else { return Ok(answer) };
        self.wire.tokens.learn(self.endpoint, challenge.clone());
        header = authorization(self.wire, self.endpoint, &challenge, &self.scopes, Freshness::New)
            .await?;
        if header.is_none() {
            return Ok(answer);
        }
        self.remember(header.as_ref());
        // Read to its end, the connection can be used again. What it says does not matter.
        drop(self.expect(call.operation, answer, &[], 0).await);
        self.send_once(call, header.as_ref()).await
    }

    /// Sends a request that changes nothing and follows redirects.
    pub(super) async fn read(&self, call: &Call<'_>) -> Result<Response<Incoming>, CallError> {
        let mut answer = self.send(call).await?;
        let mut at = call.url.clone();
        for _ in 0..REDIRECTS {
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            at = location(&at, &answer, call.operation)?;
            let next = Call {
                operation: call.operation,
                method: call.method.clone(),
                url: at.clone(),
                headers: call.headers.clone(),
                payload: Payload::Empty,
            };
            answer = self.send(&next).await?;
        }
        Err(broken(call.operation, &self.endpoint.authority, "too many redirects"))
    }

    /// The answer's body, or the error that its status stands for.
    pub(super) async fn expect(
        &self,
        operation: &'static str,
        answer: Response<Incoming>,
        wanted: &[u16],
        limit: usize,
    ) -> Result<Bytes, CallError> {
        let status = answer.status();
        let good = wanted.contains(&status.as_u16());
        let limit = if good { limit } else { ERROR_LIMIT };
        let idle = self.wire.access.patience.idle;
        let place = &self.endpoint.authority;
        let body = transport::collect(answer.into_body(), limit, idle, operation, place).await;
        if good {
            return body;
        }
        Err(from_status(operation, place, status, &body.unwrap_or_default()))
    }

    async fn remembered(&self) -> Result<Option<HeaderValue>, CallError> {
        if let Some(header) = self.header.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(Some(header));
        }
        let Some(challenge) = self.wire.tokens.known(self.endpoint) else { return Ok(None) };
        let header =
            authorization(self.wire, self.endpoint, &challenge, &self.scopes, self.freshness)
                .await?;
        self.remember(header.as_ref());
        Ok(header)
    }

    fn remember(&self, header: Option<&HeaderValue>) {
        *self.header.lock().unwrap_or_else(PoisonError::into_inner) = header.cloned();
    }

    async fn send_once(
        &self,
        call: &Call<'_>,
        header: Option<&HeaderValue>,
    ) -> Result<Response<Incoming>, CallError> {
        let mut request = Request::new(self.body(&call.payload).await?);
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = call.url.parse().map_err(|_| {
            broken(call.operation, &self.endpoint.authority, "the address is malformed")
        })?;
        request.headers_mut().extend(call.headers.iter().cloned());
        if let Some(header) = header {
            drop(request.headers_mut().insert(AUTHORIZATION, header.clone()));
        }
        self.wire.transport.send(&self.wire.access, call.operation, request, &self.wire.sent).await
    }

    async fn body(&self, content: &Payload<'_>) -> Result<Body, CallError> {
        Ok(match content {
            Payload::Empty => payload::empty(),
            Payload::Bytes(bytes) => payload::full(bytes.clone()),
            Payload::Blob { size, open } => {
                payload::blob(open().await?, *size, Arc::clone(&self.wire.sent))
            }
        })
    }

    /// A redirect may not lead to where no TLS is, unless the operator listed it: the
    /// metadata service of a cloud host, for one, has none.
    fn may_follow(&self, url: &str, operation: &'static str) -> Result<(), CallError> {
        let uri: Option<Uri> = url.parse().ok();
        let authority = uri.as_ref().and_then(|uri| uri.authority()).map(ToString::to_string);
        let good = match uri.as_ref().and_then(Uri::scheme_str) {
            Some("https") => true,
            Some("http") => authority.is_some_and(|host| self.wire.access.is_plain(&host)),
            _ => false,
        };
        let place = &self.endpoint.authority;
        let message = format!("{place} leads to an address without TLS");
        if good { Ok(()) } else { Err(refused(operation, &message)) }
    }
}

/// Host and port of an address.
fn authority(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_default()
}

/// Where an answer leads, as a whole address.
pub(super) fn location<T>(
    asked: &str,
    answer: &Response<T>,
    operation: &'static str,
) -> Result<String, CallError> {
    let place = authority(asked);
    let header = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let header = header.ok_or_else(|| broken(operation, place, "the answer has no Location"))?;
    Ok(resolve(asked, header))
}

/// A reference against the address it was found at (RFC 3986, 5.2, without dot segments).
fn resolve(base: &str, reference: &str) -> String {
    if reference.starts_with("http://") || reference.starts_with("https://") {
        return reference.to_owned();
    }
    let scheme = base.find("://").map_or(0, |at| at + 3);
    if let Some(rest) = reference.strip_prefix("//") {
        return format!("{}{rest}", &base[..scheme]);
    }
    let path = base[scheme..].find('/').map_or(base.len(), |at| scheme + at);
    if reference.starts_with('/') {
        return format!("{}{reference}", &base[..path]);
    }
    let without_query = base.split(['?', '#']).next().unwrap_or(base);
    let folder = without_query.rfind('/').filter(|at| *at >= path).map_or(path, |at| at + 1);
    format!("{}{reference}", &base[..folder])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_may_be_relative_or_whole() {
        let base = "https://r.example/v2/app/blobs/uploads/?mount=x";
        let cases = [
            ("https://s.example/u?a=1", "https://s.example/u?a=1"),
            ("/v2/app/blobs/uploads/7?s=1", "https://r.example/v2/app/blobs/uploads/7?s=1"),
            ("//s.example/u", "https://s.example/u"),
            ("7", "https://r.example/v2/app/blobs/uploads/7"),
        ];
        for (reference, wanted) in cases {
            assert_eq!(resolve(base, reference), wanted);
        }
    }
}
