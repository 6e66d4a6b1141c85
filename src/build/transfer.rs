//! `docker push` and `docker pull`: images of the store to a registry, and images of a registry
//! into the store, without their layers.

use super::error::Error;
use super::image_config::ImageConfig;
use super::platform;
use super::push::push_image;
use super::record::{ImageRecord, PlatformRecord};
use super::run::{or_cancelled, pinned, seconds_since, told};
use super::store::{FullImage, Store, size_of};
use crate::model::{CallError, Event, Finding, ImageReference};
use crate::ports::{Cancel, Reporter};
use crate::registry::{
    BlobSource, CONFIG_LIMIT, Client, Content, ImageManifest, Manifest, Platform,
};
use tokio::time::Instant;

/// Pushes an image of the store: `docker push`. Its record names the pushed repository.
///
/// # Errors
/// See [`Error`]; `Cancelled` within a second of being asked.
pub async fn push(
    store: &Store,
    client: &Client,
    reference: &ImageReference,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<ImageRecord, Error> {
    let begun = Instant::now();
    let image = store.full(reference)?;
    let targets = [reference.clone()];
    let pushed = or_cancelled(cancel, push_image(client, &image, &targets)).await?;
    let mut record = image.record;
    record.image = reference.pinned(image.manifest.digest);
    record.repository = reference.name();
    let tag = reference.tag.as_deref().unwrap_or("latest");
    record.tags = vec![format!("{}:{tag}", reference.name())];
    record.pushed_bytes = pushed.bytes;
    record.seconds = seconds_since(begun);
    store.set_record(&record)?;
    reporter.emit(Event::fact("image", format!("{} ({})", record.image, told(&pushed))));
    Ok(record)
}

/// Takes note of an image in a registry, so that it can be inspected, tagged and pushed
/// elsewhere: `docker pull`. Layers stay where they are.
///
/// # Errors
/// See [`Error`]; `Cancelled` within a second of being asked.
pub async fn pull(
    store: &Store,
    client: &Client,
    reference: &ImageReference,
    platform: Option<&str>,
    cancel: &Cancel,
) -> Result<ImageRecord, Error> {
    let wanted = match platform {
        Some(text) => platform::parse(text).map_err(|why| wrong(reference, &why))?,
        None => platform::of_this_host(),
    };
    let pulling = Pulling { store, client, reference, wanted, begun: Instant::now() };
    or_cancelled(cancel, pulling.run()).await
}

struct Pulling<'a> {
    store: &'a Store,
    client: &'a Client,
    reference: &'a ImageReference,
    wanted: Platform,
    begun: Instant,
}

impl Pulling<'_> {
    async fn run(&self) -> Result<ImageRecord, Error> {
        let manifest = self.manifest().await?;
        let Ok(Content::Image(content)) = manifest.content() else {
            return Err(wrong(self.reference, "its index leads to something that is no image"));
        };
        let config = self.client.blob(self.reference, &content.config, CONFIG_LIMIT).await;
        let config = config.map_err(|cause| failed(self.reference, cause))?;
        let there = BlobSource::Image(self.reference.clone());
        let mut sources = vec![BlobSource::Memory(config.clone())];
        sources.extend(content.layers.iter().map(|_| there.clone()));
        let record = self.record(&manifest, &content, &config)?;
        let image = FullImage { manifest, content, sources, record };
        self.store.add(&image, &config, std::slice::from_ref(self.reference))?;
        Ok(image.record)
    }

    async fn manifest(&self) -> Result<Manifest, Error> {
        let first = self.client.manifest(self.reference).await;
        let first = first.map_err(|cause| failed(self.reference, cause))?;
        let content = first.content().map_err(|why| wrong(self.reference, &why))?;
        let Content::Index(entries) = content else { return Ok(first) };
        let entry = platform::choose(&entries, &self.wanted).ok_or_else(|| {
            wrong(self.reference, &format!("not for {}", platform::shown(&self.wanted)))
        })?;
        let pinned = ImageReference {
            tag: None,
            digest: Some(entry.descriptor.digest.clone()),
            ..self.reference.clone()
        };
        self.client.manifest(&pinned).await.map_err(|cause| failed(self.reference, cause))
    }

    fn record(
        &self,
        manifest: &Manifest,
        content: &ImageManifest,
        config: &[u8],
    ) -> Result<ImageRecord, Error> {
        let config = ImageConfig::read(config).map_err(|why| wrong(self.reference, &why))?;
        let platform = config.platform();
        Ok(ImageRecord {
            image: pinned(&self.reference.name(), manifest)?,
            repository: self.reference.name(),
            digest: manifest.digest.clone(),
            tags: vec![self.reference.to_string()],
            platforms: vec![PlatformRecord {
                os: platform.os,
                architecture: platform.architecture,
                digest: manifest.digest.clone(),
                size: size_of(content),
            }],
            base: Vec::new(),
            pushed_bytes: 0,
            seconds: seconds_since(self.begun),
            commit: None,
            engine: "pulled".to_owned(),
        })
    }
}

fn failed(reference: &ImageReference, cause: CallError) -> Error {
    Error::registry(format!("{reference} could not be read"), cause)
}

fn wrong(reference: &ImageReference, why: &str) -> Error {
    Finding::error(format!("{reference}: {why}")).into()
}
