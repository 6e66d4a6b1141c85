//! HTTP: sends one request, waits as long as there is life, reads bodies with a limit.

use super::dialer::Dialer;
use super::fault::{broken, no_answer};
use super::{Access, tls};
use crate::model::CallError;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::header::{PROXY_AUTHORIZATION, USER_AGENT};
use hyper::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::io;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A request's body.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

const AGENT: &str = concat!("ecs-canary/", env!("CARGO_PKG_VERSION"));

/// Connections to all registries, kept alive between requests.
#[derive(Default)]
pub(super) struct Transport {
    plain: OnceLock<HyperClient<Dialer, Body>>,
    secure: OnceLock<HyperClient<HttpsConnector<Dialer>, Body>>,
}

impl Transport {
    /// Sends `request` and waits for the head of the answer. `sent` counts the bytes of the
    /// request's body: while it grows, the other side is alive.
    pub(super) async fn send(
        &self,
        access: &Access,
        operation: &str,
        mut request: Request<Body>,
        sent: &AtomicU64,
    ) -> Result<Response<Incoming>, CallError> {
        let place = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let headers = request.headers_mut();
        drop(headers.insert(USER_AGENT, http::HeaderValue::from_static(AGENT)));
        let secure = request.uri().scheme_str() == Some("https");
        let mut answer = if secure {
            pin!(self.secure(access)?.request(request))
        } else {
            let dialer = Dialer::new(access.proxy.as_ref(), access.patience.connect)?;
            if let Some(login) = dialer.authorization(request.uri()) {
                drop(request.headers_mut().insert(PROXY_AUTHORIZATION, login));
            }
            pin!(self.plain(dialer).request(request))
        };
        let mut seen = sent.load(Ordering::Relaxed);
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => {
                    return answer.map_err(|error| no_answer(operation, &place, &error));
                }
                () = sleep(access.patience.idle) => {
                    let now = sent.load(Ordering::Relaxed);
                    if now == seen {
                        return Err(silent(operation, &place, access.patience.idle));
                    }
                    seen = now;
                }
            }
        }
    }

    fn plain(&self, dialer: Dialer) -> &HyperClient<Dialer, Body> {
        self.plain.get_or_init(|| {
            HyperClient::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(dialer)
        })
    }

    fn secure(
        &self,
        access: &Access,
    ) -> Result<&HyperClient<HttpsConnector<Dialer>, Body>, CallError> {
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let dialer = Dialer::new(access.proxy.as_ref(), access.patience.connect)?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(access.ca_file.as_deref())?)
            .https_only()
            .enable_http1()
            .wrap_connector(dialer);
        let client = HyperClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(self.secure.get_or_init(|| client))
    }
}

/// Reads a whole body of at most `limit` bytes.
pub(super) async fn collect(
    mut body: Incoming,
    limit: usize,
    idle: Duration,
    operation: &str,
    place: &str,
) -> Result<Bytes, CallError> {
    let mut bytes = Vec::new();
    while let Some(data) = next_data(&mut body, idle).await {
        let data = data.map_err(|error| no_answer(operation, place, &error))?;
        if bytes.len() + data.len() > limit {
            let message = format!("the answer is larger than {limit} bytes");
            return Err(broken(operation, place, &message));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.into())
}

/// The next bytes of a body; `None` at its end.
pub(super) async fn next_data(body: &mut Incoming, idle: Duration) -> Option<io::Result<Bytes>> {
    loop {
        match timeout(idle, body.frame()).await {
            Err(_elapsed) => {
                let message = format!("nothing came for {} s", idle.as_secs());
                return Some(Err(io::Error::new(io::ErrorKind::TimedOut, message)));
            }
            Ok(None) => return None,
            Ok(Some(Err(error))) => return Some(Err(io::Error::other(error))),
            // Trailers are no data.
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Some(Ok(data));
                }
            }
        }
    }
}

fn silent(operation: &str, place: &str, idle: Duration) -> CallError {
    broken(operation, place, &format!("nothing came for {} s", idle.as_secs()))
}
