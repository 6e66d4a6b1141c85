//! Who may log in where. Holds what the caller gave; runs no helper program and reads no
//! file.

use super::docker_config;
use crate::model::{Finding, Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A user name and a password or token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password or token.
    pub password: Secret,
}

/// Logins by registry host. A later entry for the same host replaces an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
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

    /// Adds the `auths` of a docker configuration, such as the variable `DOCKER_AUTH_CONFIG`;
    /// `name` is what messages call it. Logins that are already there stay: an explicit one
    /// wins. What could not be used is told.
    pub fn add_docker_config(&mut self, name: &str, json: &str) -> Vec<Finding> {
        let (logins, findings) = docker_config::read(name, json);
        for (registry, login) in logins {
            let _kept = self.by_host.entry(host_of(&registry)).or_insert(login);
        }
        findings
    }
}

/// The host (and port) in any spelling that `docker login` takes; all names of Docker Hub are
/// `docker.io`.
fn host_of(registry: &str) -> String {
    let lower = registry.trim().to_ascii_lowercase();
    let bare = lower.strip_prefix("https://").or(lower.strip_prefix("http://")).unwrap_or(&lower);
    let host = bare.split('/').next().unwrap_or(bare);
    match host {
        "" | "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_found_in_any_spelling_of_its_registry() {
        let mut credentials = Credentials::default();
        credentials.insert("https://index.docker.io/v1/", "ann", Secret::new("a"));
        credentials.insert("Registry.Example:5000", "ben", Secret::new("b"));
        let user = |host: &str| credentials.find(host).map(|login| login.user.as_str());
        assert_eq!(user("docker.io"), Some("ann"));
        assert_eq!(user("registry.example:5000"), Some("ben"));
        assert_eq!(user("registry.example"), None);
    }

    #[test]
    fn an_explicit_login_wins_over_the_docker_configuration() {
        let mut credentials = Credentials::default();
        credentials.insert("r.example", "ann", Secret::new("a"));
        let config = r#"{"auths": {"r.example": {"username": "zoe", "password": "z"}}}"#;
        assert_eq!(credentials.add_docker_config("DOCKER_AUTH_CONFIG", config), []);
        assert_eq!(credentials.find("r.example").map(|login| login.user.as_str()), Some("ann"));
    }
}
