//! Registry logins of a caller: GitLab's, the environment's, and those of `docker login`,
//! which are kept in the caller's state directory.

use crate::host::files::{self, Durability};
use crate::job::RegistryCredential;
use crate::model::{Finding, Secret};
use crate::registry::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Largest file of logins that is read; each has some hundred bytes.
const LOGINS_LIMIT: u64 = 1 << 20;
/// The registry that `docker login` without a name means.
pub(super) const DOCKER_HUB: &str = "docker.io";

/// Collects logins, the strongest last: what GitLab gives every job, `DOCKER_AUTH_CONFIG`,
/// then `docker login`.
pub fn collect(
    given: &[RegistryCredential],
    variables: &BTreeMap<String, String>,
    state_dir: &Path,
) -> (Credentials, Vec<Finding>) {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    let mut credentials = Credentials::default();
    let mut findings = Vec::new();
    if let Ok(text) = files::read_text(&logins_file(state_dir), LOGINS_LIMIT) {
        findings.extend(credentials.add_docker_config("logins of this job", &text));
    }
    if let Some(text) = set("DOCKER_AUTH_CONFIG") {
        findings.extend(credentials.add_docker_config("DOCKER_AUTH_CONFIG", text));
    }
    let mut add = |registry: &str, user: &str, password: Secret| {
        if credentials.find(registry).is_none() {
            credentials.insert(registry, user, password);
        }
    };
    for (server, user, password) in [
        ("CI_REGISTRY", "CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"),
        ("CI_DEPENDENCY_PROXY_SERVER", "CI_DEPENDENCY_PROXY_USER", "CI_DEPENDENCY_PROXY_PASSWORD"),
    ] {
        if let (Some(server), Some(user), Some(password)) = (set(server), set(user), set(password))
        {
            add(server, user, Secret::new(password));
        }
    }
    for login in given {
        add(&login.registry, &login.username, login.password.clone());
    }
    // GitLab's registry takes the job token under this name.
    if let (Some(server), Some(token)) = (set("CI_REGISTRY"), set("CI_JOB_TOKEN")) {
        add(server, "gitlab-ci-token", Secret::new(token));
    }
    (credentials, findings)
}

/// Keeps a login for later commands of the caller, mode 0600.
pub(super) fn remember(
    state_dir: &Path,
    registry: &str,
    user: &str,
    password: &Secret,
) -> io::Result<()> {
    let mut auths = read(state_dir)?;
    let auth = STANDARD.encode(format!("{user}:{}", password.expose()));
    auths.insert(registry.to_owned(), json!({ "auth": auth }));
    write(state_dir, &auths)
}

/// Forgets a login; false when there was none.
pub(super) fn forget(state_dir: &Path, registry: &str) -> io::Result<bool> {
    let mut auths = read(state_dir)?;
    let found = auths.remove(registry).is_some();
    if found {
        write(state_dir, &auths)?;
    }
    Ok(found)
}

fn logins_file(state_dir: &Path) -> PathBuf {
    state_dir.join("logins.json")
}

fn read(state_dir: &Path) -> io::Result<Map<String, Value>> {
    let text = match files::read_text(&logins_file(state_dir), LOGINS_LIMIT) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Map::new()),
        Err(error) => return Err(error),
    };
    let mut file: Value = serde_json::from_str(&text)?;
    Ok(file["auths"].as_object_mut().map(std::mem::take).unwrap_or_default())
}

fn write(state_dir: &Path, auths: &Map<String, Value>) -> io::Result<()> {
    let text = json!({ "auths": auths }).to_string();
    files::write_private(&logins_file(state_dir), text.as_bytes(), Durability::Process)
}
