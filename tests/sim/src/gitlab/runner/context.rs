//! Cancellation with a cause and a deadline, nested: what Go's `context` is to the real runner.

use std::future::pending;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Why a context ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Cancelled or aborted by the coordinator, or the runner stops.
    Canceled,
    /// The deadline passed.
    DeadlineExceeded,
}

/// The switch of one context.
#[derive(Clone, Debug)]
pub(crate) struct Canceller(watch::Sender<bool>);

impl Canceller {
    /// Cancels the context and everything below it. A second call changes nothing.
    pub(crate) fn cancel(&self) {
        self.0.send_replace(true);
    }
}

/// A context: ends when it or one of its parents is cancelled, or when its deadline passes.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    signals: Vec<watch::Receiver<bool>>,
    deadline: Option<Instant>,
}

impl Context {
    /// A context that never ends by itself.
    pub(crate) fn background() -> Self {
        Self { signals: Vec::new(), deadline: None }
    }

    /// A child with its own switch.
    pub(crate) fn child(&self) -> (Self, Canceller) {
        let (on, seen) = watch::channel(false);
        let mut signals = self.signals.clone();
        signals.push(seen);
        (Self { signals, deadline: self.deadline }, Canceller(on))
    }

    /// A child that ends at `deadline` at the latest.
    pub(crate) fn until(&self, deadline: Instant) -> Self {
        let deadline = self.deadline.map_or(deadline, |mine| mine.min(deadline));
        Self { signals: self.signals.clone(), deadline: Some(deadline) }
    }

    /// Why it ended, if it did.
    pub(crate) fn ended(&self) -> Option<Cause> {
        if self.signals.iter().any(|signal| *signal.borrow()) {
            return Some(Cause::Canceled);
        }
        let past = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        past.then_some(Cause::DeadlineExceeded)
    }

    /// Waits for the end.
    pub(crate) async fn done(&self) -> Cause {
        let cancelled = async {
            let mut waits: Vec<_> = self
                .signals
                .iter()
                .cloned()
                .map(|mut signal| {
                    Box::pin(async move {
                        // A dropped switch can no longer cancel: wait for the other ones.
                        if signal.wait_for(|on| *on).await.is_err() {
                            pending::<()>().await;
                        }
                    })
                })
                .collect();
            if waits.is_empty() {
                pending::<()>().await;
            } else {
                futures_util::future::select_all(waits.drain(..)).await;
            }
        };
        let late = async {
            match self.deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = cancelled => Cause::Canceled,
            () = late => Cause::DeadlineExceeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn cancelling_a_child_leaves_its_parent_alone() {
        let (parent, _stop) = Context::background().child();
        let (child, cancel) = parent.child();
        cancel.cancel();
        assert_eq!(child.done().await, Cause::Canceled);
        assert_eq!(parent.ended(), None);
    }

    #[tokio::test]
    async fn a_child_ends_with_its_parent_and_by_the_earlier_deadline() {
        let (parent, stop) = Context::background().child();
        let (child, _own) = parent.child();
        let short = child.until(Instant::now() + Duration::from_millis(5));
        assert_eq!(short.done().await, Cause::DeadlineExceeded);
        assert_eq!(child.ended(), None);
        stop.cancel();
        assert_eq!(child.done().await, Cause::Canceled);
    }
}
