//! The command line: reads arguments, decides what is meant by the program's name, and starts
//! the right half: a stage of the driver, a client of the job socket, or the command itself in
//! this process. Owns the wiring of the real adapters; decides nothing about a release.

mod args;
mod aws;
mod carry_out;
#[cfg(feature = "demo")]
mod demo;
mod disk;
mod docker;
mod ecs_cli;
mod entry;
mod parse;
mod person;
mod view;

pub use args::Cli;
pub use parse::{Meant, parse};

use entry::Entry;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program. The stages and the launcher come first: a job has about ten of them, and
/// none needs what a command needs.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let is_json = words.iter().any(|word| word == "--json");
    match Entry::of(words) {
        Entry::Launch(rest) => crate::driver::launch::main(rest.into_iter()),
        Entry::Stage(call) => crate::driver::main(&call),
        #[cfg(feature = "demo")]
        Entry::GitlabRunner(words) => demo::gitlab_runner(&words),
        Entry::Command { name, words, host_config } => match parse(name, words, host_config) {
            Meant::Do(invocation) => carry_out::run(*invocation),
            Meant::HandOver(words) => aws::hand_over(&words),
            Meant::Say(error) => entry::say(&error, is_json),
        },
    }
}
