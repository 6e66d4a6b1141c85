//! The contents of the files that a command names.

use std::collections::BTreeMap;
use std::fs::File;

/// What the client read: files by the name that the user wrote, and the build context.
#[derive(Debug, Default)]
pub struct Bundle {
    files: BTreeMap<String, FileContent>,
    context: Option<File>,
}

/// A file, or why it could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// Its bytes.
    Present(Vec<u8>),
    /// The reason, in the words of the system.
    Missing(String),
}

impl Bundle {
    /// Adds a file.
    pub fn insert(&mut self, name: impl Into<String>, content: FileContent) {
        self.files.insert(name.into(), content);
    }

    /// Adds the tar of a build context: an unnamed file, at its start.
    pub fn set_context(&mut self, tar: File) {
        self.context = Some(tar);
    }

    /// The files by name, in the order of names.
    pub fn files(&self) -> impl Iterator<Item = (&str, &FileContent)> {
        self.files.iter().map(|(name, content)| (name.as_str(), content))
    }

    /// One file; `None` when the client was not asked for it.
    pub fn file(&self, name: &str) -> Option<&FileContent> {
        self.files.get(name)
    }

    /// The tar of the build context.
    pub fn context(&self) -> Option<&File> {
        self.context.as_ref()
    }
}
