//! The demo: plays the example application's releases on a simulated cloud, registry and GitLab, with the real program
//! under test as the executor of every job. Runs programs and speaks HTTP only; never calls the release's code.

mod example;
mod judged;
mod keep;
mod log_view;
mod narrator;
mod options;
mod play;
mod story;
mod table;
mod traffic;
mod world;

pub use options::{DemoError, DemoOptions, Yaml};
pub use story::{run, run_to};
