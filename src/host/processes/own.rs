//! This process and the one that started it.

use super::executable;
use rustix::process::{DumpableBehavior, getpid, set_child_subreaper, set_dumpable_behavior};
use std::io;
use std::path::PathBuf;

/// Makes this process the parent of every orphan among its descendants, and its own memory
/// and environment unreadable for other processes of the same user.
///
/// # Errors
/// The kernel refuses (none since Linux 3.4 does).
pub fn guard_own_process() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    // Any process number switches it on.
    set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// The executable of the process that started this one.
pub fn parent_executable() -> Option<PathBuf> {
    executable(rustix::process::getppid()?)
}
