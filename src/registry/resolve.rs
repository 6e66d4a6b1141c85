//! What a reference stands for right now.

use super::client::Client;
use super::fault::broken;
use super::manifest::{Content, ImageManifest, Platform};
use crate::model::{CallError, ImageReference};
use crate::ports::{Registry, ResolvedImage, ResolvedPlatform};

const OPERATION: &str = "registry: resolve";
/// Image configs have a few kilobytes; long histories make them tens of kilobytes.
pub const CONFIG_LIMIT: usize = 8 * 1024 * 1024;

impl Registry for Client {
    async fn resolve(&self, reference: &ImageReference) -> Result<ResolvedImage, CallError> {
        let manifest = self.manifest(reference).await?;
        let content = manifest.content();
        let content = content.map_err(|why| broken(OPERATION, &reference.registry, &why))?;
        let platforms = match content {
            Content::Index(entries) => entries
                .into_iter()
                .filter(|entry| entry.is_image())
                .filter_map(|entry| Some((entry.platform?, entry.descriptor.digest)))
                .map(|(platform, digest)| resolved(platform, digest))
                .collect(),
            Content::Image(image) => {
                let platform = self.platform_of(reference, &image).await?;
                vec![resolved(platform, manifest.digest.clone())]
            }
        };
        Ok(ResolvedImage { image: reference.pinned(manifest.digest), platforms })
    }
}

impl Client {
    async fn platform_of(
        &self,
        reference: &ImageReference,
        image: &ImageManifest,
    ) -> Result<Platform, CallError> {
        let config = self.blob(reference, &image.config, CONFIG_LIMIT).await?;
        serde_json::from_slice(&config).map_err(|error| {
            broken(OPERATION, &reference.registry, &format!("image config: {error}"))
        })
    }
}

fn resolved(platform: Platform, digest: crate::model::Digest) -> ResolvedPlatform {
    ResolvedPlatform { os: platform.os, architecture: platform.architecture, digest }
}
