//! Ends processes that carry a mark in their environment, or work in a directory, wherever they
//! are in the tree.

use super::look::{all, environment_holds, look, works_below};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Kills every process whose environment holds the exact entry `NAME=value`, or whose working
/// directory is one of `directories` or below and which has no terminal (a person may look
/// around there); except this one and its ancestors, until none is found or `patience` is over.
/// Blocks. Returns how many were found at the last look.
pub fn end_marked(entry: &str, directories: &[impl AsRef<Path>], patience: Duration) -> usize {
    /// A killed process needs a moment to disappear.
    const PAUSE: Duration = Duration::from_millis(5);
    let limit = Instant::now() + patience;
    loop {
        let found = kill_marked(entry, directories);
        if found == 0 || Instant::now() >= limit {
            return found;
        }
        pause(PAUSE);
    }
}

#[expect(clippy::disallowed_methods, reason = "for stages without a runtime")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn kill_marked(entry: &str, directories: &[impl AsRef<Path>]) -> usize {
    let spared = ancestors_and_self();
    let works = |pid| directories.iter().any(|one| works_below(pid, one.as_ref()));
    let marked =
        |pid: &Pid| !spared.contains(pid) && (environment_holds(*pid, entry) || works(*pid));
    all().into_iter().filter(marked).filter(|pid| kill_if(*pid, marked)).count()
}

/// Opens a handle and looks again, so that the signal cannot hit another process that got the
/// same number meanwhile.
fn kill_if(pid: Pid, wanted: impl Fn(&Pid) -> bool) -> bool {
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
    wanted(&pid) && pidfd_send_signal(handle, Signal::KILL).is_ok()
}

fn ancestors_and_self() -> HashSet<Pid> {
    let mut found = HashSet::from([getpid()]);
    let mut next = rustix::process::getppid();
    while let Some(pid) = next {
        // A parent seen twice would be a number used again.
        next = if found.insert(pid) { look(pid).and_then(|process| process.parent) } else { None };
    }
    found
}
