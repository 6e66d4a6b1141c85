//! What can go wrong in a stage. All of it is a system failure: a script's own end is no error.

use crate::model::Finding;
use crate::{job, sandbox};
use std::io;
use std::path::PathBuf;

/// A stage could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host's config is wrong or missing.
    #[error("the host's config is not usable")]
    HostConfig(Vec<Finding>),
    /// The Runner is too old, or this is not a Runner.
    #[error("JOB_RESPONSE_FILE is not set")]
    NoResponseFile,
    /// The response file cannot be opened.
    #[error("{} cannot be read", path.display())]
    ReadResponse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The response file holds something else than a job.
    #[error(transparent)]
    Response(#[from] job::Error),
    /// A directory or file of ours.
    #[error("{what} {} cannot be made", path.display())]
    Make {
        /// `job directory`, `link`, ...
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The script that the Runner named.
    #[error("script {} cannot be read", path.display())]
    ReadScript {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// `prepare` did not run, or `cleanup` already did.
    #[error("the job's directory {} is missing", .0.display())]
    NotPrepared(PathBuf),
    /// A system call of the driver's own.
    #[error("{what} failed")]
    Host {
        /// What was tried.
        what: &'static str,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The script's exit code could not be handed on. Without it the Runner would read the
    /// code of an earlier stage.
    #[error("the script's exit code {code} cannot be written to {}", path.display())]
    WriteCode {
        /// The code.
        code: u8,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The script could not be started.
    #[error(transparent)]
    Sandbox(#[from] sandbox::Error),
    /// Something of the job could not be removed.
    #[error("{} of the job is left", left.join(" and "))]
    Left {
        /// Processes, directories.
        left: Vec<String>,
    },
}

impl Error {
    /// What to do next, where we know.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::HostConfig(_) => Some("`--config` in config.toml's config_args names the file"),
            Self::NoResponseFile => {
                Some("GitLab Runner 17.9 or newer sets it; ecs-canary is no executor without it")
            }
            Self::Make { cause, .. } | Self::WriteCode { cause, .. } => make_hint(cause),
            Self::NotPrepared(_) => Some("prepare_exec of config.toml must call ecs-canary too"),
            Self::Sandbox(sandbox::Error::ProfileNotAvailable { .. }) => Some(
                "set `profile = \"base\"` under [sandbox] of the host's config, and read what it does not protect",
            ),
            Self::Sandbox(sandbox::Error::ProgramMissing { .. }) => Some("install it on this host"),
            Self::Left { .. } => Some("look at it on the host and remove it by hand"),
            Self::ReadResponse { .. } | Self::ReadScript { .. } => Some(
                "the Runner writes it into its temporary directory: is the disk full, or does something clean up there?",
            ),
            Self::Response(_) | Self::Host { .. } | Self::Sandbox(_) => None,
        }
    }

    /// The findings of a file, each worth a line.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::HostConfig(findings) => findings,
            _ => &[],
        }
    }
}

fn make_hint(cause: &io::Error) -> Option<&'static str> {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
            "the disk is full: make room; what old jobs left is below builds_dir of the host's config",
        ),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Some(
            "let the Runner's user write there, or set builds_dir and cache_dir under [job] of the host's config",
        ),
        _ => None,
    }
}
