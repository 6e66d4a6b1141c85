//! Opens regular files only. A named pipe would make us wait for whoever is at its other end, a
//! device may do anything; both are refused by what they are, before they are opened.

use rustix::fs::{Mode, OFlags};
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

/// How often a file is read that somebody writes meanwhile.
const TRIES: u32 = 3;

/// Opens a regular file for reading; never waits.
///
/// # Errors
/// Nothing there, no rights, or something else than a regular file, which the error names.
pub fn open_regular(path: &Path) -> io::Result<File> {
    expect_regular(fs::metadata(path)?.file_type())?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    // Somebody may have put something else there in between.
    expect_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// Opens a regular file for writing, empty; makes it when nothing is there.
///
/// # Errors
/// It cannot be made or written, or something else than a regular file is there.
pub fn create_regular(path: &Path) -> io::Result<File> {
    expect_writable(path)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::from(0o666))?);
    expect_regular(file.metadata()?.file_type())?;
    file.set_len(0)?;
    Ok(file)
}

/// Says whether a file could be written at `path`: nothing is there, or a regular file.
///
/// # Errors
/// What else is there.
pub fn expect_writable(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) => expect_regular(found.file_type()),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Reads a regular file of at most `limit` bytes; a larger one is not read at all.
///
/// # Errors
/// As [`open_regular`]; larger than `limit`; changed each time it was read.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    for _ in 0..TRIES {
        let file = open_regular(path)?;
        let before = file.metadata()?;
        let mut content = Vec::new();
        if before.len() <= limit {
            (&file).take(limit.saturating_add(1)).read_to_end(&mut content)?;
        }
        if before.len().max(content.len() as u64) > limit {
            let message = format!("larger than {limit} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        if state(&before) == state(&file.metadata()?) {
            return Ok(content);
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, CHANGES))
}

/// What a file says that changes under the reader.
pub const CHANGES: &str = "changes while it is read";

/// What differs after a write: size and time of the last change.
pub fn state(file: &Metadata) -> (u64, i64, i64) {
    (file.len(), file.mtime(), file.mtime_nsec())
}

fn expect_regular(found: FileType) -> io::Result<()> {
    let what = if found.is_file() {
        return Ok(());
    } else if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory, not a file"));
    } else if found.is_fifo() {
        "is a named pipe, not a file"
    } else if found.is_socket() {
        "is a socket, not a file"
    } else {
        "is a device, not a file"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}
