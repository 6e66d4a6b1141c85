//! The binary: everything is in the library, so that tests can run the same entry.

fn main() -> std::process::ExitCode {
    ecs_canary::cli::main()
}
