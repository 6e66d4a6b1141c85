//! Variables and scripts.

use serde::{Deserialize, Serialize};

use super::null::or_default;

/// One variable.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Variable {
    /// Name.
    pub key: String,
    /// Value as sent; `$X` in it is expanded unless `raw`.
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    /// Shown in the interface.
    pub public: bool,
    /// Made by the runner; never sent.
    #[serde(skip)]
    pub internal: bool,
    /// The script gets a path, the value is the file's content.
    pub file: bool,
    /// Hidden in the log.
    pub masked: bool,
    /// Not expanded.
    pub raw: bool,
}

impl Variable {
    /// A public variable.
    pub fn public(key: &str, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), public: true, ..Self::default() }
    }

    /// A variable that is hidden in the log.
    pub fn masked(key: &str, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), masked: true, ..Self::default() }
    }

    /// A variable of type file.
    pub fn file(key: &str, content: impl Into<String>) -> Self {
        Self { key: key.into(), value: content.into(), file: true, ..Self::default() }
    }

    pub(crate) fn internal(key: &str, value: impl Into<String>) -> Self {
        Self { internal: true, ..Self::public(key, value) }
    }
}

/// One script.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// `script`, `after_script`, `release`, ...
    pub name: String,
    /// Lines; each may hold line breaks.
    #[serde(deserialize_with = "or_default")]
    pub script: Vec<String>,
    /// Seconds.
    pub timeout: u64,
    /// `on_success` or `always`.
    pub when: String,
    /// Only true for `after_script`.
    pub allow_failure: bool,
}
