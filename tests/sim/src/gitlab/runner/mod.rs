//! The contract runner: takes jobs from a coordinator and starts the four stages of a custom executor as GitLab Runner
//! 19 does (own process group, null stdin, pipes read to their end, environment order, retries, TERM then KILL).
//! Facts are from GitLab Runner's source; the durations that are minutes there can be scaled. Never judges a job.

mod build;
mod client;
pub mod config_toml;
mod context;
mod environment;
mod executor;
mod helper;
mod journal;
mod log;
mod mask;
mod poll;
mod prepare;
mod process;
pub mod program;
pub mod program_of;
pub mod settings;
mod shell;
mod slots;
mod stages;
mod upload;
pub mod variables;
mod verdict;

pub use journal::{Journal, StageRecord, StageResult};
pub use poll::{Runner, RunnerError};
pub use settings::{Executor, ScriptStage, Settings, Stage, Waits};

/// The version the contract runner says it is: the source its behaviour was read from.
pub const VERSION: &str = "19.3.0";

/// A number nobody can foresee: for names that must not collide.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    RandomState::new().build_hasher().finish()
}
