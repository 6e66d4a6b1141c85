//! Files and directories of our own: private, written whole or not at all, removed with
//! whatever a job left in them. Symbolic links are never followed on the way down.

mod regular;

pub use regular::{CHANGES, create_regular, expect_writable, open_regular, read_regular, state};

use rustix::fs::{Mode, OFlags};
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

/// What must survive when a write returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of this process. Enough for what is worthless after a reboot.
    Process,
    /// A power cut; costs a flush of the disk.
    Disk,
}

/// Writes `contents` to `path` with mode 0600: readers see the old file or the new one, never
/// a part of it.
///
/// # Errors
/// The directory cannot be written or the disk is full; the old file is then still there.
pub fn write_private(path: &Path, contents: &[u8], durability: Durability) -> io::Result<()> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the path of a file"));
    };
    let mut draft_name = std::ffi::OsString::from(".");
    draft_name.push(name);
    draft_name.push(format!(".{}", std::process::id()));
    let draft = directory.join(draft_name);
    let written = write_new(&draft, contents, durability).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The draft may not exist; the first error is the one to tell.
        drop(fs::remove_file(&draft));
    }
    written?;
    match durability {
        Durability::Process => Ok(()),
        Durability::Disk => File::open(directory)?.sync_all(),
    }
}

fn write_new(draft: &Path, contents: &[u8], durability: Durability) -> io::Result<()> {
    let flags =
        OFlags::CREATE | OFlags::TRUNC | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(draft, flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all(contents)?;
    match durability {
        Durability::Process => Ok(()),
        Durability::Disk => file.sync_all(),
    }
}

/// Reads a text of at most `limit` bytes.
///
/// # Errors
/// Not a readable regular file, larger than `limit`, or not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let invalid = |_| io::Error::new(io::ErrorKind::InvalidData, "not UTF-8 text");
    String::from_utf8(read_regular(path, limit)?).map_err(invalid)
}

/// Makes a directory with mode 0700, or takes one that is there, is ours and is no link.
///
/// # Errors
/// It cannot be made, or what is there is not a directory of ours.
pub fn create_private_directory(path: &Path) -> io::Result<()> {
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) => return Ok(()),
        Err(rustix::io::Errno::EXIST) => {}
        Err(other) => return Err(other.into()),
    }
    let found = fs::symlink_metadata(path)?;
    let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    if !found.is_dir() {
        return wrong("there is something else than a directory");
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return wrong("the directory belongs to another user");
    }
    if found.mode() & 0o7777 != 0o700 {
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Makes `path` and its missing parents. New ones get mode 0755; what is there stays as it is.
///
/// # Errors
/// One of them cannot be made.
pub fn create_shared_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Removes a file, or a directory with everything below. Nothing there is fine. Directories
/// that a job made unreadable or read-only are opened first.
///
/// # Errors
/// Something is left; the error is the last one that was met.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    match remove_once(path) {
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
            open_directories(path);
            remove_once(path)
        }
        // Somebody else removed an entry, or added one, meanwhile.
        Err(cause)
            if matches!(
                cause.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
            ) =>
        {
            remove_once(path)
        }
        other => other,
    }
}

fn remove_once(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(cause) => Err(cause),
    };
    match removed {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && is_gone(path) => Ok(()),
        other => other,
    }
}

fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound)
}

/// Gives us all rights on every directory below `path`; what cannot be changed is left.
fn open_directories(path: &Path) {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        return;
    }
    // A failure shows again when the entry is removed.
    drop(fs::set_permissions(path, Permissions::from_mode(0o700)));
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_directories(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests;
