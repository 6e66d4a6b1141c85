//! The contents of the files that a command names.

use crate::failure::{Exit, Failure};
use crate::model::Finding;
use std::collections::BTreeMap;
use std::fs::File;

/// What to do about a file that could not be read.
const READABLE: &str =
    "it has to be a regular file of at most 16 MiB that this user may read, and nobody writes";

/// What the client read: files by the name that the user wrote, and the build context.
#[derive(Debug, Default)]
pub struct Bundle {
    directory: String,
    files: BTreeMap<String, FileContent>,
    context: Option<ContextTar>,
}

/// A file, or why it could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// Its bytes.
    Present(Vec<u8>),
    /// Nothing is there.
    Absent,
    /// Something is there, and this is why it could not be read.
    Unreadable(String),
}

/// How the reason begins when not the context is at fault, but the place for its tar.
pub const NO_TMPDIR: &str = "no temporary file can be made where TMPDIR says";

/// A build context, or why it could not be packed.
#[derive(Debug)]
pub enum ContextTar {
    /// Its tar: an unnamed file, at its start.
    Packed(File),
    /// The reason.
    Unreadable(String),
}

impl Bundle {
    /// Nothing yet, of a caller who works in `directory`: a label, never opened.
    pub fn of(directory: impl Into<String>) -> Self {
        Self { directory: directory.into(), ..Self::default() }
    }

    /// The caller's working directory, as the caller said it.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// True when a file is there.
    pub(super) fn is_present(&self, name: &str) -> bool {
        matches!(self.file(name), Some(FileContent::Present(_)))
    }

    /// Adds a file.
    pub fn insert(&mut self, name: impl Into<String>, content: FileContent) {
        self.files.insert(name.into(), content);
    }

    /// Adds the build context.
    pub fn set_context(&mut self, context: ContextTar) {
        self.context = Some(context);
    }

    /// The files by name, in the order of names.
    pub fn files(&self) -> impl Iterator<Item = (&str, &FileContent)> {
        self.files.iter().map(|(name, content)| (name.as_str(), content))
    }

    /// One file; `None` when the client was not asked for it.
    pub fn file(&self, name: &str) -> Option<&FileContent> {
        self.files.get(name)
    }

    /// The build context.
    pub fn context(&self) -> Option<&ContextTar> {
        self.context.as_ref()
    }

    /// Takes the build context out.
    pub(super) fn take_context(&mut self) -> Option<ContextTar> {
        self.context.take()
    }

    /// A file's text; `None` when nothing is there.
    ///
    /// # Errors
    /// It could not be read, or is no text.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, Failure> {
        let content = self.file(name).unwrap_or(&FileContent::Absent);
        Ok(content.text(name)?.map(str::to_owned))
    }

    /// A file's text; `hint` says what to do when it is not there.
    ///
    /// # Errors
    /// It is not there, could not be read, or is no text.
    pub(super) fn text(&self, name: &str, hint: &str) -> Result<String, Failure> {
        self.optional_text(name)?.ok_or_else(|| missing(name, hint))
    }
}

impl FileContent {
    /// The text of the file `name`; `None` when nothing is there.
    ///
    /// # Errors
    /// It could not be read, or is no text.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self {
            Self::Absent => Ok(None),
            Self::Unreadable(problem) => {
                Err(file_failure(Finding::error(format!("{name}: {problem}")).hint(READABLE)))
            }
            Self::Present(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text)),
                Err(error) => Err(not_text(name, bytes, error.valid_up_to())),
            },
        }
    }
}

/// The failure that a file is not there; `hint` says what to do.
pub(super) fn missing(name: &str, hint: &str) -> Failure {
    file_failure(Finding::error(format!("{name}: no such file")).hint(hint))
}

fn not_text(name: &str, bytes: &[u8], valid: usize) -> Failure {
    let before = bytes.get(..valid).unwrap_or_default();
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
    let finding = Finding::error("not UTF-8 text").at(name, line, column);
    file_failure(finding.hint("Save the file as UTF-8."))
}

fn file_failure(finding: Finding) -> Failure {
    Failure::findings(Exit::File, vec![finding])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_text_is_told_with_its_place() {
        let mut bundle = Bundle::default();
        bundle.insert("a.yml", FileContent::Present(b"x: 1\ny: \xff".to_vec()));
        let failure = bundle.text("a.yml", "").unwrap_err();
        assert_eq!(failure.to_string(), "a.yml:2:4: not UTF-8 text");
    }

    #[test]
    fn an_absent_file_is_not_an_unreadable_one() {
        let mut bundle = Bundle::default();
        bundle.insert(".env", FileContent::Absent);
        bundle.insert("b", FileContent::Unreadable("Permission denied".to_owned()));
        assert_eq!(bundle.optional_text(".env").unwrap(), None);
        assert!(bundle.optional_text("b").is_err());
    }
}
