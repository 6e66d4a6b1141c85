//! The job on this host: who it is, where its things are, what the operator decided.

use super::Error;
use super::surroundings::Surroundings;
use crate::config::{self, HostConfig};
use crate::host::files;
use crate::job::JobContext;
use crate::model::{Finding, Timestamp};
use crate::sandbox::JobDirectories;
use std::io;
use std::path::{Path, PathBuf};

/// Read when the Runner's config names no other; it may be missing.
const HOST_CONFIG: &str = "/etc/ecs-canary/config.toml";
/// A host's config has a few dozen lines.
const HOST_CONFIG_LIMIT: u64 = 1 << 20;
/// A response has all variables of the job (at most some hundred kilobytes each).
const RESPONSE_LIMIT: u64 = 64 << 20;

#[derive(Debug)]
pub(super) struct Place {
    pub(super) job: JobContext,
    pub(super) directories: JobDirectories,
    pub(super) settings: HostConfig,
    /// When the job's timeout passes, as far as the config stage could know.
    pub(super) ends: Option<Timestamp>,
}

impl Place {
    /// Reads the response file and the host's config.
    pub(super) fn open(around: &Surroundings, asked: Option<&Path>) -> Result<Self, Error> {
        let settings = settings(around, asked)?;
        let job = job(around)?;
        let directories = JobDirectories::new(&settings.job.builds_dir, &job.key());
        Ok(Self { job, directories, settings, ends: around.deadline })
    }
}

/// The job in the response file.
pub(super) fn job(around: &Surroundings) -> Result<JobContext, Error> {
    let path = around.response_file.as_deref().ok_or(Error::NoResponseFile)?;
    let text = files::read_text(path, RESPONSE_LIMIT)
        .map_err(|cause| Error::ReadResponse { path: path.to_owned(), cause })?;
    Ok(JobContext::parse(&text)?)
}

/// Where the host's config is: what this stage was told, else what the config stage was told.
pub(super) fn settings_file(around: &Surroundings, asked: Option<&Path>) -> Option<PathBuf> {
    asked.or(around.host_config.as_deref()).map(Path::to_owned)
}

/// The host's config; defaults where there is no file and none was named. A proxy may also come
/// from the Runner's own environment.
pub(super) fn settings(around: &Surroundings, asked: Option<&Path>) -> Result<HostConfig, Error> {
    let named = settings_file(around, asked);
    let path = named.as_deref().unwrap_or(Path::new(HOST_CONFIG));
    let shown = path.display().to_string();
    let mut settings = match files::read_text(path, HOST_CONFIG_LIMIT) {
        Ok(text) => config::host(&shown, &text).map_err(Error::HostConfig),
        Err(cause) if named.is_none() && cause.kind() == io::ErrorKind::NotFound => {
            Ok(HostConfig::default())
        }
        Err(cause) => Err(Error::HostConfig(vec![Finding::error(format!("{shown}: {cause}"))])),
    }?;
    settings.network.proxy = settings.network.proxy.or_else(|| around.proxy.clone());
    Ok(settings)
}
