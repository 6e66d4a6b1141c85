//! The commands, as they travel to whoever carries them out.

use super::build::BuildArgs;
use super::docker::{self, DockerCall};
use serde::{Deserialize, Serialize};

/// One command with its arguments, as the command line read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `build`
    Build(BuildArgs),
    /// By the name `docker`
    Docker(DockerCall),
}

impl Call {
    /// True when a good end says nothing of its own: by the names of other tools, and for
    /// commands that only answer.
    pub fn ends_silently(&self) -> bool {
        match self {
            Self::Build(_) => false,
            Self::Docker(_) => true,
        }
    }

    /// Records that the caller wants at a path of its own, by their name.
    pub fn record_paths(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Docker(DockerCall::Build(args)) => docker::record_paths(args),
            Self::Build(_) | Self::Docker(_) => Vec::new(),
        }
    }
}
