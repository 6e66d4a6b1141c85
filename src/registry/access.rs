//! How registries are reached: settings of the operator and logins of the caller.

use super::Credentials;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything a [`super::Client`] needs to know.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Logins by registry host.
    pub credentials: Credentials,
    /// Registries (`host` or `host:port`) that are spoken to without TLS; nothing else is.
    pub plain_http: Vec<String>,
    /// Mirrors by registry, asked in order before the registry itself. A mirror is a base
    /// address such as `https://mirror.example` or `http://127.0.0.1:5000/docker-hub`; a
    /// plain-http one must be listed in `plain_http` too.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// A private CA in PEM, trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy, if one is needed.
    pub proxy: Option<ProxySettings>,
}

/// A proxy for all registries but those of `no_proxy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// `http://[user:password@]host:port`.
    pub address: String,
    /// Hosts, `.suffixes`, addresses and networks that are reached directly; comma separated
    /// like `NO_PROXY`.
    pub no_proxy: String,
}
