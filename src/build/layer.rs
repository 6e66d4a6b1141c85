//! Writes a layer: the same entries always give the same bytes.

use super::context::Context;
use super::error::Error;
use super::layout::{Entry, EntryKind, LayerPlan};
use crate::model::{Digest, Timestamp};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use tar::{Builder, EntryType, Header};

/// A written layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenLayer {
    /// Of the compressed bytes.
    pub(super) digest: Digest,
    /// Compressed bytes.
    pub(super) size: u64,
    /// Of the bytes before compression.
    pub(super) diff_id: Digest,
}

/// The level that docker uses; the result depends on it, so it never changes.
const LEVEL: u32 = 6;
/// Files are read in pieces of this size.
const PIECE: usize = 128 * 1024;
/// Longest path that fits into a plain tar header without being parted.
const SHORT_PATH: usize = 100;

/// Writes the entries of `plan` as a compressed tar. Blocks: run it off the main thread. Ends
/// early when `stop` is set.
pub(super) fn write_layer(
    plan: &LayerPlan,
    context: &Context,
    created: Timestamp,
    out: impl Write,
    stop: &AtomicBool,
) -> Result<WrittenLayer, Error> {
    let compressed = Hashing::new(BufWriter::with_capacity(PIECE, out));
    let gzip = GzBuilder::new().write(compressed, Compression::new(LEVEL));
    let mut writer = LayerWriter {
        tar: Builder::new(Hashing::new(gzip)),
        context,
        mtime: u64::try_from(created.as_seconds()).unwrap_or(0),
        stop,
    };
    for (path, entry) in &plan.entries {
        writer.entry(path, entry)?;
    }
    writer.finish().map_err(unwritable)
}

struct LayerWriter<'a, W: Write> {
    tar: Builder<Hashing<GzEncoder<Hashing<W>>>>,
    context: &'a Context,
    mtime: u64,
    stop: &'a AtomicBool,
}

impl<W: Write> LayerWriter<'_, W> {
    fn entry(&mut self, path: &str, entry: &Entry) -> Result<(), Error> {
        let mut header = Header::new_ustar();
        header.set_mode(entry.attributes.mode);
        header.set_uid(entry.attributes.uid);
        header.set_gid(entry.attributes.gid);
        header.set_mtime(self.mtime);
        header.set_size(0);
        let directory;
        let mut name = path;
        match &entry.kind {
            EntryKind::Directory => {
                header.set_entry_type(EntryType::Directory);
                directory = format!("{path}/");
                name = &directory;
            }
            EntryKind::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                if target.len() > SHORT_PATH {
                    self.extended("linkpath", target)?;
                    header.set_link_name_literal(cut(target)).map_err(unwritable)?;
                } else {
                    header.set_link_name_literal(target).map_err(unwritable)?;
                }
            }
            EntryKind::File { size, .. } => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(*size);
            }
            EntryKind::Text(text) => {
                header.set_entry_type(EntryType::Regular);
                header.set_size(text.len() as u64);
            }
        }
        // Names that a plain header cannot hold, or that are not plain ASCII, get an extended
        // one; which of the two it is depends on the name alone.
        if name.len() > SHORT_PATH || !name.is_ascii() {
            self.extended("path", name)?;
            header.as_old_mut().name = [0; 100];
            header.as_old_mut().name[..cut(name).len()].copy_from_slice(cut(name).as_bytes());
        } else {
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        }
        header.set_cksum();
        match &entry.kind {
            EntryKind::File { offset, size } => {
                let content = ContextFile {
                    context: self.context,
                    offset: *offset,
                    left: *size,
                    stop: self.stop,
                };
                self.tar.append(&header, content)
            }
            EntryKind::Text(text) => self.tar.append(&header, text.as_ref()),
            EntryKind::Directory | EntryKind::Link(_) => self.tar.append(&header, io::empty()),
        }
        .map_err(|cause| match self.stop.load(Ordering::Relaxed) {
            true => Error::Cancelled,
            false => unwritable(cause),
        })
    }

    fn extended(&mut self, key: &str, value: &str) -> Result<(), Error> {
        self.tar.append_pax_extensions([(key, value.as_bytes())]).map_err(unwritable)
    }

    fn finish(self) -> io::Result<WrittenLayer> {
        let plain = self.tar.into_inner()?;
        let (gzip, diff_id, _) = plain.finish();
        let (mut out, digest, size) = gzip.finish()?.finish();
        out.flush()?;
        Ok(WrittenLayer { digest, size, diff_id })
    }
}

