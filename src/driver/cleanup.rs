//! The cleanup stage: whatever belongs to the job goes. Never prepared, already cleaned, half
//! gone, without job_env, without a response file: each is fine, and does what it can. Tries
//! everything before it tells what is left; its standard error is the Runner's log, unmasked.

use super::surroundings::Surroundings;
use super::{Error, place, socket};
use crate::host::{files, processes};
use crate::job::JobKey;
use crate::sandbox::{JOB_MARK, JobDirectories};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For killed processes to disappear; the whole stage has ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn cleanup(around: &Surroundings, host_config: Option<&Path>) -> Result<(), Error> {
    let Some(key) = key(around) else { return Ok(()) };
    let mut left = Vec::new();
    let directories = directories(around, host_config, &key);
    let alive = processes::end_marked(&format!("{JOB_MARK}={key}"), &directories, PATIENCE);
    if alive > 0 {
        left.push(format!("{alive} processes"));
    }
    for path in directories {
        if let Err(cause) = files::remove_tree(&path) {
            left.push(format!("{} ({})", path.display(), cause.kind()));
        }
    }
    if left.is_empty() { Ok(()) } else { Err(Error::Left { left }) }
}

/// The response file's job, else the one that our config stage noted; none when config never
/// answered, and then there is nothing.
fn key(around: &Surroundings) -> Option<JobKey> {
    place::job(around).ok().map(|job| job.key()).or_else(|| around.key.clone())
}

/// Where something of the job may be. The host's config may have changed, or broken, since the
/// config stage.
fn directories(around: &Surroundings, host_config: Option<&Path>, key: &JobKey) -> Vec<PathBuf> {
    let noted = around.directory.clone().filter(|_| around.key.as_ref() == Some(key));
    let settings = place::settings(around, host_config).ok();
    let set = settings.map(|settings| JobDirectories::new(&settings.job.builds_dir, key));
    let mut all: Vec<PathBuf> = Vec::new();
    for directories in noted.into_iter().chain(set) {
        for path in [directories.root().to_owned(), socket::directory(&directories)] {
            if !all.iter().any(|known| path.starts_with(known)) {
                all.push(path);
            }
        }
    }
    all
}
