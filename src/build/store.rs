//! Images that were built or pulled and may be pushed later, in a directory of the driver.
//! Layers of base images are not in it: they stay in their registry.

use super::error::Error;
use super::record::ImageRecord;
use crate::host::files::{self, Durability};
use crate::model::{Digest, ImageReference, Timestamp};
use crate::registry::{BlobSource, Content, ImageManifest, Manifest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Manifests, configs, new layers and names of one job.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    base_cache: Option<PathBuf>,
}

/// What `docker images` and `docker inspect` show.
#[derive(Debug, Clone)]
pub struct StoredImage {
    /// Digest of the manifest.
    pub digest: Digest,
    /// Digest of the config: docker's image id.
    pub id: Digest,
    /// All names, in order.
    pub names: Vec<ImageReference>,
    /// The image config as OCI spells it.
    pub config: serde_json::Value,
    /// When it was created, as the config says.
    pub created: Timestamp,
    /// Bytes of config and compressed layers.
    pub size: u64,
    /// The record.
    pub record: ImageRecord,
}

/// An image with all that is needed to push it.
#[derive(Debug, Clone)]
pub(super) struct FullImage {
    pub(super) manifest: Manifest,
    pub(super) content: ImageManifest,
    /// Where the config and then each layer is.
    pub(super) sources: Vec<BlobSource>,
    pub(super) record: ImageRecord,
}

/// What is written about an image besides its blobs.
#[derive(Serialize, Deserialize)]
struct Entry {
    media_type: String,
    digest: Digest,
    /// For each layer the image that has it, or nothing when it is a blob of this store.
    layers: Vec<Option<String>>,
    record: ImageRecord,
}

/// A manifest of ours is small; this is the same limit as for foreign ones.
const TEXT_LIMIT: u64 = 8 * 1024 * 1024;

