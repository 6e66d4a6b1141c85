//! Brings an image to a repository: what is there is skipped, what can be mounted is mounted,
//! the rest is sent, and what the tag stands for in the end is read back.

use super::error::Error;
use super::store::FullImage;
use crate::model::{CallError, CallErrorKind, ImageReference};
use crate::registry::{BlobPush, BlobSource, Client, Descriptor};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// Blobs that travel at the same time: enough to hide round trips, few enough to leave a
/// small host's line to others.
const AT_ONCE: usize = 4;

/// What a push did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pushed {
    /// Bytes sent, failed attempts included.
    pub(super) bytes: u64,
    pub(super) mounted: usize,
    pub(super) sent: usize,
    /// Every tag stood for the image already.
    pub(super) unchanged: bool,
}

/// Pushes an image under every one of `targets`.
pub(super) async fn push_image(
    client: &Client,
    image: &FullImage,
    targets: &[ImageReference],
) -> Result<Pushed, Error> {
    let before = client.sent_bytes();
    let mut pushed = Pushed { unchanged: true, ..Pushed::default() };
    let mut complete: Vec<String> = Vec::new();
    for target in targets {
        let target = with_tag(target);
        if stands_for(client, &target, image).await? {
            continue;
        }
        pushed.unchanged = false;
        // The blobs of a repository serve all its tags.
        if !complete.contains(&target.name()) {
            push_blobs(client, image, &target, &mut pushed).await?;
            complete.push(target.name());
        }
        let sent = client.push_manifest(&target, &image.manifest).await;
        let _how = sent.map_err(|cause| failed(&target, cause))?;
        confirm(client, &target, image).await?;
    }
    pushed.bytes = client.sent_bytes() - before;
    Ok(pushed)
}

/// One question spares all others when nothing changed.
async fn stands_for(
    client: &Client,
    target: &ImageReference,
    image: &FullImage,
) -> Result<bool, Error> {
    match client.manifest_at_origin(target).await {
        Ok(found) => Ok(found.digest == image.manifest.digest),
        // A tag that stands for something else, even for something unreadable, is replaced.
        Err(error) if matches!(error.kind, CallErrorKind::NotFound | CallErrorKind::Refused) => {
            Ok(false)
        }
        Err(cause) => Err(failed(target, cause)),
    }
}

async fn push_blobs(
    client: &Client,
    image: &FullImage,
    target: &ImageReference,
    pushed: &mut Pushed,
) -> Result<(), Error> {
    let descriptors = std::iter::once(&image.content.config).chain(&image.content.layers);
    let mut blobs: Vec<(&Descriptor, &BlobSource)> = descriptors.zip(&image.sources).collect();
    // The same layer may stand in an image twice; one upload is enough.
    blobs.sort_by(|one, other| one.0.digest.cmp(&other.0.digest));
    blobs.dedup_by(|one, other| one.0.digest == other.0.digest);
    let pushes = stream::iter(blobs)
        .map(|(descriptor, source)| client.push_blob(target, descriptor, source))
        .buffer_unordered(AT_ONCE);
    let ways: Vec<BlobPush> = pushes.try_collect().await.map_err(|cause| failed(target, cause))?;
    pushed.mounted += ways.iter().filter(|way| **way == BlobPush::Mounted).count();
    pushed.sent += ways.iter().filter(|way| **way == BlobPush::Sent).count();
    Ok(())
}

/// Reads back what the tag stands for now.
async fn confirm(client: &Client, target: &ImageReference, image: &FullImage) -> Result<(), Error> {
    let not_confirmed = |found: String| Error::NotConfirmed {
        reference: Box::new(target.clone()),
        wanted: image.manifest.digest.as_str().to_owned(),
        found,
    };
    match client.manifest_at_origin(target).await {
        Ok(found) if found.digest == image.manifest.digest => Ok(()),
        Ok(found) => Err(not_confirmed(found.digest.as_str().to_owned())),
        Err(error) => Err(not_confirmed(error.to_string())),
    }
}

fn with_tag(target: &ImageReference) -> ImageReference {
    let tag = target.tag.clone().unwrap_or_else(|| "latest".to_owned());
    ImageReference { tag: Some(tag), digest: None, ..target.clone() }
}

fn failed(target: &ImageReference, cause: CallError) -> Error {
    Error::registry(format!("{target} could not be pushed"), cause)
}
