//! Handing this process over to another program.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// Becomes `program` with these arguments; environment and working directory stay. Returns
/// only when that failed.
pub fn become_program(program: &Path, arguments: &[OsString]) -> io::Error {
    match start_over(program, arguments) {
        Ok(never) => match never {},
        Err(cause) => cause,
    }
}

#[expect(clippy::disallowed_methods, reason = "becomes the program, starts no other")]
fn start_over(program: &Path, arguments: &[OsString]) -> io::Result<Infallible> {
    Err(Command::new(program).args(arguments).exec())
}