impl Store {
    /// Opens the store in `dir`, which is made if it is not there. The directory must be
    /// closed to the job.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let store = Self { dir: dir.to_owned(), base_cache: None };
        for part in ["blobs", "images"] {
            let path = store.dir.join(part);
            fs::create_dir_all(&path).map_err(|cause| failed(&path, cause))?;
        }
        Ok(store)
    }

    /// Remembers what was seen of base images in `dir`, across jobs. It must be closed to
    /// jobs; everything in it can be deleted at any time.
    pub fn with_base_cache(mut self, dir: &Path) -> Self {
        self.base_cache = Some(dir.to_owned());
        self
    }

    /// All images, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn images(&self) -> Result<Vec<StoredImage>, Error> {
        let names = self.names()?;
        let dir = self.dir.join("images");
        let mut images = Vec::new();
        for entry in fs::read_dir(&dir).map_err(|cause| failed(&dir, cause))? {
            let path = entry.map_err(|cause| failed(&dir, cause))?.path();
            // Drafts of an interrupted write begin with a dot.
            if path.extension().is_some_and(|extension| extension == "json") {
                images.push(self.image(&path, &names)?);
            }
        }
        images.sort_by(|one, other| {
            other.created.cmp(&one.created).then_with(|| one.digest.cmp(&other.digest))
        });
        Ok(images)
    }

    /// The image of a name; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn find(&self, reference: &ImageReference) -> Result<Option<StoredImage>, Error> {
        let names = self.names()?;
        let Some(digest) = digest_of(&names, reference) else { return Ok(None) };
        self.image(&self.entry_path(&digest), &names).map(Some)
    }

    /// Gives an image one more name: `docker tag`.
    ///
    /// # Errors
    /// [`Error::NoSuchImage`], [`Error::Storage`].
    pub fn tag(&self, from: &ImageReference, to: &ImageReference) -> Result<(), Error> {
        let mut names = self.names()?;
        let digest = digest_of(&names, from);
        let digest = digest.ok_or_else(|| Error::NoSuchImage(Box::new(from.clone())))?;
        drop(names.insert(key(to), digest));
        self.write_names(&names)
    }

    pub(super) fn base_cache(&self) -> Option<&Path> {
        self.base_cache.as_deref()
    }

    /// A new file for a blob whose digest is not known yet.
    pub(super) fn draft(&self) -> Result<NamedTempFile, Error> {
        let dir = self.dir.join("blobs");
        NamedTempFile::new_in(&dir).map_err(|cause| failed(&dir, cause))
    }

    /// Gives a finished blob its name; answers where it is.
    pub(super) fn keep(&self, draft: NamedTempFile, digest: &Digest) -> Result<PathBuf, Error> {
        let path = self.blob_path(digest);
        drop(draft.persist(&path).map_err(|error| failed(&path, error.error))?);
        Ok(path)
    }

    /// Takes an image up under `names`.
    pub(super) fn add(
        &self,
        image: &FullImage,
        config: &[u8],
        names: &[ImageReference],
    ) -> Result<(), Error> {
        self.write(&self.blob_path(&image.content.config.digest), config)?;
        self.write(&self.blob_path(&image.manifest.digest), &image.manifest.bytes)?;
        let layers = image.sources.iter().skip(1).map(|source| match source {
            BlobSource::Image(image) => Some(image.to_string()),
            BlobSource::File(_) | BlobSource::Memory(_) => None,
        });
        let entry = Entry {
            media_type: image.manifest.media_type.clone(),
            digest: image.manifest.digest.clone(),
            layers: layers.collect(),
            record: image.record.clone(),
        };
        self.write_json(&self.entry_path(&image.manifest.digest), &entry)?;
        let mut known = self.names()?;
        known.extend(names.iter().map(|name| (key(name), image.manifest.digest.clone())));
        self.write_names(&known)
    }

    /// All that is needed to push the image of a name.
    pub(super) fn full(&self, reference: &ImageReference) -> Result<FullImage, Error> {
        let missing = || Error::NoSuchImage(Box::new(reference.clone()));
        let digest = digest_of(&self.names()?, reference).ok_or_else(missing)?;
        let entry: Entry = self.read_json(&self.entry_path(&digest))?;
        let path = self.blob_path(&digest);
        let bytes = fs::read(&path).map_err(|cause| failed(&path, cause))?;
        let manifest = Manifest::new(entry.media_type, bytes);
        let Ok(Content::Image(content)) = manifest.content() else {
            return Err(Error::Internal(format!("{} is no manifest", path.display())));
        };
        let mut sources = vec![BlobSource::File(self.blob_path(&content.config.digest))];
        for (layer, from) in content.layers.iter().zip(entry.layers) {
            sources.push(match from {
                None => BlobSource::File(self.blob_path(&layer.digest)),
                Some(name) => BlobSource::Image(
                    name.parse()
                        .map_err(|error| Error::Internal(format!("{}: {error}", path.display())))?,
                ),
            });
        }
        Ok(FullImage { manifest, content, sources, record: entry.record })
    }

    /// Writes the record of an image anew: it was pushed.
    pub(super) fn set_record(&self, record: &ImageRecord) -> Result<(), Error> {
        let path = self.entry_path(&record.digest);
        let mut entry: Entry = self.read_json(&path)?;
        entry.record = record.clone();
        self.write_json(&path, &entry)
    }

    fn image(&self, path: &Path, names: &BTreeMap<String, Digest>) -> Result<StoredImage, Error> {
        let entry: Entry = self.read_json(path)?;
        let manifest: ImageManifest = self.read_json(&self.blob_path(&entry.digest))?;
        let config: serde_json::Value = self.read_json(&self.blob_path(&manifest.config.digest))?;
        let created = config.get("created").and_then(|created| created.as_str());
        let names = names.iter().filter(|(_, digest)| **digest == entry.digest);
        Ok(StoredImage {
            id: manifest.config.digest.clone(),
            names: names.filter_map(|(name, _)| name.parse().ok()).collect(),
            created: created
                .and_then(|text| text.parse().ok())
                .unwrap_or(Timestamp::from_millis(0)),
            size: size_of(&manifest),
            config,
            digest: entry.digest,
            record: entry.record,
        })
    }

    fn names(&self) -> Result<BTreeMap<String, Digest>, Error> {
        let path = self.dir.join("names.json");
        if path.exists() { self.read_json(&path) } else { Ok(BTreeMap::new()) }
    }

    fn write_names(&self, names: &BTreeMap<String, Digest>) -> Result<(), Error> {
        self.write_json(&self.dir.join("names.json"), names)
    }

    fn entry_path(&self, digest: &Digest) -> PathBuf {
        self.dir.join("images").join(format!("{}.json", digest.hex()))
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.dir.join("blobs").join(digest.hex())
    }

    fn read_json<T: for<'a> Deserialize<'a>>(&self, path: &Path) -> Result<T, Error> {
        let text = files::read_text(path, TEXT_LIMIT).map_err(|cause| failed(path, cause))?;
        serde_json::from_str(&text).map_err(|error| failed(path, error.into()))
    }

    fn write_json(&self, path: &Path, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_vec(value).map_err(|error| failed(path, error.into()))?;
        self.write(path, &text)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        // After a power cut the job is gone, and its store with it.
        files::write_private(path, bytes, Durability::Process).map_err(|cause| failed(path, cause))
    }
}

/// Bytes of config and compressed layers.
pub(super) fn size_of(manifest: &ImageManifest) -> u64 {
    manifest.config.size + manifest.layers.iter().map(|layer| layer.size).sum::<u64>()
}

/// The name under which a reference is kept: with its tag written out.
fn key(reference: &ImageReference) -> String {
    format!("{}:{}", reference.name(), reference.tag.as_deref().unwrap_or("latest"))
}

/// By name, or by digest when the reference has one.
fn digest_of(names: &BTreeMap<String, Digest>, reference: &ImageReference) -> Option<Digest> {
    match &reference.digest {
        None => names.get(&key(reference)).cloned(),
        Some(digest) => {
            let start = format!("{}:", reference.name());
            let mut of_name = names.iter().filter(|(name, _)| name.starts_with(&start));
            of_name.find(|(_, found)| *found == digest).map(|(_, found)| found.clone())
        }
    }
}

fn failed(path: &Path, cause: io::Error) -> Error {
    Error::Storage { what: format!("{} could not be used", path.display()), cause }
}
