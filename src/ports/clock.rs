//! Time.

use crate::model::Timestamp;
use std::time::Duration;

/// Wall time and waiting, both in the clock of the world that is talked to: a simulated
/// cloud may run faster, and our waits shrink with it.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Waits. Dropping the future ends the wait.
    async fn sleep(&self, duration: Duration);
}
