//! Opens connections: directly, or through the operator's proxy.

use super::ProxySettings;
use super::fault::refused;
use crate::model::CallError;
use http::header::HeaderValue;
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// Connects to a host, through the proxy unless the host is exempt from it.
#[derive(Clone)]
pub(super) struct Dialer {
    direct: HttpConnector,
    proxy: Option<Arc<Matcher>>,
}

/// A TCP connection that knows whether its peer is a proxy that wants whole addresses.
pub(super) struct Stream {
    inner: TokioIo<TcpStream>,
    to_proxy: bool,
}

impl Dialer {
    pub(super) fn new(proxy: Option<&ProxySettings>, connect: Duration) -> Result<Self, CallError> {
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        direct.set_nodelay(true);
        direct.set_connect_timeout(Some(connect));
        let proxy = proxy.map(matcher).transpose()?.map(Arc::new);
        Ok(Self { direct, proxy })
    }

    /// What has to be sent to a proxy along with a request without TLS.
    pub(super) fn authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        let plain = uri.scheme_str() == Some("http");
        let matcher = self.proxy.as_ref().filter(|_| plain)?;
        matcher.intercept(uri)?.basic_auth().cloned()
    }
}

/// A proxy that cannot be used is an error: going around it would be a surprise.
fn matcher(settings: &ProxySettings) -> Result<Matcher, CallError> {
    let address = settings.address.expose();
    let uri: Option<Uri> = address.parse().ok();
    let scheme = uri.as_ref().and_then(Uri::scheme_str);
    let has_host = uri.as_ref().and_then(Uri::host).is_some_and(|host| !host.is_empty());
    if !has_host || !matches!(scheme, None | Some("http")) {
        return Err(refused(
            "registry: read the settings",
            "the proxy is no address like http://proxy.example:3128",
        ));
    }
    Ok(Matcher::builder().all(address).no(settings.no_proxy.as_str()).build())
}

impl Service<Uri> for Dialer {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.direct.poll_ready(context).map_err(BoxError::from)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let secure = uri.scheme_str() == Some("https");
        let Some(proxy) = self.proxy.as_ref().and_then(|proxy| proxy.intercept(&uri)) else {
            let connecting = self.direct.call(uri);
            return Box::pin(async { Ok(Stream { inner: connecting.await?, to_proxy: false }) });
        };
        if !secure {
            let connecting = self.direct.call(proxy.uri().clone());
            return Box::pin(async { Ok(Stream { inner: connecting.await?, to_proxy: true }) });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
        if let Some(login) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(login.clone());
        }
        let connecting = tunnel.call(uri);
        Box::pin(async { Ok(Stream { inner: connecting.await?, to_proxy: false }) })
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.inner.connected().proxy(self.to_proxy)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, buffers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_showing_it() {
        for address in ["socks5://u:s3cret@p.example:1", "https://u:s3cret@p", "not a proxy", ""] {
            let settings = ProxySettings { address: Secret::new(address), no_proxy: String::new() };
            let error = Dialer::new(Some(&settings), Duration::ZERO).err().unwrap().to_string();
            assert!(error.contains("the proxy is no address") && !error.contains("s3cret"));
        }
    }
}
