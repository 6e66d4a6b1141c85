//! Who asks, with which rights and from where. Made by the driver from what it knows of the
//! job, or from the person's own environment outside a job.

use crate::config::HostConfig;
use crate::host::Clock;
use crate::model::{ReleaseIdentity, Timestamp};
use crate::registry::Credentials;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The caller of a command.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What is written into the tags of a revision. Never from a job's environment.
    pub identity: ReleaseIdentity,
    /// When the commit was made.
    pub committed_at: Option<Timestamp>,
    /// The environment of the script or the shell: for `${...}` and settings.
    pub variables: BTreeMap<String, String>,
    /// Registry logins, those of `docker login` included.
    pub credentials: Credentials,
    /// The operator's settings; all defaults outside a job.
    pub host: HostConfig,
    /// A directory of ours that the job cannot enter: images not pushed yet, logins.
    pub state_dir: PathBuf,
    /// True for a command of a job.
    pub inside_job: bool,
    /// When the job itself ends, by `clock`.
    pub job_ends: Option<Timestamp>,
    /// Time in the world that is talked to.
    pub clock: Clock,
}

impl Caller {
    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A variable for `${...}`, where empty is not the same as unset.
    pub fn lookup(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}
