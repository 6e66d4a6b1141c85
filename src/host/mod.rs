//! The machine this program runs on: environment, clock, files, signals, processes. The only
//! module that reads any of them; knows nothing of jobs, GitLab or AWS and decides nothing.

mod clock;
mod environment;
pub mod files;
mod identity;
pub mod own_files;
pub mod processes;
mod replace;
mod signals;
pub mod stdio;

pub use clock::Clock;
pub use environment::Environment;
pub use identity::{current_directory, own_executable, program_in, user_id, user_name};
pub use replace::become_program;
pub use signals::Signals;
