//! Ends what a script left running. Our process is the subreaper: whatever a script started and
//! abandoned is our child by now.

use crate::host::processes;
use rustix::process::{Pid, Signal};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between TERM and KILL for a process that outlives its script: time for a `git gc` in the
/// background to remove its locks. The stage may end two seconds after its script.
const MANNERS: Duration = Duration::from_millis(300);
/// How long processes that fork faster than we kill may go on before the stage ends all the same.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Whether leftovers get TERM first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// TERM, and KILL a little later.
    Ask,
    /// KILL; they were asked before.
    Kill,
}

/// Ends every descendant. Returns how many are left, which is none unless the kernel itself
/// holds one (uninterruptible sleep).
pub(super) async fn end(manner: Manner) -> usize {
    processes::reap_orphans(None);
    if manner == Manner::Ask && processes::signal_descendants(Signal::TERM) > 0 {
        gone_within(MANNERS).await;
    }
    let limit = Instant::now() + PATIENCE;
    loop {
        let left = processes::kill_descendants(None);
        if left == 0 || Instant::now() >= limit {
            return left;
        }
        sleep(PAUSE).await;
    }
}

async fn gone_within(time: Duration) {
    let limit = Instant::now() + time;
    let own = rustix::process::getpid();
    while Instant::now() < limit {
        processes::reap_orphans(None);
        if processes::descendants(own).is_empty() {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// TERM to the whole tree, parents first: a shell must have heard of it before the death of its
/// child lets it go on.
pub(super) fn ask_all() -> usize {
    processes::signal_descendants(Signal::TERM)
}

/// One round of KILL while the script itself is still waited for.
pub(super) fn kill_all(script: Pid) -> usize {
    processes::kill_descendants(Some(script))
}
