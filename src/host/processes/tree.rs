//! Signals to everything that descends from this process, which must be the subreaper.

use super::look::{children, descendants, look};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, wait, waitpid,
};
use std::collections::HashSet;

/// Sends `signal` to every descendant of this process, each once. Returns how many were reached.
///
/// The tree is stopped while it is looked at: a process with a pending stop forks no more (fork(2)
/// is started anew after it), so none is missed, and what a trap starts to clean up, which comes
/// after the signal, is not hit by it.
pub fn signal_descendants(signal: Signal) -> usize {
    /// Each look finds what was forked during the one before; only a fork bomb needs more.
    const LOOKS: usize = 20;
    let mut reached: Vec<Pid> = Vec::new();
    for _ in 0..LOOKS {
        let found = descendants(getpid()).into_iter().map(|process| process.pid);
        let fresh: Vec<Pid> = found.filter(|pid| !reached.contains(pid)).collect();
        if fresh.is_empty() {
            break;
        }
        send(&fresh, Signal::STOP);
        reached.extend(fresh);
    }
    send(&reached, signal);
    send(&reached, Signal::CONT);
    reached.len()
}

fn send(to: &[Pid], signal: Signal) {
    for pid in to {
        // A failure means that it ended.
        let _ = kill_process(*pid, signal);
    }
}

/// Kills what descends from this process, for about a millisecond: a quick repetition is what
/// catches a chain of processes that only fork and exit. Ended orphans are left to
/// [`reap_orphans`] and [`reap_all`]. Returns how many were found at the last look, where none
/// found does not mean that there is none: see [`reap_all`].
pub fn kill_descendants() -> usize {
    /// A look at a small tree takes some ten microseconds.
    const LOOKS: usize = 20;
    let own_group = look(getpid()).and_then(|process| process.group);
    let mut left = 0;
    for _ in 0..LOOKS {
        let found = descendants(getpid());
        left = found.len();
        let groups: HashSet<Pid> = found.iter().filter_map(|process| process.group).collect();
        // One call reaches a whole group at once, also what it forks meanwhile.
        for group in groups.into_iter().filter(|group| Some(*group) != own_group) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        for process in &found {
            let _ = kill_process(process.pid, Signal::KILL);
        }
        if left == 0 {
            break;
        }
    }
    left
}

/// Takes the status of every ended child except `keep_status`, which has its own waiter.
pub fn reap_orphans(keep_status: Pid) {
    for child in children(getpid()) {
        if child.ended && child.pid != keep_status {
            let _ = waitpid(Some(child.pid), WaitOptions::NOHANG);
        }
    }
}

/// What [`reap_all`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Children {
    /// Some still run.
    Left,
    /// There are none; for a subreaper that means no descendants at all, because every orphan
    /// becomes its child in the same moment in which it is orphaned. Unlike a look at `/proc`,
    /// this cannot miss one.
    None,
}

/// Takes the status of every ended child. Nobody may wait for one meanwhile.
pub fn reap_all() -> Children {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return Children::Left,
            Err(_) => return Children::None,
        }
    }
}
