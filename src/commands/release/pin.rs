//! Every container's image by its digest.

use super::args::Resolve;
use super::{Chosen, Project};
use crate::commands::{Bundle, Caller, Console};
use crate::compose::{ContainerImage, Translated};
use crate::failure::{Exit, Failure};
use crate::model::{CallErrorKind, Event, Finding, ImageReference, Location, TaskImage};
use crate::ports::Registry as _;
use crate::taskdef;
use std::collections::BTreeMap;

/// How images are pinned.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Pinning<'a> {
    pub(in crate::commands) project: &'a Project,
    /// The container that carries the release, where it is named, and that place.
    pub(in crate::commands) container: Option<(String, Option<Location>)>,
    pub(in crate::commands) chosen: &'a Chosen,
    pub(in crate::commands) resolve: Resolve,
}

/// A translated project without tags in it.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Pinned {
    pub(in crate::commands) translated: Translated,
    /// The container that carries the release, where it is clear.
    pub(in crate::commands) container: Option<String>,
    /// Its image as people write it.
    pub(in crate::commands) written: Option<String>,
}

impl Pinned {
    /// The image of the container that carries the release.
    pub(in crate::commands) fn image(&self) -> Option<TaskImage> {
        let text = self.translated.task.image(self.container.as_deref()?)?;
        Some(match text.parse() {
            Ok(image) => TaskImage::Pinned(image),
            Err(_) => TaskImage::Unresolved(text.to_owned()),
        })
    }
}

impl Pinning<'_> {
    /// Finds what is wrong in the files, without asking anybody.
    pub(in crate::commands) fn check(
        &self,
        bundle: &Bundle,
        caller: &Caller,
    ) -> Result<(), Failure> {
        self.as_written(bundle, caller).map(drop)
    }

    /// The project with its images as they are written: to look, not to release.
    pub(in crate::commands) fn as_written(
        &self,
        bundle: &Bundle,
        caller: &Caller,
    ) -> Result<Pinned, Failure> {
        let given = self.chosen.image.clone().map(TaskImage::Pinned);
        let translated = first_look(self, given.as_ref(), bundle, caller)?;
        let container = release_container(self, &translated, given.as_ref())?;
        Ok(Pinned { translated, container, written: None })
    }
}

/// Translates the project with every image pinned.
pub(in crate::commands) async fn pin(
    pinning: &Pinning<'_>,
    held: Option<&TaskImage>,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Pinned, Failure> {
    let given = held.cloned().or_else(|| pinning.chosen.image.clone().map(TaskImage::Pinned));
    let first = first_look(pinning, given.as_ref(), bundle, caller)?;
    let container = release_container(pinning, &first, given.as_ref())?;
    let mut images = BTreeMap::new();
    let mut wrong = Vec::new();
    for image in &first.images {
        let of_release = container.as_ref() == Some(&image.container);
        let pinned = match (&given, of_release, pinning.resolve) {
            (Some(given), true, _) => given.clone(),
            (_, _, Resolve::Off) => as_tag(image, console),
            (_, _, Resolve::On) => {
                let (pinned, platforms) = resolve(image, caller, console).await?;
                let fits = taskdef::runs_on(&first.task, &image.written, &platforms);
                wrong.extend(fits.err().map(|finding| finding.located(&image.at)));
                pinned
            }
        };
        drop(images.insert(image.container.clone(), pinned));
    }
    let translated = pinning.project.translate(bundle, caller, images, Some(console))?;
    if !wrong.is_empty() {
        return Err(Failure::findings(Exit::File, wrong));
    }
    let of_release = first.images.iter().find(|image| container.as_ref() == Some(&image.container));
    let written = match &given {
        Some(_) => pinning.chosen.written.clone(),
        None => of_release.map(|image| image.written.clone()),
    };
    Ok(Pinned { translated, container, written })
}

/// The containers and their images. An image that is given need not be readable in the file:
/// in a branch pipeline `$CI_COMMIT_TAG` is not set.
fn first_look(
    pinning: &Pinning<'_>,
    given: Option<&TaskImage>,
    bundle: &Bundle,
    caller: &Caller,
) -> Result<Translated, Failure> {
    let images = match (&pinning.container, given) {
        (Some((container, _)), Some(given)) => BTreeMap::from([(container.clone(), given.clone())]),
        _ => BTreeMap::new(),
    };
    pinning.project.translate(bundle, caller, images, None)
}

/// The named container, the only one, or the only one with an image of the given repository.
fn release_container(
    pinning: &Pinning<'_>,
    first: &Translated,
    given: Option<&TaskImage>,
) -> Result<Option<String>, Failure> {
    let names = || first.images.iter().map(|image| image.container.as_str());
    if let Some((wanted, at)) = &pinning.container {
        if names().any(|name| name == wanted) {
            return Ok(Some(wanted.clone()));
        }
        let known: Vec<&str> = names().collect();
        let message = format!("there is no container \"{wanted}\" in the compose file");
        let finding = Finding::error(message).hint(format!("It has: {}.", known.join(", ")));
        let finding = at.as_ref().map_or(finding.clone(), |at| finding.located(at));
        return Err(Failure::findings(Exit::File, vec![finding]));
    }
    if let [only] = first.images.as_slice() {
        return Ok(Some(only.container.clone()));
    }
    let Some(TaskImage::Pinned(given)) = given else { return Ok(None) };
    let of_repository = |image: &&ContainerImage| {
        let written = image.written.parse::<ImageReference>();
        written.is_ok_and(|written| written.name() == given.repository())
    };
    let mut found = first.images.iter().filter(of_repository);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(Some(only.container.clone())),
        _ => Err(Failure::new(
            Exit::File,
            format!("several containers, and none is named to carry {given}"),
        )
        .hint("add `container: {name: ...}` to the release file")),
    }
}

