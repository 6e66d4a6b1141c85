//! What can go wrong on the job socket.

use crate::model::{Outcome, OutcomeKind};
use std::io;

/// A fault of the conversation, never of the command that it carries.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The other side closed the socket.
    #[error("the other side of the job socket is gone")]
    Gone,
    /// The socket gave an error.
    #[error("the job socket failed")]
    Socket(#[source] io::Error),
    /// A file for a received stream could not be written.
    #[error("what came over the job socket could not be kept")]
    Spool(#[source] io::Error),
    /// The caller was asked to stop before the whole request was sent.
    #[error("cancelled before the request was sent; nothing was begun")]
    Cancelled,
    /// Another version of the protocol.
    #[error(
        "the other side speaks version {found} of the job socket, this program version {known}"
    )]
    Version {
        /// What it said.
        found: u32,
        /// What we speak.
        known: u32,
    },
    /// Something is larger than it may be.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// Which part of the request.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The client stopped in the middle of its request.
    #[error("nothing came of the request for {seconds} seconds")]
    Silent {
        /// How long.
        seconds: u64,
    },
    /// Not a frame, or not the one that belongs here.
    #[error("broken frame on the job socket: {what}")]
    Broken {
        /// What was found and wanted.
        what: String,
    },
}

impl From<io::Error> for Error {
    /// An end in the middle of a frame, a closed pipe and a reset all mean: nobody is there.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => Self::Gone,
            _ => Self::Socket(error),
        }
    }
}

impl Error {
    /// How the command ends that could not be asked for.
    pub fn outcome(&self) -> Outcome {
        let (kind, exit_code, hint) = match self {
            Self::Cancelled => (OutcomeKind::Cancelled, 34, "run the job again"),
            Self::Gone | Self::Socket(_) | Self::Silent { .. } => (
                OutcomeKind::Unreachable,
                51,
                "look with `ecs-canary status` at what was left, then run the job again",
            ),
            Self::TooLarge { .. } => (
                OutcomeKind::Refused,
                60,
                "leave files out by .dockerignore, or ask for a larger job.max_request_bytes",
            ),
            Self::Spool(_) => (OutcomeKind::Internal, 70, "is the disk of the runner's host full?"),
            Self::Version { .. } | Self::Broken { .. } => {
                (OutcomeKind::Internal, 70, "run the job again: the host may just be updated")
            }
        };
        let source = std::error::Error::source(self);
        let reason = source.map_or(self.to_string(), |source| format!("{self}: {source}"));
        Outcome { exit_code, ..Outcome::new(kind) }.because(reason).hinting(hint)
    }
}
