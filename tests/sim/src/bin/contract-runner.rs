//! The contract runner as a program: `contract-runner run --config config.toml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    ecs_sim::gitlab::runner::program::main(&words)
}
