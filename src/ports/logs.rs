//! Container logs, as far as a release needs them.

use crate::model::{CallError, LogPlace};

/// Reads log streams.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait Logs {
    /// The last `lines` lines of a stream, oldest first. `NotFound` when group or stream is not
    /// there.
    async fn tail(&self, place: &LogPlace, lines: u32) -> Result<Vec<String>, CallError>;
}
