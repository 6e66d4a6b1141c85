//! Files of the person who started us: read only when they are plain files, replaced whole.

use rustix::fs::{Mode, OFlags};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Reads a plain file of at most `limit` bytes. A pipe or a device is refused, not waited for.
///
/// # Errors
/// Not readable, no plain file, or longer than `limit`.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let found = file.metadata()?;
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory, no file"));
    }
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a pipe or a device, no file"));
    }
    if found.len() > limit {
        let message = format!("{} bytes: a file may have at most {limit}", found.len());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Replaces what a file holds: readers see the old text or the new one. Its mode stays, and a
/// symbolic link stays one.
///
/// # Errors
/// It is not there, or its directory cannot be written; the old file is then still there.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let draft = draft(&path, contents)?;
    draft.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    draft.persist(&path).map(drop).map_err(|failed| failed.error)
}

/// Writes a new file with the usual mode; one that is there is not touched.
///
/// # Errors
/// There is one, or it cannot be written.
pub fn create(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(contents)
}

fn draft(path: &Path, contents: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut draft = tempfile::NamedTempFile::new_in(directory)?;
    draft.write_all(contents)?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn a_replaced_file_keeps_its_mode_and_its_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("f"), folder.path().join("l"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("f", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn only_plain_files_of_a_bearable_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, long) = (folder.path().join("p"), folder.path().join("l"));
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        fs::write(&long, "12345").unwrap();
        assert_eq!(read(&pipe, 9).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(read(folder.path(), 9).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(read(&long, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(&long, 5).unwrap(), b"12345");
    }
}
