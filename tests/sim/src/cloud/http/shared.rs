//! The account as several connections use it. Owns the lock and the clock; the lock is never
//! held while anything waits.

use super::VirtualClock;
use crate::cloud::brain::{Cloud, SimTime};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// A handle to the account, its clock, and the bell that wakes the driver.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    cloud: Arc<Mutex<Cloud>>,
    pub(crate) clock: Arc<VirtualClock>,
    /// Rung when a call may have changed what happens next.
    pub(crate) changed: Arc<Notify>,
}

impl Shared {
    pub(crate) fn new(cloud: Cloud, clock: VirtualClock) -> Self {
        Self {
            cloud: Arc::new(Mutex::new(cloud)),
            clock: Arc::new(clock),
            changed: Arc::new(Notify::new()),
        }
    }

    /// Does something with the account at the present virtual time.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Cloud, SimTime) -> T) -> T {
        let mut cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that time never goes back between two uses.
        let now = self.clock.now();
        cloud.advance(now);
        let result = act(&mut cloud, now);
        drop(cloud);
        self.changed.notify_one();
        result
    }

    /// The time of the next change that comes by itself.
    pub(crate) fn next_change(&self) -> Option<SimTime> {
        let cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        cloud.next_change(self.clock.now())
    }

    /// Lets everything happen that is due; rings no bell.
    pub(crate) fn advance(&self) -> Vec<crate::cloud::brain::PullRequest> {
        let mut cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner);
        cloud.advance(self.clock.now());
        cloud.take_pulls()
    }
}
