//! How a command ends: every module's error becomes a class with an exit code, a message and a
//! hint, told once. Owns the exit-code table; never prints and never decides what to do next.

mod convert;
mod exit;
mod finish;
mod reason;
mod table;

pub use exit::Exit;
pub use finish::finish;
pub use reason::{Failure, chain};
pub use table::{EXIT_CODES, ExitCodeRow, exit_codes_page};

#[cfg(test)]
mod tests;
