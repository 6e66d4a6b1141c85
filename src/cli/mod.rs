//! The command line.

use crate::driver::{self, Call, Stage};
use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let mut host_config = None;
    let stage = loop {
        let Some(word) = words.next() else { return ExitCode::from(2) };
        match word.to_str() {
            Some(driver::launch::COMMAND) => return driver::launch::main(words),
            Some("--config") => host_config = words.next().map(Into::into),
            Some("config") => break Stage::Config,
            Some("prepare") => break Stage::Prepare,
            Some("cleanup") => break Stage::Cleanup,
            Some("run") => {
                let (Some(script), Some(stage)) = (words.next(), words.next()) else {
                    return ExitCode::from(2);
                };
                let stage = stage.to_string_lossy().into_owned();
                break Stage::Run { script: script.into(), stage };
            }
            _ => return ExitCode::from(2),
        }
    };
    driver::main(&Call { stage, host_config })
}
