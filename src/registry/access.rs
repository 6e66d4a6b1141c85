//! How registries are reached: settings of the operator and logins of the caller.

use super::Credentials;
use crate::model::Secret;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything a [`super::Client`] needs to know.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Logins by registry host.
    pub credentials: Credentials,
    /// Registries (`host` or `host:port`) that are spoken to without TLS; nothing else is.
    pub plain_http: Vec<String>,
    /// Mirrors by registry, asked in order before the registry itself. A mirror is an address
    /// such as `https://mirror.example/prefix`, where `prefix/` is put before the repository;
    /// a plain-http one must be listed in `plain_http` too.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// A private CA in PEM, trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy, if one is needed.
    pub proxy: Option<ProxySettings>,
    /// How long to wait, and how often to try.
    pub patience: Patience,
}

/// A proxy for all registries but those of `no_proxy`.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// `http://[user:password@]host:port`; a secret because of the password.
    pub address: Secret,
    /// Hosts with their subdomains, addresses and networks that are reached directly; comma
    /// separated like `NO_PROXY`.
    pub no_proxy: String,
}

/// How long to wait for a registry.
#[derive(Debug, Clone)]
pub struct Patience {
    /// For a connection with TLS.
    pub connect: Duration,
    /// For the next byte in either direction. Some registries move a finished upload to other
    /// storage before they answer; that takes seconds for a gigabyte.
    pub idle: Duration,
    /// Waits before the second, third, ... attempt of a request that was not answered.
    pub retries: Vec<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            retries: vec![Duration::from_millis(300), Duration::from_millis(1500)],
        }
    }
}
