//! `services:` of a job. We start none of them; we only know what was asked for.

use super::response::RawImage;

/// One service's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceImage {
    /// Image as written, variables expanded by the Runner.
    pub name: String,
    /// Host name that the job expects.
    pub alias: Option<String>,
}

impl ServiceImage {
    pub(super) fn from_raw(raw: RawImage) -> Option<Self> {
        Some(Self { name: raw.name?, alias: raw.alias.filter(|alias| !alias.is_empty()) })
    }

    /// Docker-in-Docker: `docker:dind`, `docker:27.3-dind-rootless`, a mirror of them.
    pub fn is_docker_in_docker(&self) -> bool {
        let last = self.name.rsplit('/').next().unwrap_or(&self.name);
        last.split([':', '-', '@', '_', '.']).any(|word| word == "dind")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_in_docker_is_known_by_its_tag_or_name() {
        let is = |name: &str| ServiceImage { name: name.into(), alias: None }.is_docker_in_docker();
        assert!(is("docker:dind"));
        assert!(is("mirror.example:5000/library/docker:27.3-dind-rootless"));
        assert!(is("registry.example/ci/docker-dind:1"));
        assert!(!is("postgres:16"));
        assert!(!is("docker:27.3"));
        assert!(!is("dind/postgres:16"));
    }
}