/// The start of a long name, for readers that know no extended headers.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(SHORT_PATH - 1);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// A file of the context, read where it lies in the tar.
struct ContextFile<'a> {
    context: &'a Context,
    offset: u64,
    left: u64,
    stop: &'a AtomicBool,
}

impl io::Read for ContextFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("asked to stop"));
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.context.read_at(&mut buffer[..wanted], self.offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.offset += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Hashes and counts what passes.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
    count: u64,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), count: 0 }
    }

    fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest::from_sha256(&self.hash.finalize().into()), self.count)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn unwritable(cause: io::Error) -> Error {
    Error::Storage { what: "a layer could not be written".to_owned(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::base_tree::Attributes;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    const ROOT: Attributes = Attributes { mode: 0o755, uid: 0, gid: 0 };

    fn plan(entries: &[(&str, EntryKind)]) -> LayerPlan {
        let entry = |(path, kind): &(&str, EntryKind)| {
            ((*path).to_owned(), Entry { attributes: ROOT, kind: kind.clone() })
        };
        LayerPlan { entries: entries.iter().map(entry).collect() }
    }

    fn written(plan: &LayerPlan) -> (WrittenLayer, Vec<u8>) {
        let mut out = Vec::new();
        let context = Context::empty().unwrap();
        let created = Timestamp::from_millis(1_700_000_000_000);
        let layer =
            write_layer(plan, &context, created, &mut out, &AtomicBool::new(false)).unwrap();
        (layer, out)
    }

    #[test]
    fn the_same_entries_give_the_same_bytes() {
        let plan = plan(&[
            ("a", EntryKind::Directory),
            ("a/f", EntryKind::Text(b"hello".as_slice().into())),
            ("a/l", EntryKind::Link("f".to_owned())),
        ]);
        let (layer, bytes) = written(&plan);
        assert_eq!(layer.size, bytes.len() as u64);
        assert_eq!((layer.clone(), bytes), written(&plan));
        insta::assert_snapshot!(layer.diff_id.as_str(), @"sha256:666d0e4e244f8f8ee5e371d9d7b1d03aa5a80f1a58b948760a91722f76196a08");
    }

    #[test]
    fn long_and_foreign_names_survive() {
        let long = "d/".repeat(80) + "ünïcödé";
        let target = "t/".repeat(90);
        let plan = plan(&[
            (&long, EntryKind::Text(b"x".as_slice().into())),
            ("link", EntryKind::Link(target.clone())),
        ]);
        let (_, bytes) = written(&plan);
        let mut tar = Vec::new();
        let _size = GzDecoder::new(bytes.as_slice()).read_to_end(&mut tar).unwrap();
        let mut archive = tar::Archive::new(tar.as_slice());
        let names: Vec<(String, Option<String>)> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                (text(&entry.path_bytes()), entry.link_name_bytes().map(|name| text(&name)))
            })
            .collect();
        assert_eq!(names, [(long, None), ("link".to_owned(), Some(target))]);
    }

    #[test]
    fn a_request_to_stop_ends_the_writing() {
        let kind = EntryKind::File { offset: 0, size: 10 };
        let context = Context::empty().unwrap();
        let stop = AtomicBool::new(true);
        let plan = plan(&[("f", kind)]);
        let ended = write_layer(&plan, &context, Timestamp::from_millis(0), io::sink(), &stop);
        assert!(matches!(ended, Err(Error::Cancelled)));
    }
}
