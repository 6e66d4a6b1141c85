//! Where the things of one job are. Only names; `driver` makes and removes them.

use crate::job::JobKey;
use std::path::{Path, PathBuf};

/// `<builds_dir>/<key>` and what is below. Everything of a job is in it, so that removing it
/// removes all, file variables (`<project>.tmp`) included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobDirectories {
    root: PathBuf,
}

impl JobDirectories {
    /// Of a job on a host.
    pub fn new(builds_dir: &Path, key: &JobKey) -> Self {
        Self { root: builds_dir.join(key.as_str()) }
    }

    /// At a root that was noted before; `None` when it is not this job's.
    pub fn at(root: PathBuf, key: &JobKey) -> Option<Self> {
        let name = root.file_name().and_then(|name| name.to_str());
        (root.is_absolute() && name == Some(key.as_str())).then_some(Self { root })
    }

    /// The whole.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Sources: the Runner's `builds_dir` of this job.
    pub fn builds(&self) -> PathBuf {
        self.root.join("builds")
    }

    /// `TMPDIR`.
    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// `HOME`, kept from stage to stage.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Our binary and its other names; first in `PATH`.
    pub fn names(&self) -> PathBuf {
        self.root.join("names")
    }

    /// The driver's own: script copies, the job socket, contents on their way. Removed last.
    pub fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// Every directory, parents first.
    pub fn all(&self) -> [PathBuf; 6] {
        let Self { root } = self;
        [root.clone(), self.builds(), self.tmp(), self.home(), self.names(), self.state()]
    }
}
