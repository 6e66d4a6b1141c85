//! The HTTP client of the SDK: TLS only where an endpoint needs it, our own proxy and CA.

use super::{AwsAccess, Error};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Idle connections are dropped before a load balancer in the middle drops them (60 s is
/// usual): a change must not be lost on a dead connection. Longer than the poll interval.
const IDLE: Duration = Duration::from_secs(20);
/// Never through a proxy.
const LOOPBACK: &str = "localhost,127.0.0.1,::1";

/// The client for every service, and the same for calls that no client of the SDK makes.
pub(super) fn client(access: &AwsAccess) -> Result<(SharedHttpClient, SharedHttpConnector), Error> {
    let wire = Arc::new(Wire {
        proxy: proxy(access)?,
        trust: trust(access)?,
        connect: access.patience.connect,
        plain: OnceLock::new(),
        tls: OnceLock::new(),
    });
    let connector = SharedHttpConnector::new(ByScheme(Arc::clone(&wire)));
    Ok((SharedHttpClient::new(Client(wire)), connector))
}

fn proxy(access: &AwsAccess) -> Result<ProxyConfig, Error> {
    let Some(url) = access.proxy.as_deref().filter(|url| !url.is_empty()) else {
        // Outside a job the caller's own environment counts, as for every other tool.
        let inside = access.inside_job;
        return Ok(if inside { ProxyConfig::disabled() } else { ProxyConfig::from_env() });
    };
    let uri: http::Uri =
        url.parse().map_err(|cause| Error::Proxy { problem: format!("{cause}") })?;
    let direct = match access.no_proxy.as_deref().filter(|hosts| !hosts.is_empty()) {
        Some(hosts) => format!("{hosts},{LOOPBACK}"),
        None => LOOPBACK.to_owned(),
    };
    match ProxyConfig::all(uri) {
        Ok(proxy) => Ok(proxy.no_proxy(direct)),
        // The error's own text shows the address, which may hold a password.
        Err(_) => Err(Error::Proxy { problem: "scheme or host is missing".to_owned() }),
    }
}

fn trust(access: &AwsAccess) -> Result<TrustStore, Error> {
    let Some(pem) = &access.ca_pem else { return Ok(TrustStore::default()) };
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        certificate.map_err(|cause| Error::Ca { problem: cause.to_string() })?;
        count += 1;
    }
    if count == 0 {
        return Err(Error::Ca { problem: "no PEM block".to_owned() });
    }
    Ok(TrustStore::default().with_pem_certificate(pem.as_slice()))
}

/// One connector for plain HTTP and one for TLS, each made when it is first used: reading the
/// machine's certificates costs more than a whole command against a local endpoint.
struct Wire {
    proxy: ProxyConfig,
    trust: TrustStore,
    connect: Duration,
    plain: OnceLock<SharedHttpConnector>,
    tls: OnceLock<SharedHttpConnector>,
}

#[derive(Debug)]
struct Client(Arc<Wire>);

#[derive(Debug)]
struct ByScheme(Arc<Wire>);

impl Wire {
    fn builder(&self) -> ConnectorBuilder {
        let settings = HttpConnectorSettings::builder().connect_timeout(self.connect).build();
        Connector::builder()
            .connector_settings(settings)
            .pool_idle_timeout(IDLE)
            .proxy_config(self.proxy.clone())
    }

    fn connector(&self, tls: bool) -> Result<&SharedHttpConnector, ConnectorError> {
        if !tls {
            let plain = || SharedHttpConnector::new(self.builder().build_http());
            return Ok(self.plain.get_or_init(plain));
        }
        if let Some(connector) = self.tls.get() {
            return Ok(connector);
        }
        let context = TlsContext::builder().with_trust_store(self.trust.clone()).build();
        let context = context.map_err(|cause| ConnectorError::user(cause.into()))?;
        let connector = self
            .builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .build();
        Ok(self.tls.get_or_init(|| SharedHttpConnector::new(connector)))
    }
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ByScheme(Arc::clone(&self.0)))
    }
}

impl HttpConnector for ByScheme {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.0.connector(request.uri().starts_with("https:")) {
            Ok(connector) => connector.call(request),
            Err(error) => HttpConnectorFuture::ready(Err(error)),
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}
