//! Image registries, as far as a release needs them.

use crate::model::{CallError, Digest, ImageReference, PinnedImage};

/// What a reference stands for right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedImage {
    /// The bytes: manifest or index.
    pub image: PinnedImage,
    /// Platforms; one entry for a plain manifest.
    pub platforms: Vec<ResolvedPlatform>,
}

/// One platform of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPlatform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, ...
    pub architecture: String,
    /// Its manifest.
    pub digest: Digest,
}

/// A registry reader.
#[expect(async_fn_in_trait, reason = "one current-thread runtime: no Send bound is wanted")]
pub trait Registry {
    /// Reads what `reference` stands for. `NotFound` when it stands for nothing.
    async fn resolve(&self, reference: &ImageReference) -> Result<ResolvedImage, CallError>;
}
