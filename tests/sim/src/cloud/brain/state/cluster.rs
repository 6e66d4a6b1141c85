//! A cluster. Owns its data.

use super::Tags;
use serde_json::{Map, Value};

/// A cluster and what it was created with.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// Members of CreateCluster that are only kept.
    pub(crate) settings: Map<String, Value>,
    pub(crate) tags: Tags,
}
