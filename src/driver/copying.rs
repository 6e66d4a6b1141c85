//! Copies a script's output to the Runner, in order within a stream, through pipes of our own:
//! a process that outlives its script holds our pipe, never the Runner's.

use super::quiet::{BEAT, Quiet, Stream};
use crate::host::stdio;
use crate::model::Secret;
use crate::ports::{Cancel, CancelHandle};
use rustix::io::Errno;
use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// As much as a pipe holds.
const PIECE: usize = 64 << 10;
/// How long what is left in a pipe is read after every process of the script is gone. Only a
/// writer that we cannot see could keep it longer.
const DRAIN: Duration = Duration::from_secs(1);

/// The two streams of one script.
#[derive(Debug)]
pub(super) struct Copying {
    quiet: RefCell<Quiet>,
    beat: [Notify; 2],
    /// Raised when every process of the script is gone.
    closing: Cancel,
    runner_gone: CancelHandle,
}

/// The Runner's ends of the two streams.
#[derive(Debug)]
pub(super) struct Streams {
    stdout: File,
    stderr: File,
}

impl Streams {
    /// Our own standard streams.
    pub(super) fn own() -> io::Result<Self> {
        let (stdout, stderr) = (stdio::stdout()?, stdio::stderr()?);
        Ok(Self { stdout: File::from_std(stdout), stderr: File::from_std(stderr) })
    }
}

/// Both ends of one stream.
struct Ends<R> {
    from: R,
    to: Option<File>,
}

impl Copying {
    /// `closing` ends the copying, after what was written before; `masked` are the values that
    /// the Runner hides. The returned `Cancel` is raised when the Runner does not read any more.
    pub(super) fn new(closing: Cancel, masked: Vec<Secret>) -> (Self, Cancel) {
        let (runner_gone, gone) = CancelHandle::new();
        let quiet = RefCell::new(Quiet::from(Instant::now(), masked));
        (Self { quiet, beat: [Notify::new(), Notify::new()], closing, runner_gone }, gone)
    }

    /// Copies until `closing`.
    pub(super) async fn run(&self, streams: Streams, stdout: ChildStdout, stderr: ChildStderr) {
        let out = Ends { from: stdout, to: Some(streams.stdout) };
        let err = Ends { from: stderr, to: Some(streams.stderr) };
        let both =
            async { tokio::join!(self.copy(out, Stream::Stdout), self.copy(err, Stream::Stderr)) };
        tokio::select! {
            _ = both => {}
            never = self.keep_moving() => match never {},
        }
    }

    async fn keep_moving(&self) -> std::convert::Infallible {
        loop {
            let due = self.quiet.borrow().due();
            sleep_until(due).await;
            let stream = self.quiet.borrow_mut().beat(Instant::now());
            if let Some(stream) = stream {
                self.beat[stream as usize].notify_one();
            }
        }
    }

    async fn copy<R: AsyncRead + AsFd + Unpin>(&self, mut ends: Ends<R>, stream: Stream) {
        let mut piece = vec![0; PIECE];
        let mut open = true;
        loop {
            tokio::select! {
                length = ends.from.read(&mut piece), if open => match length {
                    Ok(0) | Err(_) => open = false,
                    Ok(length) => self.write(&mut ends.to, stream, &piece[..length]).await,
                },
                () = self.beat[stream as usize].notified() => {
                    if self.quiet.borrow().takes_beat(stream) {
                        self.write_raw(&mut ends.to, BEAT).await;
                    }
                }
                () = self.closing.reached(1) => break,
            }
        }
        if open {
            self.drain(&mut ends, stream, &mut piece).await;
        }
    }

    /// Reads what is in the pipe by system calls of its own: the runtime may not have heard of
    /// it yet.
    async fn drain<R: AsFd>(&self, ends: &mut Ends<R>, stream: Stream, piece: &mut [u8]) {
        let limit = Instant::now() + DRAIN;
        while Instant::now() < limit {
            match rustix::io::read(&ends.from, &mut *piece) {
                Ok(0) => return,
                Ok(length) => self.write(&mut ends.to, stream, &piece[..length]).await,
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    async fn write(&self, to: &mut Option<File>, stream: Stream, bytes: &[u8]) {
        self.write_raw(to, bytes).await;
        self.quiet.borrow_mut().wrote(stream, bytes, Instant::now());
    }

    /// After the first failure nothing is written, but the script's output is still taken: it
    /// must be able to end.
    async fn write_raw(&self, to: &mut Option<File>, bytes: &[u8]) {
        let Some(file) = to else { return };
        let written = async {
            file.write_all(bytes).await?;
            file.flush().await
        };
        if written.await.is_err() {
            *to = None;
            self.runner_gone.raise();
        }
    }
}
