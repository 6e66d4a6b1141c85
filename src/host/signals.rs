//! SIGTERM and SIGINT become requests to stop: the first asks, the second insists.

use crate::ports::{Cancel, CancelHandle};
use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// Listens while it lives.
#[derive(Debug)]
pub struct Signals {
    cancel: Cancel,
    listener: JoinHandle<()>,
}

impl Signals {
    /// Starts to listen; from here on the two signals do not end the process any more, even
    /// after this value is gone. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// The handlers could not be installed.
    pub fn listen() -> io::Result<Self> {
        let (handle, cancel) = CancelHandle::new();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let listener = tokio::spawn(async move {
            loop {
                let heard = tokio::select! {
                    heard = terminate.recv() => heard,
                    heard = interrupt.recv() => heard,
                };
                if heard.is_none() {
                    return;
                }
                handle.raise();
            }
        });
        Ok(Self { cancel, listener })
    }

    /// The requests.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal, getpid, kill_process};

    #[tokio::test]
    async fn each_signal_asks_once_more() {
        let signals = Signals::listen().unwrap();
        assert_eq!(signals.cancel().count(), 0);
        kill_process(getpid(), Signal::TERM).unwrap();
        signals.cancel().reached(1).await;
        kill_process(getpid(), Signal::INT).unwrap();
        signals.cancel().reached(2).await;
    }
}
