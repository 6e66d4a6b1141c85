//! The driver's half: an index of the tar that a client sent. Nothing of it is written
//! anywhere; files are read from the tar where they lie.

use super::tree::{Node, Tree};
use crate::build::Error;
use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Component;
use std::sync::Arc;
use tar::{Archive, EntryType};

/// Longest path and longest target of a link in bytes: Linux's PATH_MAX without its NUL.
const PATH_LIMIT: usize = 4095;
/// Longest header that carries a long path: two of them, with the words of PAX around.
const LONG_PATH_LIMIT: u64 = 16 << 10;
/// Bytes of all paths together. The index is in the driver's memory, and a path of a few
/// kilobytes makes thousands of folders.
const TEXT_LIMIT: usize = 256 << 20;

/// What a received context may hold at most.
#[derive(Debug, Clone, Copy)]
pub struct ContextLimits {
    /// Bytes of the tar.
    pub bytes: u64,
    /// Entries.
    pub entries: usize,
}

impl Default for ContextLimits {
    fn default() -> Self {
        // The size is that of the host's `max_request_bytes`; a `node_modules` of the largest
        // kind has some hundred thousand files.
        Self { bytes: 4 << 30, entries: 2_000_000 }
    }
}

/// A received build context.
#[derive(Debug, Clone)]
pub struct Context {
    tree: Arc<Tree<u64>>,
    tar: Arc<File>,
}

impl Context {
    /// Reads the index of a tar from its start. Paths are not trusted: absolute ones, `..`,
    /// anything inside of a link, and what is no file, directory or link are refused.
    ///
    /// # Errors
    /// [`Error::Context`] when the tar is broken, not to be trusted or above a limit.
    pub fn from_tar(mut tar: File, limits: ContextLimits) -> Result<Self, Error> {
        let broken = |cause: io::Error| Error::Context(format!("the tar is broken: {cause}"));
        let length = tar.metadata().map_err(broken)?.len();
        if length > limits.bytes {
            let message = format!("it has {length} bytes; at most {} are taken", limits.bytes);
            return Err(Error::Context(message));
        }
        refuse_long_headers(&mut tar)?;
        let _start = tar.seek(SeekFrom::Start(0)).map_err(broken)?;
        let mut tree = Tree::default();
        let mut archive = Archive::new(&tar);
        let entries = archive.entries_with_seek().map_err(broken)?;
        for (count, entry) in entries.enumerate() {
            let entry = entry.map_err(broken)?;
            if count >= limits.entries {
                let message = format!("it has more than {} files", limits.entries);
                return Err(Error::Context(message));
            }
            let Some(path) = path(&entry)? else { continue };
            let node = node(&entry, &path, length).map_err(Error::Context)?;
            tree.insert(&path, node).map_err(Error::Context)?;
            if tree.text() > TEXT_LIMIT {
                let message = format!("its paths have more than {TEXT_LIMIT} bytes");
                return Err(Error::Context(message));
            }
        }
        Ok(Self { tree: Arc::new(tree), tar: Arc::new(tar) })
    }

    /// A context without files, for Dockerfiles that copy nothing.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn empty() -> Result<Self, Error> {
        let tar = tempfile::tempfile().map_err(|cause| Error::Storage {
            what: "no temporary file could be made".to_owned(),
            cause,
        })?;
        Ok(Self { tree: Arc::new(Tree::default()), tar: Arc::new(tar) })
    }

    pub(in crate::build) fn tree(&self) -> &Tree<u64> {
        &self.tree
    }

    /// Reads a piece of a file whose bytes start at `offset` of the tar.
    pub(in crate::build) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.tar.read_at(buffer, offset)
    }
}

/// The tar library reads the headers of long paths whole into memory, before anybody sees them.
fn refuse_long_headers(tar: &mut File) -> Result<(), Error> {
    let broken = |cause: io::Error| Error::Context(format!("the tar is broken: {cause}"));
    let _start = tar.seek(SeekFrom::Start(0)).map_err(broken)?;
    let mut archive = Archive::new(&*tar);
    for entry in archive.entries_with_seek().map_err(broken)?.raw(true) {
        let entry = entry.map_err(broken)?;
        let carries_path = matches!(
            entry.header().entry_type(),
            EntryType::GNULongName
                | EntryType::GNULongLink
                | EntryType::XHeader
                | EntryType::XGlobalHeader
        );
        if carries_path && entry.size() > LONG_PATH_LIMIT {
            return Err(Error::Context(too_long()));
        }
    }
    Ok(())
}

fn too_long() -> String {
    format!("a path in it is longer than {PATH_LIMIT} bytes")
}