/// The image as it is written. Whoever reads the log shall know that another image may run
/// under this name tomorrow.
fn as_tag(image: &ContainerImage, console: Console<'_>) -> TaskImage {
    if !image.written.contains("@sha256:") {
        let message = format!("bytes not pinned: image {} goes as a tag", image.written);
        let finding = Finding::warning(message).located(&image.at);
        let finding = finding.hint("--resolve off, or ECS_CANARY_RESOLVE=off, is set.");
        console.reporter.emit(Event::Finding { finding });
    }
    TaskImage::Unresolved(image.written.clone())
}

/// The image by its digest, and its platforms, where its registry was asked.
async fn resolve(
    image: &ContainerImage,
    caller: &Caller,
    console: Console<'_>,
) -> Result<(TaskImage, Vec<String>), Failure> {
    let at = |message: String| Finding::error(message).located(&image.at);
    let reference: ImageReference = image.written.parse().map_err(|error| {
        let finding = at(format!("{error}")).hint("Is a variable in it empty?");
        Failure::findings(Exit::File, vec![finding])
    })?;
    if let Some(digest) = &reference.digest {
        return Ok((TaskImage::Pinned(reference.pinned(digest.clone())), Vec::new()));
    }
    let found = tokio::select! {
        found = async { caller.registry().resolve(&reference).await } => found,
        () = console.cancel.reached(1) => {
            return Err(Failure::new(Exit::Cancelled, "cancelled before anything was changed"));
        }
    };
    match found {
        Ok(found) => {
            let text = format!("{} is {}", image.written, found.image.digest().short());
            console.reporter.emit(Event::fact("image", text));
            let platforms = found.platforms.iter();
            let platforms = platforms.map(|one| format!("{}/{}", one.os, one.architecture));
            Ok((TaskImage::Pinned(found.image), platforms.collect()))
        }
        Err(error) if error.kind == CallErrorKind::NotFound => {
            let finding = at(format!("image {} does not exist", image.written))
                .hint("Was it built and pushed? `ecs-canary build` comes before a deploy.");
            Err(Failure::findings(Exit::File, vec![finding]))
        }
        Err(error) => {
            let place = image.at.to_string();
            Err(Failure::from(error).while_doing(&format!("{place}: image {}", image.written)))
        }
    }
}
