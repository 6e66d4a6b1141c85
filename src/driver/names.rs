//! Names that a job's script finds first: our own binary under the names of the tools it
//! replaces, and the Runner's binary, which the Runner's own scripts call.

use super::Error;
use crate::host::{own_executable, processes};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Commands that our binary answers to.
const OURS: [&str; 4] = ["ecs-canary", "docker", "ecs-cli", "aws"];
/// The Runner's scripts move artifacts and caches with it; without it they warn and go on,
/// and the job passes without its artifacts.
const RUNNER: &str = "gitlab-runner";

/// Fills the directory. Returns whether the Runner's binary was found.
pub(super) fn link(directory: &Path) -> Result<bool, Error> {
    let ours = own_executable()
        .map_err(|cause| Error::Host { what: "finding our own executable", cause })?;
    for name in OURS {
        link_one(&directory.join(name), &ours)?;
    }
    let runner = processes::parent_executable().and_then(|path| existing(&path));
    if let Some(runner) = &runner {
        link_one(&directory.join(RUNNER), runner)?;
    }
    Ok(runner.is_some())
}

/// The kernel marks a replaced file; the new one at the same path is the upgraded Runner.
fn existing(executable: &Path) -> Option<PathBuf> {
    let text = executable.to_str().map(|text| text.trim_end_matches(" (deleted)"));
    let path = text.map_or_else(|| executable.to_owned(), PathBuf::from);
    path.is_file().then_some(path)
}

fn link_one(link: &Path, target: &Path) -> Result<(), Error> {
    match symlink(target, link) {
        Ok(()) => Ok(()),
        // From an earlier attempt of the same job.
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(Error::Make { what: "link", path: link.to_owned(), cause }),
    }
}
