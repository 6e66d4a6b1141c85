//! Artifacts, caches, and the artifacts of other jobs.

use serde::{Deserialize, Serialize};

use super::null::{null_when_empty, or_default};

/// Files to keep.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Artifact {
    /// Name of the archive.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Also files git does not know.
    pub untracked: bool,
    /// Patterns.
    #[serde(deserialize_with = "or_default", serialize_with = "null_when_empty")]
    pub paths: Vec<String>,
    /// Patterns to leave out.
    #[serde(deserialize_with = "or_default", serialize_with = "null_when_empty")]
    pub exclude: Vec<String>,
    /// `on_success`, `on_failure`, `always`.
    #[serde(deserialize_with = "or_default")]
    pub when: String,
    /// `archive`, `dotenv`, `junit`, ...
    pub artifact_type: String,
    /// `zip`, `gzip` or `raw`.
    pub artifact_format: String,
    /// Words like `1 week`.
    #[serde(deserialize_with = "or_default")]
    pub expire_in: String,
}

/// Files kept between jobs on this runner.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cache {
    /// Key.
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    /// Also files git does not know.
    pub untracked: bool,
    /// `pull-push`, `pull` or `push`.
    #[serde(deserialize_with = "or_default")]
    pub policy: String,
    /// Patterns.
    #[serde(deserialize_with = "or_default")]
    pub paths: Vec<String>,
    /// `on_success`, `on_failure`, `always`.
    #[serde(deserialize_with = "or_default")]
    pub when: String,
    /// Other keys to try.
    #[serde(deserialize_with = "or_default", serialize_with = "null_when_empty")]
    pub fallback_keys: Vec<String>,
}

/// A job whose artifacts this job gets.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Dependency {
    /// The other job's id.
    pub id: u64,
    /// A token that may read its artifacts.
    pub token: String,
    /// The other job's name.
    pub name: String,
    /// Its archive; an empty name = none.
    #[serde(deserialize_with = "or_default")]
    pub artifacts_file: ArtifactsFile,
}

/// Name and size of an archive.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ArtifactsFile {
    /// File name.
    pub filename: String,
    /// Bytes.
    pub size: u64,
}
