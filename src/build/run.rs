//! The build itself.

use super::{Checked, Context, Error, ImageRecord, Store};
use crate::model::ImageReference;
use crate::ports::{Cancel, Reporter};
use crate::registry::Client;

/// Builds; pushes when the request says so, else keeps the image in the store.
///
/// # Errors
/// See [`Error`]; `Cancelled` within a second of being asked.
pub async fn run(
    checked: &Checked,
    context: Context,
    client: &Client,
    store: &Store,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<ImageRecord, Error> {
    let _ = (checked, context, client, store, reporter, cancel);
    Err(Error::Internal("not written yet".to_owned()))
}

/// Pushes an image of the store: `docker push`.
///
/// # Errors
/// See [`Error`].
pub async fn push(
    store: &Store,
    client: &Client,
    reference: &ImageReference,
    reporter: &dyn Reporter,
    cancel: &Cancel,
) -> Result<ImageRecord, Error> {
    let _ = (store, client, reporter, cancel);
    Err(Error::NoSuchImage(Box::new(reference.clone())))
}

/// Takes note of an image in a registry, so that it can be inspected, tagged and pushed
/// elsewhere: `docker pull`. Layers stay where they are.
///
/// # Errors
/// See [`Error`].
pub async fn pull(
    store: &Store,
    client: &Client,
    reference: &ImageReference,
    platform: Option<&str>,
    cancel: &Cancel,
) -> Result<ImageRecord, Error> {
    let _ = (store, client, platform, cancel);
    Err(Error::NoSuchImage(Box::new(reference.clone())))
}
