//! `docker tag`, `push`, `pull` and `manifest inspect`.

use super::{ManifestAction, ManifestArgs, PullArgs, PushArgs, TagArgs, reference};
use crate::build;
use crate::commands::{Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Event, ImageReference, Outcome, OutcomeKind};
use crate::ports::Registry as _;
use serde_json::json;

pub(super) fn tag(args: &TagArgs, caller: &Caller) -> Result<(), Failure> {
    let (source, target) = (reference(&args.source)?, reference(&args.target)?);
    Ok(caller.store()?.tag(&source, &target)?)
}

/// Pushes one name, or all of its repository.
pub(super) async fn push(
    args: &PushArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let (store, client) = (caller.store()?, caller.registry());
    let wanted = reference(&args.name)?;
    let names = if args.all_tags { all_names(caller, &wanted)? } else { vec![wanted] };
    let mut image = None;
    for name in &names {
        let record = build::push(&store, &client, name, console.reporter, console.cancel).await?;
        // The line that scripts look for.
        let tag = name.tag.as_deref().unwrap_or("latest");
        let text = if args.quiet {
            name.to_string()
        } else {
            format!("{tag}: digest: {}", record.digest.as_str())
        };
        console.reporter.emit(Event::Output { text });
        image = Some(record.image.to_string());
    }
    Ok(Outcome { image, ..Outcome::new(OutcomeKind::Succeeded) })
}

fn all_names(caller: &Caller, wanted: &ImageReference) -> Result<Vec<ImageReference>, Failure> {
    let images = caller.store()?.images()?;
    let names = images.into_iter().flat_map(|image| image.names);
    let names: Vec<_> = names.filter(|name| name.name() == wanted.name()).collect();
    if names.is_empty() {
        Err(build::Error::NoSuchImage(Box::new(wanted.clone())).into())
    } else {
        Ok(names)
    }
}

pub(super) async fn pull(
    args: &PullArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let (store, client) = (caller.store()?, caller.registry());
    let name = reference(&args.name)?;
    let platform = args.platform.as_deref();
    let record = build::pull(&store, &client, &name, platform, console.cancel).await?;
    let text = if args.quiet {
        name.to_string()
    } else {
        format!("Digest: {}\n{name}", record.digest.as_str())
    };
    console.reporter.emit(Event::Output { text });
    let image = Some(record.image.to_string());
    Ok(Outcome { image, ..Outcome::new(OutcomeKind::Succeeded) })
}

/// Says what a name stands for in its registry.
pub(super) async fn manifest(
    args: &ManifestArgs,
    caller: &Caller,
    console: Console<'_>,
) -> Result<(), Failure> {
    let ManifestAction::Inspect { name } = &args.action;
    let reference = reference(name)?;
    let found = caller.registry().resolve(&reference).await.map_err(|error| {
        let missing = error.kind == crate::model::CallErrorKind::NotFound;
        let failure = Failure::from(error);
        if missing {
            Failure::new(Exit::BuildFailed, format!("no such manifest: {name}"))
        } else {
            failure
        }
    })?;
    let platforms: Vec<_> = found
        .platforms
        .iter()
        .map(|platform| {
            json!({
                "digest": platform.digest.as_str(),
                "platform": {"architecture": platform.architecture, "os": platform.os},
            })
        })
        .collect();
    let shown = json!({"digest": found.image.digest().as_str(), "manifests": platforms});
    console.reporter.emit(Event::Output { text: format!("{shown:#}") });
    Ok(())
}
