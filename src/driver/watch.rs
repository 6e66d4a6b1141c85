//! Waits for a script's end, and stops it when asked: TERM to every process of the tree, the
//! grace, then KILL; at the second request KILL at once.

use super::leftovers;
use crate::host::processes;
use crate::ports::Cancel;
use crate::sandbox::{Error, Running, ScriptEnd};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How often orphans that ended are taken note of, so that a script with many of them does not
/// use up process numbers.
const REAP_EVERY: Duration = Duration::from_secs(10);
/// Between two rounds of KILL.
const KILL_EVERY: Duration = Duration::from_millis(5);

/// The end of a script, and when the grace of what it started ends, if it was asked to stop.
pub(super) struct Watched {
    pub(super) end: Result<ScriptEnd, Error>,
    pub(super) kill_at: Option<Instant>,
}

pub(super) async fn watch(script: &mut Running, asked: &Cancel, grace: Duration) -> Watched {
    let mut heard = 0;
    let mut kill_at: Option<Instant> = None;
    let number = script.pid;
    loop {
        tokio::select! {
            end = script.wait() => return Watched { end, kill_at },
            () = asked.reached(heard + 1), if heard < 2 => {
                heard = asked.count().min(2);
                kill_at = Some(if heard >= 2 {
                    Instant::now()
                } else {
                    leftovers::ask_all();
                    Instant::now() + grace
                });
            }
            () = sleep_until(kill_at.unwrap_or_else(Instant::now)), if kill_at.is_some() => {
                leftovers::kill_all(number);
                kill_at = Some(Instant::now() + KILL_EVERY);
            }
            () = sleep(REAP_EVERY) => processes::reap_orphans(number),
        }
    }
}
