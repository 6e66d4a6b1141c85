//! The record of a build: `image.json` and `image.env`.

use crate::model::{CommitSha, Digest, PinnedImage};
use serde::{Deserialize, Serialize};

/// What was built or pushed. Its JSON is `image.json`, a contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// The bytes.
    pub image: PinnedImage,
    /// `registry/repository` of the image.
    pub repository: String,
    /// Digest of the manifest or index.
    pub digest: Digest,
    /// Every `registry/repository:tag` that stands for it.
    pub tags: Vec<String>,
    /// Its platforms.
    pub platforms: Vec<PlatformRecord>,
    /// The base images; empty for `FROM scratch`.
    pub base: Vec<BaseRecord>,
    /// Bytes of blobs and manifests sent to the registry.
    pub pushed_bytes: u64,
    /// Seconds from start to end.
    pub seconds: f64,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<CommitSha>,
    /// `embedded`.
    pub engine: String,
}

/// One platform of the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformRecord {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, ...
    pub architecture: String,
    /// Its manifest.
    pub digest: Digest,
    /// Bytes of config and compressed layers.
    pub size: u64,
}

/// A base image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseRecord {
    /// As FROM names it, written out.
    pub reference: String,
    /// The digest it stood for.
    pub digest: Digest,
}

impl ImageRecord {
    /// The text of `image.json`.
    pub fn json(&self) -> String {
        // A struct of strings and numbers always serialises; an empty text would be found by
        // the first reader.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// The text of `image.env`, for `artifacts: reports: dotenv`.
    pub fn image_env(&self) -> String {
        format!("ECS_CANARY_IMAGE={}\nECS_CANARY_DIGEST={}\n", self.image, self.digest.as_str())
    }
}
