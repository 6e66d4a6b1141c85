//! The driver half: takes clients of one job, one request at a time.

use super::{Error, Request, session};
use crate::commands::{Bundle, Console};
use crate::model::{Event, Outcome};
use crate::ports::Cancel;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Mutex;

/// Clients of one job at once; more of them wait in the listener's queue.
const CLIENTS: usize = 64;
/// Pause after a failed accept, which is mostly "too many open files": time for others to close.
const AFTER_ACCEPT_FAILED: Duration = Duration::from_millis(100);

/// Carries out a request with what the driver knows of the job.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait Executor {
    /// Does what `request` asks for. Emits everything through `console` except the outcome,
    /// which it returns with its exit code set.
    async fn execute(&self, request: Request, bundle: Bundle, console: Console<'_>) -> Outcome;

    /// Takes what a command says after its client has gone: what was left in AWS must reach the
    /// job's log all the same.
    fn stray(&self, event: Event);
}

/// What a client may do.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The only user that may connect: the one that the job's script runs as.
    pub uid: u32,
    /// Bytes of one build context (`job.max_request_bytes` of the host's config).
    pub max_request_bytes: u64,
    /// A directory of the driver for what is being received; files in it have no name.
    pub spool: PathBuf,
    /// Silence in the middle of a request after which its client is sent away: one that hangs
    /// must not keep the other commands of its job waiting.
    pub silence: Duration,
}

/// How the driver steers [`serve`].
#[derive(Debug, Clone)]
pub struct Signals {
    /// The job is cancelled: what runs is asked to stop and answers, new requests are refused.
    pub cancel: Cancel,
    /// The script has ended: what still runs is asked to stop and awaited, then `serve` returns.
    pub closing: Cancel,
}

/// Serves `listener` until `signals.closing` is raised. A fault of one client is told to that
/// client and ends nobody else.
pub async fn serve(
    listener: &UnixListener,
    limits: &Limits,
    executor: &impl Executor,
    signals: &Signals,
) {
    let turn = Mutex::new(());
    let mut clients = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = signals.closing.reached(1) => break,
            accepted = listener.accept(), if clients.len() < CLIENTS => match accepted {
                Ok((stream, _)) => {
                    clients.push(session::attend(stream, limits, executor, signals, &turn));
                }
                Err(error) => {
                    tracing::warn!(%error, "a client of the job socket was not accepted");
                    tokio::time::sleep(AFTER_ACCEPT_FAILED).await;
                }
            },
            Some(()) = clients.next(), if !clients.is_empty() => {}
        }
    }
    while clients.next().await.is_some() {}
}

/// True when the process at the other end runs as the job's user.
pub(super) fn is_the_jobs(stream: &UnixStream, limits: &Limits) -> Result<bool, Error> {
    let peer = stream.peer_cred().map_err(Error::Socket)?;
    Ok(peer.uid() == limits.uid)
}
