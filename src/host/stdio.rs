//! The process's own standard streams, as plain files.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;

/// Standard output, unbuffered, a duplicate that is not inherited by children.
///
/// # Errors
/// No descriptor is free, or the stream is closed.
pub fn stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Standard error, likewise.
///
/// # Errors
/// No descriptor is free, or the stream is closed.
pub fn stderr() -> io::Result<File> {
    Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
}
