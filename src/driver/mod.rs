//! The four stages as GitLab Runner calls them: config, prepare, run, cleanup. Owns the Runner's
//! contract: its variables, exit codes, the code file, TERM and KILL, the job's directories.
//! Believes the Runner's response file and our own `job_env`, never `CUSTOM_ENV_*`. In config,
//! standard output is the JSON and nothing else; after SIGTERM no stage ends with 0.

mod answer;
mod cleanup;
mod copying;
mod entry;
mod error;
mod leftovers;
mod names;
mod place;
mod prepare;
mod quiet;
mod run;
mod say;
mod seam;
mod seat;
mod socket;
mod staged;
mod surroundings;
mod verdict;
mod watch;

pub use crate::sandbox::launch;
pub use entry::{Call, Stage, main};
pub use error::Error;
