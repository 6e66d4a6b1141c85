//! Being asked to stop: the first request asks, the second insists.

use tokio::sync::watch;

/// Raises requests; `host` holds it for signals, `broker` for a client that went away.
#[derive(Debug)]
pub struct CancelHandle {
    sender: watch::Sender<u8>,
}

/// Sees requests. Clones see the same ones.
#[derive(Debug, Clone)]
pub struct Cancel {
    receiver: watch::Receiver<u8>,
    /// So many requests were heard already.
    heard: u8,
}

impl CancelHandle {
    /// A handle and its first observer.
    pub fn new() -> (Self, Cancel) {
        let (sender, receiver) = watch::channel(0);
        (Self { sender }, Cancel { receiver, heard: 0 })
    }

    /// Asks once more.
    pub fn raise(&self) {
        self.sender.send_modify(|count| *count = count.saturating_add(1));
    }
}

impl Cancel {
    /// Sees what is asked for from now on: for what is done because of the requests so far.
    #[must_use]
    pub fn from_now_on(&self) -> Self {
        Self { receiver: self.receiver.clone(), heard: *self.receiver.borrow() }
    }

    /// How often it was asked for.
    pub fn count(&self) -> u8 {
        self.receiver.borrow().saturating_sub(self.heard)
    }

    /// Waits until it was asked for at least `times` times; for ever when nobody can ask
    /// any more.
    pub async fn reached(&self, times: u8) {
        let mut receiver = self.receiver.clone();
        let times = times.saturating_add(self.heard);
        if receiver.wait_for(|count| *count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
