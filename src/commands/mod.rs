//! What a job or a person can ask for: one file for each command, with its arguments and what
//! it does. The same code runs in the person's own process and, for a job, in the driver.
//!
//! A command sees files as contents, the environment as a map and the caller as a value; it
//! never opens a path, prints, or asks who is calling.

mod bundle;
mod call;
mod console;

pub use bundle::{Bundle, FileContent};
pub use call::{
    BuildArgs, Call, DeployArgs, ReleaseArgs, RollbackArgs, ScaleArgs, Side, StatusArgs,
};
pub use console::{Console, Records};