/// The path inside the context; `None` for the context itself.
fn path(entry: &tar::Entry<'_, &File>) -> Result<Option<String>, Error> {
    let refused = |why: &str| {
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        Error::Context(format!("path {name:?} {why}"))
    };
    if entry.path_bytes().len() > PATH_LIMIT {
        return Err(Error::Context(too_long()));
    }
    let path = entry.path().map_err(|_| refused("cannot be read"))?;
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => {
                let part = part.to_str().ok_or_else(|| refused("is not UTF-8"))?;
                // A NUL ends a path for the system and not for us: one of the two is wrong.
                if part.contains('\0') {
                    return Err(refused("holds a NUL"));
                }
                parts.push(part.to_owned());
            }
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(refused("leads out of the context"));
            }
        }
    }
    Ok((!parts.is_empty()).then(|| parts.join("/")))
}

fn node(entry: &tar::Entry<'_, &File>, path: &str, length: u64) -> Result<Node<u64>, String> {
    let header = entry.header();
    let mode = header.mode().map_err(|error| format!("{path}: {error}"))? & 0o7777;
    match header.entry_type() {
        EntryType::Directory => Ok(Node::Folder { mode }),
        EntryType::Regular => {
            let (size, data) = (entry.size(), entry.raw_file_position());
            // Seeking over a file does not notice that its bytes are missing.
            if data.checked_add(size).is_none_or(|end| end > length) {
                return Err(format!("{path}: the tar is cut off"));
            }
            Ok(Node::File { mode, size, data })
        }
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            if target.len() > PATH_LIMIT {
                return Err(too_long());
            }
            let target = String::from_utf8(target).map_err(|_| format!("{path}: not UTF-8"))?;
            Ok(Node::Link { target })
        }
        other => Err(format!("{path} is no file, directory or symbolic link ({other:?})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use tar::{Builder, Header};

    fn received(add: impl FnOnce(&mut Builder<Vec<u8>>)) -> Result<Context, String> {
        let mut builder = Builder::new(Vec::new());
        add(&mut builder);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&builder.into_inner().unwrap()).unwrap();
        let limits = ContextLimits { bytes: 1 << 20, entries: 5 };
        Context::from_tar(file, limits).map_err(|error| error.to_string())
    }

    /// A header whose path is written as it is, whatever the library thinks of it.
    fn raw(builder: &mut Builder<Vec<u8>>, path: &str, kind: EntryType, content: &[u8]) {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }

    #[test]
    fn files_are_read_where_they_lie() {
        let context = received(|builder| {
            raw(builder, "./a/b", EntryType::Regular, b"hello");
        })
        .unwrap();
        let Some(Node::File { size, data, .. }) = context.tree().get("a/b") else { panic!() };
        let mut buffer = vec![0; usize::try_from(*size).unwrap()];
        let read = context.read_at(&mut buffer, *data).unwrap();
        assert_eq!(&buffer[..read], b"hello");
    }

    #[test]
    fn a_path_longer_than_the_systems_is_refused_before_it_takes_memory() {
        for (length, fits) in [(4_000, true), (4_200, false), (80_000, false)] {
            let received = received(|builder| {
                let mut header = Header::new_gnu();
                header.set_size(0);
                header.set_mode(0o644);
                builder.append_data(&mut header, "p".repeat(length), b"".as_slice()).unwrap();
            });
            match received {
                Ok(_) => assert!(fits, "{length}"),
                Err(error) => assert!(!fits && error.contains("4095"), "{length}: {error}"),
            }
        }
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused() {
        for path in ["/etc/passwd", "../x", "a/../../x", ".."] {
            let error =
                received(|builder| raw(builder, path, EntryType::Regular, b"")).unwrap_err();
            assert!(error.contains("leads out of the context"), "{error}");
        }
        let error = received(|builder| {
            let mut header = Header::new_gnu();
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            header.set_mode(0o777);
            builder.append_link(&mut header, "l", "/etc").unwrap();
            raw(builder, "l/passwd", EntryType::Regular, b"x");
        });
        assert!(error.unwrap_err().contains("l is no folder"));
    }

    #[test]
    fn devices_hard_links_and_too_many_files_are_refused() {
        for kind in [EntryType::Char, EntryType::Fifo, EntryType::Link] {
            let error = received(|builder| raw(builder, "x", kind, b"")).unwrap_err();
            assert!(error.contains("is no file, directory or symbolic link"), "{error}");
        }
        let many = received(|builder| {
            for name in ["1", "2", "3", "4", "5", "6"] {
                raw(builder, name, EntryType::Regular, b"");
            }
        });
        assert!(many.unwrap_err().contains("more than 5 files"));
    }

    #[test]
    fn a_cut_off_tar_is_refused() {
        let mut file = tempfile::tempfile().unwrap();
        let mut builder = Builder::new(Vec::new());
        raw(&mut builder, "x", EntryType::Regular, &[7; 2000]);
        file.write_all(&builder.into_inner().unwrap()[..1024]).unwrap();
        assert!(Context::from_tar(file, ContextLimits::default()).is_err());
    }
}
