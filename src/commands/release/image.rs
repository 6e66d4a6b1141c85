//! Which image is released.

use super::args::ImageArgs;
use super::said::flag_or_variable;
use crate::build::ImageRecord;
use crate::commands::{Bundle, Caller};
use crate::failure::{Exit, Failure};
use crate::model::{Finding, ImageRule, PinnedImage};

/// The record of a build of this pipeline, as an artifact in the working directory.
pub(super) const IMAGE_RECORD: &str = "image.json";
const IMAGE_VARIABLE: &str = "ECS_CANARY_IMAGE";

/// An image that was said, before the compose file's own is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Chosen {
    /// The image; `None` = the compose file's.
    pub(in crate::commands) image: Option<PinnedImage>,
    /// Its name with a tag, where one is known.
    pub(in crate::commands) written: Option<String>,
    /// Who said it.
    pub(in crate::commands) by: String,
    /// Whether an image that AWS holds for this commit goes before it.
    pub(in crate::commands) rule: ImageRule,
}

/// `--image`; else, where `held_first`, what AWS holds for this commit; else
/// `ECS_CANARY_IMAGE` and image.json; else the compose file's.
pub(in crate::commands) fn choose(
    args: &ImageArgs,
    held_first: bool,
    bundle: &Bundle,
    caller: &Caller,
) -> Result<Chosen, Failure> {
    let rule = if held_first { ImageRule::HeldFirst } else { ImageRule::AsGiven };
    let variable = (IMAGE_VARIABLE, caller.variable(IMAGE_VARIABLE));
    if let Some(said) = flag_or_variable(("--image", args.image.as_deref()), variable) {
        let image = said.value.parse::<PinnedImage>().map_err(|error| {
            Failure::new(Exit::Usage, format!("{}: {error}", said.by))
                .hint("a tag can be moved: take the digest from image.json or the registry")
        })?;
        // The variable is what image.env of a build sets: as weak as image.json.
        let rule = if said.by == "--image" { ImageRule::AsGiven } else { rule };
        return Ok(Chosen { image: Some(image), written: None, by: said.by, rule });
    }
    match record(bundle)? {
        Some(record) if belongs(&record, caller) => Ok(Chosen {
            written: record.tags.first().cloned(),
            image: Some(record.image),
            by: IMAGE_RECORD.to_owned(),
            rule,
        }),
        Some(_) | None => {
            Ok(Chosen { image: None, written: None, by: "the compose file".to_owned(), rule })
        }
    }
}

fn record(bundle: &Bundle) -> Result<Option<ImageRecord>, Failure> {
    let Some(text) = bundle.optional_text(IMAGE_RECORD)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        let finding = Finding::error(format!("no record of an image: {error}"))
            .at(IMAGE_RECORD, error.line(), error.column().max(1))
            .hint("Remove the file, or give the image with --image.");
        Failure::findings(Exit::File, vec![finding])
    })
}

/// A record that was left in a working directory by the build of another commit says nothing
/// of this one.
fn belongs(record: &ImageRecord, caller: &Caller) -> bool {
    match (&record.commit, &caller.identity.commit) {
        (Some(built), Some(wanted)) => built == wanted,
        _ => true,
    }
}
