//! Manifests and indexes, of OCI and of docker.
//! Source: OCI image specification 1.1, "manifest" and "image index".

use crate::model::Digest;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Media types that we read and write.
pub mod media_type {
    /// OCI index.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// OCI manifest.
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// OCI image config.
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// OCI layer, gzip.
    pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// Docker manifest list.
    pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// Docker manifest.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker image config.
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// Docker layer, gzip.
    pub const DOCKER_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
}

/// A manifest or index larger than this is not read. The distribution specification names
/// 4 MiB as what registries have to take; real ones have a few kilobytes.
pub(super) const MANIFEST_LIMIT: usize = 4 * 1024 * 1024;

/// Points at a blob or manifest. Fields that we do not know are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Everything else: annotations, urls, ...
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What kind of machine an image is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, ...
    pub architecture: String,
    /// `v8`, `v7`, ...
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
}

/// A manifest or index as it came: its digest was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Bytes,
}

/// What a manifest or index says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// One image.
    Image(ImageManifest),
    /// Images by platform.
    Index(Vec<IndexEntry>),
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    /// Always 2.
    pub schema_version: u32,
    /// OCI allows to leave it out; we always write it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub media_type: Option<String>,
    /// The image config.
    pub config: Descriptor,
    /// Layers, lowest first.
    pub layers: Vec<Descriptor>,
}

/// One image of an index.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct IndexEntry {
    /// Its manifest.
    #[serde(flatten)]
    pub descriptor: Descriptor,
    /// Its platform.
    pub platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<IndexEntry>,
}

impl Manifest {
    /// Of bytes that we made ourselves.
    pub fn new(media_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { media_type: media_type.into(), digest: digest_of(&bytes), bytes }
    }

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn content(&self) -> Result<Content, String> {
        match self.media_type.as_str() {
            media_type::OCI_INDEX | media_type::DOCKER_INDEX => {
                let index: Index = self.parse()?;
                Ok(Content::Index(index.manifests))
            }
            media_type::OCI_MANIFEST | media_type::DOCKER_MANIFEST => {
                Ok(Content::Image(self.parse()?))
            }
            other => Err(format!(
                "media type {other} is not supported; wanted an OCI or docker version 2 manifest"
            )),
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, String> {
        serde_json::from_slice(&self.bytes).map_err(|error| format!("malformed: {error}"))
    }
}

impl IndexEntry {
    /// False for attestations and other entries that no machine runs.
    pub fn is_image(&self) -> bool {
        self.platform.as_ref().is_some_and(|platform| platform.os != "unknown")
    }
}

/// `sha256:...` of bytes.
pub fn digest_of(bytes: &[u8]) -> Digest {
    Digest::from_sha256(&Sha256::digest(bytes).into())
}

/// The media type inside the bytes, for registries that do not give one in the header.
pub(super) fn media_type_in(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        media_type: Option<String>,
        manifests: Option<serde::de::IgnoredAny>,
    }
    let head: Head = serde_json::from_slice(bytes).ok()?;
    let by_shape =
        if head.manifests.is_some() { media_type::OCI_INDEX } else { media_type::OCI_MANIFEST };
    Some(head.media_type.unwrap_or_else(|| by_shape.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing_is_the_known_one() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest_of(b"").as_str(), empty);
    }

    #[test]
    fn unknown_fields_of_a_descriptor_survive() {
        let digest = digest_of(b"");
        let text = format!(
            "{{\"mediaType\":\"a/b\",\"digest\":\"{}\",\"size\":3,\"urls\":[\"u\"]}}",
            digest.as_str()
        );
        let descriptor: Descriptor = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&descriptor).unwrap(), text);
    }

    #[test]
    fn a_schema_1_manifest_is_refused_with_what_is_wanted() {
        let manifest = Manifest::new("application/vnd.docker.distribution.manifest.v1+json", "{}");
        assert!(manifest.content().unwrap_err().contains("wanted an OCI or docker version 2"));
    }
}
