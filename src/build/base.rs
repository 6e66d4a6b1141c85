//! The base image: which bytes FROM stands for, and its config. Its layers stay where they are.

use super::error::Error;
use super::image_config::ImageConfig;
use super::platform;
use super::record::BaseRecord;
use super::request::{Base, Checked};
use crate::model::{CallErrorKind, Digest, Finding, ImageReference};
use crate::registry::{CONFIG_LIMIT, Client, Content, ImageManifest, Manifest, media_type};

/// A base image.
#[derive(Debug)]
pub(super) struct BaseImage {
    /// As FROM names it.
    pub(super) reference: ImageReference,
    pub(super) record: BaseRecord,
    /// Of the platform's manifest: names the very files.
    pub(super) digest: Digest,
    pub(super) manifest: ImageManifest,
    pub(super) types: MediaTypes,
    pub(super) config: ImageConfig,
    /// Warnings.
    pub(super) findings: Vec<Finding>,
}

/// The names of things in a manifest: an image does not mix the two families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MediaTypes {
    pub(super) manifest: &'static str,
    pub(super) config: &'static str,
    pub(super) layer: &'static str,
}

pub(super) const OCI: MediaTypes = MediaTypes {
    manifest: media_type::OCI_MANIFEST,
    config: media_type::OCI_CONFIG,
    layer: media_type::OCI_LAYER_GZIP,
};

const DOCKER: MediaTypes = MediaTypes {
    manifest: media_type::DOCKER_MANIFEST,
    config: media_type::DOCKER_CONFIG,
    layer: media_type::DOCKER_LAYER_GZIP,
};

/// Asks the registry what FROM stands for; `None` for scratch.
pub(super) async fn base_image(
    checked: &Checked,
    client: &Client,
) -> Result<Option<BaseImage>, Error> {
    let Base::Image { reference, line } = &checked.base else { return Ok(None) };
    let reading = Reading { checked, client, reference, line: *line };
    let first = client.manifest(reference).await.map_err(|cause| reading.failed(cause))?;
    let whole = first.digest.clone();
    let manifest = reading.of_platform(first).await?;
    let Ok(Content::Image(image)) = manifest.content() else {
        return Err(reading.wrong("its index leads to something that is no image"));
    };
    let bytes = client.blob(reference, &image.config, CONFIG_LIMIT).await;
    let bytes = bytes.map_err(|cause| reading.failed(cause))?;
    let config = ImageConfig::read(&bytes).map_err(|why| reading.wrong(&why))?;
    let types = if manifest.media_type == media_type::DOCKER_MANIFEST { DOCKER } else { OCI };
    let base = BaseImage {
        reference: reference.as_ref().clone(),
        record: BaseRecord { reference: reference.to_string(), digest: whole },
        digest: manifest.digest,
        manifest: image,
        types,
        config,
        findings: Vec::new(),
    };
    reading.sound(base).map(Some)
}

struct Reading<'a> {
    checked: &'a Checked,
    client: &'a Client,
    reference: &'a ImageReference,
    line: usize,
}

impl Reading<'_> {
    fn file(&self) -> &str {
        &self.checked.request.dockerfile_name
    }

    fn failed(&self, cause: crate::model::CallError) -> Error {
        if cause.kind == CallErrorKind::NotFound {
            return Error::BaseMissing {
                file: self.file().to_owned(),
                line: self.line,
                reference: Box::new(self.reference.clone()),
                cause: Box::new(cause),
            };
        }
        let (file, line, reference) = (self.file(), self.line, self.reference);
        Error::registry(format!("{file}:{line}: base image {reference} could not be read"), cause)
    }

    fn wrong(&self, why: &str) -> Error {
        let message = format!("base image {}: {why}", self.reference);
        Finding::error(message).at(self.file(), self.line, 1).into()
    }

    /// The manifest for our platform, from an index or as it is.
    async fn of_platform(&self, first: Manifest) -> Result<Manifest, Error> {
        let content = first.content().map_err(|why| self.wrong(&why))?;
        let Content::Index(entries) = content else { return Ok(first) };
        let wanted = &self.checked.platform;
        let Some(entry) = platform::choose(&entries, wanted) else {
            let offered: Vec<String> = entries
                .iter()
                .filter(|entry| entry.is_image())
                .filter_map(|entry| entry.platform.as_ref().map(platform::shown))
                .collect();
            let why =
                format!("not for {}; there is {}", platform::shown(wanted), offered.join(", "));
            return Err(self.wrong(&why));
        };
        let pinned = ImageReference {
            tag: None,
            digest: Some(entry.descriptor.digest.clone()),
            ..self.reference.clone()
        };
        self.client.manifest(&pinned).await.map_err(|cause| self.failed(cause))
    }

    /// Refuses a base that would not give the image that docker makes of it.
    fn sound(&self, mut base: BaseImage) -> Result<BaseImage, Error> {
        if base.config.layers() != base.manifest.layers.len() {
            return Err(self.wrong("its manifest and its config disagree about its layers"));
        }
        let triggers = base.config.on_build();
        if let Some(first) = triggers.first() {
            let why = format!("it has ONBUILD instructions ({first}), which are not supported");
            return Err(self.wrong(&why));
        }
        let (found, wanted) = (base.config.platform(), &self.checked.platform);
        if !platform::fits(&found, wanted) {
            let (found, wanted) = (platform::shown(&found), platform::shown(wanted));
            let why = format!("it is for {found} only, not for {wanted}");
            if self.checked.platform_asked_for {
                return Err(self.wrong(&why));
            }
            let message = format!("base image {}: {why}; so is the image", self.reference);
            base.findings.push(Finding::warning(message).at(self.file(), self.line, 1));
        }
        Ok(base)
    }
}
