//! `image:` and `services:`.

use serde::{Deserialize, Serialize};

use super::null::or_default;

/// An image of the job or of a service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// Name with tag; empty = none.
    pub name: String,
    /// Host names of a service.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub alias: String,
    /// Command of a service.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Entry point.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub entrypoint: Vec<String>,
    /// Options by executor.
    #[serde(deserialize_with = "or_default")]
    pub executor_opts: ExecutorOptions,
}

/// Options by executor: written by the runner even when nothing was set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecutorOptions {
    /// Docker's.
    #[serde(deserialize_with = "or_default")]
    pub docker: DockerOptions,
    /// Kubernetes'.
    #[serde(deserialize_with = "or_default")]
    pub kubernetes: KubernetesOptions,
}

/// Options of the docker executor.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DockerOptions {
    /// Platform of the image.
    pub platform: String,
    /// User in the container.
    pub user: String,
}

/// Options of the kubernetes executor.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KubernetesOptions {
    /// User in the container.
    pub user: String,
}
