//! The caller's files: reads what a command names, packs its build context, writes its records.
//! Runs with the caller's own rights, in a job as outside.

use crate::build::{self, Checked};
use crate::commands::{ContextTar, FileContent, Files, NO_TMPDIR, Records};
use crate::failure::{Exit, Failure};
use crate::host::files;
use crate::model::{Event, Finding};
use crate::ports::Reporter;
use std::fs;
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Longest file that is sent; the driver refuses more.
const LONGEST: u64 = 16 << 20;
/// What commands write into the directory of `--record`.
const RECORDS: [&str; 4] = ["image.json", "image.env", "release.json", "release.env"];

/// Files below the working directory.
#[derive(Debug)]
pub(super) struct Disk {
    directory: PathBuf,
}

impl Disk {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A file of at most `longest` bytes.
    pub(super) fn read_up_to(&self, name: &str, longest: u64) -> FileContent {
        match files::read_regular(&self.path(name), longest) {
            Ok(content) => FileContent::Present(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => FileContent::Absent,
            Err(error) => FileContent::Unreadable(plain(&error)),
        }
    }
}

impl Files for Disk {
    fn directory(&self) -> String {
        self.directory.to_string_lossy().into_owned()
    }

    fn read(&self, name: &str) -> FileContent {
        self.read_up_to(name, LONGEST)
    }

    fn beginning(&self, start: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(start)).collect();
        names.sort();
        names
    }

    fn pack(&self, directory: &str, ignore: &str, checked: &Checked) -> ContextTar {
        let packed = (|| {
            let unnamed = tempfile::tempfile();
            let no_room = |error| format!("{NO_TMPDIR}: {}", plain(&error));
            let mut tar = BufWriter::new(unnamed.map_err(no_room)?);
            build::pack_context(&self.path(directory), ignore, checked, &mut tar)
                .map_err(|error| crate::failure::chain(&error))?;
            let mut tar = tar.into_inner().map_err(|error| plain(error.error()))?;
            tar.rewind().map_err(|error| plain(&error))?;
            Ok(tar)
        })();
        match packed {
            Ok(tar) => ContextTar::Packed(tar),
            Err(problem) => ContextTar::Unreadable(problem),
        }
    }
}

/// `No such file or directory` without the number that Rust puts behind it.
pub(super) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Writes records into a directory, and those with a path of the caller's own to that path.
pub(super) struct RecordFiles<'a, R: Reporter> {
    directory: PathBuf,
    named: Vec<(&'static str, PathBuf)>,
    reporter: &'a R,
}

impl<'a, R: Reporter> RecordFiles<'a, R> {
    /// Records go to `directory`, except `named` ones.
    pub(super) fn new(
        directory: PathBuf,
        named: Vec<(&'static str, PathBuf)>,
        reporter: &'a R,
    ) -> Self {
        Self { directory, named, reporter }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let named = self.named.iter().find(|(record, _)| *record == name);
        let path = match named {
            Some((_, path)) => self.directory.join(path),
            None if is_plain(name) => {
                fs::create_dir_all(&self.directory)?;
                self.directory.join(name)
            }
            None => return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file name")),
        };
        files::create_regular(&path)?.write_all(bytes)
    }

    /// Says before the work starts that a record could not be written after it.
    ///
    /// # Errors
    /// Something else than a file, or than a directory, is where it has to go.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let wrong = |path: &Path, problem: &str| {
            let finding = Finding::error(format!("{}: {problem}", path.display()));
            Err(Failure::findings(Exit::File, vec![finding.hint("records need another place")]))
        };
        let unnamed = RECORDS.iter().map(|name| self.directory.join(name));
        let named = self.named.iter().map(|(_, path)| path.clone());
        if fs::metadata(&self.directory).is_ok_and(|found| !found.is_dir()) {
            return wrong(&self.directory, "is not a directory, which `--record` names");
        }
        for path in unnamed.chain(named) {
            match files::expect_writable(&path) {
                Err(error) if is_in_the_way(&error) => return wrong(&path, &plain(&error)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

impl<R: Reporter> Records for RecordFiles<'_, R> {
    fn record(&self, name: &str, bytes: Vec<u8>) {
        if let Err(error) = self.write(name, &bytes) {
            let text = format!("{name} could not be written: {}", plain(&error));
            self.reporter.emit(Event::warning(text));
        }
    }
}

fn is_in_the_way(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory)
}

/// One name, no way to another directory.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(parts.next(), Some(std::path::Component::Normal(only)) if only == name)
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_cannot_leave_its_directory() {
        assert!(is_plain("release.json"));
        for name in ["", ".", "..", "/etc/x", "a/b", "../x", "./x"] {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn a_missing_file_is_absent_and_a_directory_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path().to_owned());
        assert_eq!(disk.read("none.yml"), FileContent::Absent);
        assert_eq!(
            disk.read("."),
            FileContent::Unreadable("is a directory, not a file".to_owned())
        );
    }
}
