//! Whole jobs on the real binary: a coordinator hands them out, the contract runner (or the real one that
//! `GITLAB_RUNNER` names) starts the four stages. What GitLab is told in the end is what counts.
#![expect(clippy::unwrap_used, reason = "test code: a broken set-up may panic")]

#[cfg(feature = "demo")] // the helper commands are in the program under test
mod artifacts;
mod blame;
mod host;
mod stops;
mod trust;
