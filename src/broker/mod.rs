//! The job socket: how a command inside a job asks the stage's driver to do the work.
//!
//! Owns the frames, the client half and the driver half. The client resolves paths and sends
//! contents; the driver half never opens a path that came over the socket, and nothing that
//! travels here says who is asking: that is the driver's own knowledge.

mod client;
mod error;
mod frame;
mod message;
mod serve;
mod session;

pub use client::{Connection, SOCKET_VARIABLE, connect};
pub use error::Error;
pub use message::{ContextHead, Down, FileHead, FileState, Request, Up};
pub use serve::{Executor, Limits, Signals, serve};

#[cfg(test)]
mod tests;
