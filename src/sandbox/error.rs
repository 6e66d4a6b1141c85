//! What can go wrong before a script runs. All of it is the host's fault.

use std::io;
use std::path::PathBuf;

/// A script could not be started the way it was asked for. Never a reason to start it another
/// way.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operator wants a profile that this host or this program cannot give.
    #[error("sandbox profile \"{profile}\" is not available: {reason}")]
    ProfileNotAvailable {
        /// As written in the host's config.
        profile: &'static str,
        /// What is missing.
        reason: &'static str,
    },
    /// A program that every script needs is missing.
    #[error("{program} was not found in {path}")]
    ProgramMissing {
        /// `bash`.
        program: &'static str,
        /// Where it was looked for.
        path: String,
    },
    /// The launcher could not be started.
    #[error("{} could not be started", program.display())]
    Start {
        /// Our own executable.
        program: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The launcher ended before the script began.
    #[error("the script could not be started: {0}")]
    Launch(String),
}

impl Error {
    pub(super) fn sandbox_is_missing() -> Self {
        let reason = "this version of ecs-canary has only \"base\"";
        Self::ProfileNotAvailable { profile: "sandbox", reason }
    }
}
