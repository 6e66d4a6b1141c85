//! Where a running command talks to, and how it is asked to stop.

use crate::ports::{Cancel, Reporter};

/// Takes the records of a command: `image.json`, `release.env`, ...
pub trait Records {
    /// Keeps `bytes` under a plain file name in the caller's directory. A failure to write is
    /// told to the user by whoever writes; it never changes how a release ended.
    fn record(&self, name: &str, bytes: Vec<u8>);
}

/// The caller's side of a running command.
#[derive(Clone, Copy)]
pub struct Console<'a> {
    /// Takes events.
    pub reporter: &'a dyn Reporter,
    /// Takes records.
    pub records: &'a dyn Records,
    /// Asks to stop.
    pub cancel: &'a Cancel,
}
