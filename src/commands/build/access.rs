//! Registries and the image store, with the caller's rights.

use super::Origin;
use crate::build::Store;
use crate::commands::Caller;
use crate::failure::Failure;
use crate::registry::{self, Client, ProxySettings};

impl Caller {
    pub(in crate::commands) fn origin(&self) -> Origin<'_> {
        Origin {
            variables: &self.variables,
            commit: self.identity.commit.clone(),
            committed_at: self.committed_at,
        }
    }

    /// A client for all registries, with the caller's logins.
    pub(in crate::commands) fn registry(&self) -> Client {
        let network = &self.host.network;
        let proxy = network
            .proxy
            .as_ref()
            .map(|proxy| ProxySettings { address: proxy.clone(), no_proxy: self.no_proxy() });
        Client::new(registry::Access {
            credentials: self.credentials.clone(),
            plain_http: self.host.registry.plain_http.clone(),
            mirrors: self.host.registry.mirrors.clone(),
            ca_file: network.ca_file.clone(),
            proxy,
            patience: registry::Patience::default(),
        })
    }

    /// Hosts without the proxy. A job has no say in the host's network.
    pub(in crate::commands) fn no_proxy(&self) -> String {
        let said = ["NO_PROXY", "no_proxy"].iter().find_map(|name| self.variable(name));
        said.filter(|_| !self.inside_job).unwrap_or_default().to_owned()
    }

    /// Images that were built and not pushed yet.
    pub(in crate::commands) fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.state_dir.join("images"))?)
    }
}
