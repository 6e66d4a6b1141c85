//! Where the job socket is.

use super::Error;
use crate::host::{files, user_id};
use crate::sandbox::JobDirectories;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// The kernel takes 107 bytes; a script may put the path behind a prefix of a few.
const LONGEST: usize = 100;
/// The socket's name.
const NAME: &str = "job.sock";
/// Below it a directory of our user, for hosts with a long builds_dir.
const SHORT_ROOT: &str = "/tmp";

/// The socket's directory: in the job's own, or a short one that only our user can enter.
pub(super) fn directory(directories: &JobDirectories) -> PathBuf {
    let own = directories.state();
    let fits = own.join(NAME).as_os_str().as_bytes().len() < LONGEST;
    if fits { own } else { short_root().join(directories.root().file_name().unwrap_or_default()) }
}

/// `/tmp/ecs-canary-998`
fn short_root() -> PathBuf {
    let user = user_id();
    Path::new(SHORT_ROOT).join(format!("ecs-canary-{user}"))
}

/// Listens on a fresh socket.
pub(super) fn bind(directories: &JobDirectories) -> Result<(UnixListener, PathBuf), Error> {
    let directory = directory(directories);
    let failed =
        |path: &Path, cause| Error::Make { what: "job socket", path: path.to_owned(), cause };
    if directory != directories.state() {
        for path in [&short_root(), &directory] {
            files::create_private_directory(path).map_err(|cause| failed(path, cause))?;
        }
    }
    let path = directory.join(NAME);
    // Of an earlier stage, or of a driver that was killed.
    files::remove_tree(&path).map_err(|cause| failed(&path, cause))?;
    let listener = UnixListener::bind(&path).map_err(|cause| failed(&path, cause))?;
    Ok((listener, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::JobKey;

    #[test]
    fn a_long_builds_directory_moves_the_socket_to_a_short_one() {
        let key = JobKey::parse("18446744073709551615-0123456789abcdef").unwrap();
        let usual = JobDirectories::new(Path::new("/var/lib/ecs-canary/builds"), &key);
        assert_eq!(directory(&usual), usual.state());
        let long = JobDirectories::new(Path::new(&"/long".repeat(20)), &key);
        let path = directory(&long).join(NAME);
        assert!(path.starts_with("/tmp") && path.as_os_str().as_bytes().len() < LONGEST);
    }
}
