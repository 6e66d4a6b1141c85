//! Looks into a base image: its layers are streamed once and only their headers are read;
//! nothing is unpacked. What was seen can be kept, because digests name the very bytes.

use super::base::BaseImage;
use super::base_tree::{Attributes, BaseTree};
use super::error::Error;
use crate::host::files::{self, Durability};
use crate::model::CallError;
use crate::registry::{BlobBytes, Client, Descriptor};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt as _;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use tar::{Archive, EntryType};
use tokio::sync::mpsc;

/// Pieces that wait between the network and the decompressor.
const QUEUE: usize = 16;
/// A file of users longer than this is not taken for one.
const USERS_LIMIT: u64 = 1024 * 1024;
/// More entries than any image has.
const ENTRY_LIMIT: usize = 5_000_000;

/// The files of a base image as far as they matter, from what is kept in `kept` or anew.
pub(super) async fn base_tree(
    client: &Client,
    base: &BaseImage,
    kept: Option<&Path>,
) -> Result<BaseTree, Error> {
    let path = kept.map(|kept| path_in(kept, base));
    if let Some(tree) = path.as_deref().and_then(|path| fs::read_to_string(path).ok())
        && let Some(tree) = BaseTree::read(&tree)
    {
        return Ok(tree);
    }
    let mut tree = BaseTree::default();
    for layer in &base.manifest.layers {
        tree = add_layer(client, base, layer, tree).await?;
    }
    if let Some(path) = path {
        // Not being able to keep it costs time at the next build, nothing else.
        let written = path.parent().map(fs::create_dir_all).transpose().and_then(|_| {
            files::write_private(&path, tree.write().as_bytes(), Durability::Process)
        });
        drop(written.inspect_err(|error| tracing::debug!(%error, "base tree not kept")));
    }
    Ok(tree)
}

/// Forgets what is kept about a base image.
pub(super) fn forget(kept: &Path, base: &BaseImage) {
    drop(fs::remove_file(path_in(kept, base)));
}

fn path_in(kept: &Path, base: &BaseImage) -> PathBuf {
    kept.join(format!("{}.tree", base.digest.hex()))
}

async fn add_layer(
    client: &Client,
    base: &BaseImage,
    layer: &Descriptor,
    tree: BaseTree,
) -> Result<BaseTree, Error> {
    let what = || format!("base image {} could not be looked into", base.reference);
    let stream = client.blob_stream(&base.reference, layer).await;
    let stream = stream.map_err(|cause| Error::registry(what(), cause))?;
    let (sender, receiver) = mpsc::channel(QUEUE);
    let reading = tokio::task::spawn_blocking(move || {
        let mut reader = ChannelReader { receiver, current: Bytes::new() };
        read_layer(&mut reader, tree)
    });
    let ((), read) = tokio::join!(forward(stream, sender), reading);
    match read {
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(error)) => {
            let message = error.to_string();
            let place = Some(base.reference.registry.clone());
            let operation = "registry: GET blob".to_owned();
            let kind = crate::model::CallErrorKind::NoAnswer;
            let cause = CallError { kind, operation, code: None, message, place };
            Err(Error::registry(what(), cause))
        }
        Err(error) => Err(Error::Internal(format!("reading a layer: {error}"))),
    }
}

/// Passes a stream on until its end, or until nobody reads any more.
async fn forward(mut stream: BlobBytes, sender: mpsc::Sender<io::Result<Bytes>>) {
    while let Some(piece) = stream.next().await {
        if sender.send(piece).await.is_err() {
            return;
        }
    }
}

/// The stream of a layer as a plain reader, for a thread of its own.
struct ChannelReader {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.current = piece?,
                None => return Ok(0),
            }
        }
        let taken = self.current.split_to(buffer.len().min(self.current.len()));
        buffer[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

fn read_layer(reader: &mut impl Read, tree: BaseTree) -> io::Result<BaseTree> {
    let mut reader = BufReader::new(reader);
    let start = reader.fill_buf()?;
    let tree = if start.starts_with(&[0x1f, 0x8b]) {
        entries(MultiGzDecoder::new(&mut reader), tree)?
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Err(io::Error::other(
            "a layer is compressed by zstd, which is not supported here; destinations below \
             /etc/nginx, /usr/share/nginx and /usr/local/bin need no look into the base",
        ));
    } else {
        entries(&mut reader, tree)?
    };
    // Only the whole stream can be compared with its digest.
    let _rest = io::copy(&mut reader, &mut io::sink())?;
    Ok(tree)
}

/// What one layer does to the files below it.
fn entries(reader: impl Read, mut tree: BaseTree) -> io::Result<BaseTree> {
    let mut archive = Archive::new(reader);
    let mut made = Vec::new();
    for (count, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        if count > ENTRY_LIMIT {
            return Err(io::Error::other("a layer has too many files"));
        }
        let path = cleaned(&entry.path_bytes());
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        // Whiteouts count for the layers below, wherever they stand in this one.
        if name == ".wh..wh..opq" {
            tree.remove_inside(folder);
        } else if let Some(name) = name.strip_prefix(".wh.") {
            tree.remove(&joined(folder, name));
        } else if !path.is_empty() {
            made.push(made_by(&mut entry, path)?);
        }
    }
    let mut rest = archive.into_inner();
    let _rest = io::copy(&mut rest, &mut io::sink())?;
    for (path, made) in made {
        match made {
            Made::Directory(attributes) => tree.directory(&path, attributes),
            Made::Link(target) => tree.link(&path, target),
            Made::File(text) => {
                tree.file(&path);
                match (path.as_str(), text) {
                    ("etc/passwd", Some(text)) => tree.passwd = text,
                    ("etc/group", Some(text)) => tree.group = text,
                    _ => {}
                }
            }
        }
    }
    Ok(tree)
}

enum Made {
    Directory(Attributes),
    Link(String),
    /// With its text, where that matters.
    File(Option<String>),
}

fn made_by<R: Read>(entry: &mut tar::Entry<'_, R>, path: String) -> io::Result<(String, Made)> {
    let header = entry.header();
    let made = match header.entry_type() {
        EntryType::Directory => Made::Directory(Attributes {
            mode: header.mode()? & 0o7777,
            uid: header.uid()?,
            gid: header.gid()?,
        }),
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default();
            Made::Link(String::from_utf8_lossy(&target).into_owned())
        }
        _ if matches!(path.as_str(), "etc/passwd" | "etc/group") => {
            let mut text = Vec::new();
            let _length = entry.take(USERS_LIMIT).read_to_end(&mut text)?;
            Made::File(Some(String::from_utf8_lossy(&text).replace('\0', "")))
        }
        _ => Made::File(None),
    };
    Ok((path, made))
}

/// A path without leading `./` and `/`, and without what leads upwards.
fn cleaned(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
