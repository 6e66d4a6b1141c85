//! Which addresses a registry's name stands for. Pure.

use super::Access;
use super::fault::refused;
use crate::model::CallError;

/// One address that serves a registry's repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// With TLS.
    pub(super) secure: bool,
    /// Host and port to connect to.
    pub(super) authority: String,
    /// The name that logins are kept under.
    pub(super) login_host: String,
    /// Put before the repository: empty or `some/prefix/`.
    pub(super) prefix: String,
}

impl Endpoint {
    /// The registry itself, no mirror.
    pub(super) fn origin(access: &Access, registry: &str) -> Self {
        // Docker Hub's API lives under another name than its images.
        let authority = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        Self {
            secure: !access.is_plain(registry),
            authority: authority.to_owned(),
            login_host: registry.to_owned(),
            prefix: String::new(),
        }
    }

    /// Mirrors in their order, then the registry itself.
    pub(super) fn all(access: &Access, registry: &str) -> Result<Vec<Self>, CallError> {
        let mirrors = access.mirrors.get(registry).map(Vec::as_slice).unwrap_or_default();
        let mut endpoints: Vec<Self> =
            mirrors.iter().map(|mirror| Self::mirror(access, mirror)).collect::<Result<_, _>>()?;
        endpoints.push(Self::origin(access, registry));
        Ok(endpoints)
    }

    fn mirror(access: &Access, address: &str) -> Result<Self, CallError> {
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = access.is_plain(authority);
        if authority.is_empty() || !matches!(scheme, "" | "http" | "https") {
            let found = format!("mirror \"{address}\" is no address like https://mirror.example");
            return Err(refused("registry: read the settings", &found));
        }
        if scheme == "http" && !plain {
            let found = format!(
                "mirror \"{address}\" has no TLS and {authority} is not listed in registry.plain_http"
            );
            return Err(refused("registry: read the settings", &found));
        }
        let path = path.trim_matches('/');
        Ok(Self {
            secure: !plain,
            authority: authority.to_owned(),
            login_host: authority.to_owned(),
            prefix: if path.is_empty() { String::new() } else { format!("{path}/") },
        })
    }

    /// The name of a repository there.
    pub(super) fn repository(&self, repository: &str) -> String {
        format!("{}{repository}", self.prefix)
    }

    /// `https://host/v2/`.
    pub(super) fn base(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}/v2/", self.authority)
    }

    /// The address of a manifest, blob or upload of a repository as it is named there.
    pub(super) fn url(&self, repository: &str, rest: &str) -> String {
        format!("{}{repository}/{rest}", self.base())
    }
}

impl Access {
    /// True when this host and port may be spoken to without TLS.
    pub(super) fn is_plain(&self, authority: &str) -> bool {
        self.plain_http.iter().any(|listed| listed.eq_ignore_ascii_case(authority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        let mirrors = ["https://mirror.example/hub/", "127.0.0.1:5000"].map(str::to_owned);
        Access {
            plain_http: vec!["127.0.0.1:5000".to_owned()],
            mirrors: [("docker.io".to_owned(), mirrors.to_vec())].into(),
            ..Access::default()
        }
    }

    fn urls(access: &Access, registry: &str) -> Vec<String> {
        let endpoints = Endpoint::all(access, registry).unwrap();
        let url = |e: &Endpoint| e.url(&e.repository("library/nginx"), "manifests/1");
        endpoints.iter().map(url).collect()
    }

    #[test]
    fn mirrors_come_before_the_registry_itself() {
        assert_eq!(
            urls(&access(), "docker.io"),
            [
                "https://mirror.example/v2/hub/library/nginx/manifests/1",
                "http://127.0.0.1:5000/v2/library/nginx/manifests/1",
                "https://registry-1.docker.io/v2/library/nginx/manifests/1",
            ]
        );
    }

    #[test]
    fn only_listed_registries_are_spoken_to_without_tls() {
        let url = |registry: &str| urls(&access(), registry).remove(0);
        assert!(url("127.0.0.1:5000").starts_with("http://"));
        assert!(url("127.0.0.1:5001").starts_with("https://"));
        let mut access = access();
        drop(access.mirrors.insert("r.example".to_owned(), vec!["http://m.example".to_owned()]));
        let error = Endpoint::all(&access, "r.example").unwrap_err().to_string();
        assert!(error.contains("not listed in registry.plain_http"), "{error}");
    }
}
