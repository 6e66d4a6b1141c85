//! Ends what a script left running. Our process is the subreaper: whatever a script started and
//! abandoned is our child by now.

use crate::host::processes::{self, Children};
use crate::ports::Cancel;
use rustix::process::{Pid, Signal};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Between TERM and KILL for a process that outlives its script: time for a `git gc` in the
/// background to remove its locks. The stage may end two seconds after its script.
const MANNERS: Duration = Duration::from_millis(300);
/// How long processes that fork faster than we kill may go on before the stage ends all the same.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// How leftovers are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// The script ended by itself: TERM, and KILL a little later.
    Ask,
    /// TERM went to all of them when the stage was asked to stop: they have the rest of the
    /// grace, also when the script's shell did not wait for them.
    WaitUntil(Instant),
}

/// Ends every descendant; at the second request in `asked` at once. The script itself must have
/// been waited for. Returns how many are left, which is none unless the kernel itself holds one
/// (uninterruptible sleep).
pub(super) async fn end(manner: Manner, asked: &Cancel) -> usize {
    if processes::reap_all() == Children::None {
        return 0;
    }
    let limit = match manner {
        Manner::WaitUntil(limit) => limit,
        Manner::Ask => {
            processes::signal_descendants(Signal::TERM);
            Instant::now() + MANNERS
        }
    };
    tokio::select! {
        () = gone() => return 0,
        () = sleep_until(limit) => {}
        () = asked.reached(2) => {}
    }
    kill().await
}

async fn gone() {
    while processes::reap_all() == Children::Left {
        sleep(PAUSE).await;
    }
}

async fn kill() -> usize {
    let limit = Instant::now() + PATIENCE;
    loop {
        let left = processes::kill_descendants();
        if processes::reap_all() == Children::None {
            return 0;
        }
        if Instant::now() >= limit {
            return left.max(1);
        }
        // Whoever forks fast must not gain time while we sleep: only give way to the output.
        tokio::task::yield_now().await;
    }
}

/// TERM to the whole tree, parents first: a shell must have heard of it before the death of its
/// child lets it go on.
pub(super) fn ask_all() -> usize {
    processes::signal_descendants(Signal::TERM)
}

/// One round of KILL while the script itself is still waited for.
pub(super) fn kill_all(script: Pid) {
    processes::kill_descendants();
    processes::reap_orphans(script);
}
