//! The four stages of the built binary, called as GitLab Runner calls them: own process group,
//! fresh working directory, pipes read to their end, the Runner's variables.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests: a failed step is a failed test, and processes are what is tested"
)]

mod blame;
mod cancel;
mod cleanup;
mod commands;
mod config;
mod disk;
mod environment;
mod harness;
mod leftovers;
mod log;
