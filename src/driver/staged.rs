//! What a stage needs on disk before its script starts, and what must not stay after it.

use super::place::Place;
use super::{Error, prepare, socket};
use crate::host::files;
use crate::job::{StageKind, StageName};
use crate::sandbox;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// A script sets all variables of the job, some hundred kilobytes each at most.
const SCRIPT_LIMIT: u64 = 256 << 20;

/// Everything a stage needs before its script starts.
pub(super) struct Staged {
    pub(super) script: PathBuf,
    pub(super) socket: Option<(UnixListener, PathBuf)>,
}

/// Copies the script and opens the socket.
pub(super) fn stage(place: &Place, script: &Path, name: &StageName) -> Result<Staged, Error> {
    let state = place.directories.state();
    if !prepare::is_prepared(&state) {
        return Err(Error::NotPrepared(place.directories.root().to_owned()));
    }
    sandbox::check(place.settings.sandbox)?;
    let copy = state.join(format!("script-{}", std::process::id()));
    let text = files::read_regular(script, SCRIPT_LIMIT)
        .map_err(|cause| Error::ReadScript { path: script.to_owned(), cause })?;
    files::write_private(&copy, &text, files::Durability::Process)
        .map_err(|cause| Error::Make { what: "copy of the script", path: copy.clone(), cause })?;
    let socket = match name.kind() {
        StageKind::User => Some(socket::bind(&place.directories)?),
        StageKind::Runner => None,
    };
    Ok(Staged { script: copy, socket })
}

impl Staged {
    /// The script holds secrets, the socket nobody: both go. What cannot be removed goes with
    /// the job's directory.
    pub(super) fn remove(&self) {
        drop(files::remove_tree(&self.script));
        if let Some((_, path)) = &self.socket {
            drop(files::remove_tree(path));
        }
    }
}
