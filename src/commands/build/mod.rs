//! `build`: the image of a Dockerfile, pushed, with its record.

mod access;
mod wish;

pub(super) use wish::{Origin, Wish};

use super::bundle::{ContextTar, NO_TMPDIR};
use super::{Bundle, Caller, Console};
use crate::build::{self, Checked, Context, ContextLimits, ImageRecord};
use crate::failure::{Exit, Failure};
use crate::model::{Event, Finding, Outcome, OutcomeKind};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Entries of one build context; a large repository with its dependencies has 300 000.
const CONTEXT_ENTRIES: usize = 2_000_000;

/// Arguments of `build`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct BuildArgs {
    /// The build context
    #[arg(value_name = "CONTEXT", default_value = ".")]
    pub context: String,
    /// The Dockerfile; CONTEXT/Dockerfile when left out
    #[arg(long, short, value_name = "PATH")]
    pub file: Option<String>,
    /// Where to push; may be given several times. When left out:
    /// $CI_REGISTRY_IMAGE with the Git tag or the short commit
    #[arg(long, short, value_name = "REPO:TAG")]
    pub tag: Vec<String>,
    /// Build without pushing
    #[arg(long)]
    pub no_push: bool,
    /// A value for an ARG of the Dockerfile; the environment's when only the key is given
    #[arg(long, value_name = "KEY=VALUE")]
    pub build_arg: Vec<String>,
    /// The platform of the image; this host's when left out
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
    /// Show what would be built and pushed, and do neither
    #[arg(long)]
    pub dry_run: bool,
}

impl BuildArgs {
    pub(super) fn wish(&self) -> Wish<'_> {
        Wish {
            context: &self.context,
            file: self.file.as_deref(),
            tags: &self.tag,
            build_args: &self.build_arg,
            platform: self.platform.as_deref(),
            target: self.target.as_deref(),
            push: !self.no_push,
            ..Wish::default()
        }
    }
}

/// Builds what was asked for.
pub(super) async fn execute(
    args: &BuildArgs,
    bundle: Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    if args.dry_run {
        return tell(&args.wish(), &bundle, caller, console);
    }
    let record = make(&args.wish(), bundle, caller, console).await?;
    if !args.no_push {
        console.records.record("image.json", record.json().into_bytes());
        console.records.record("image.env", record.image_env().into_bytes());
    }
    let commit = record.commit.as_ref().map(ToString::to_string);
    let image = Some(record.image.to_string());
    let done = if args.no_push { "built" } else { "built and pushed" };
    Ok(Outcome { image, commit, ..Outcome::new(OutcomeKind::Succeeded) }.because(done))
}

/// What would be built, by the Dockerfile alone: neither its base nor a registry is asked.
fn tell(
    wish: &Wish<'_>,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let checked = check(wish, bundle, caller)?;
    for finding in checked.findings() {
        console.reporter.emit(Event::Finding { finding: finding.clone() });
    }
    let (file, base, platform) = (wish.dockerfile(), checked.base(), checked.platform());
    console.reporter.emit(Event::fact("would", format!("build {file} for {platform} on {base}")));
    for tag in checked.request().tags.iter().filter(|_| wish.push) {
        console.reporter.emit(Event::fact("would", format!("push {tag}")));
    }
    Ok(Outcome::new(OutcomeKind::NoChange).because("nothing was built or pushed: --dry-run"))
}

/// Checks and builds; pushes when the wish says so.
pub(super) async fn make(
    wish: &Wish<'_>,
    mut bundle: Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<ImageRecord, Failure> {
    let checked = check(wish, &bundle, caller)?;
    for finding in checked.findings() {
        console.reporter.emit(Event::Finding { finding: finding.clone() });
    }
    let context = context(wish, bundle.take_context(), caller)?;
    let (client, store) = (caller.registry(), caller.store()?);
    let record =
        build::run(&checked, context, &client, &store, console.reporter, console.cancel).await?;
    Ok(record)
}

fn check(wish: &Wish<'_>, bundle: &Bundle, caller: &Caller) -> Result<Checked, Failure> {
    let name = wish.dockerfile();
    let text = bundle.text(&name, "Give it with --file, or name the directory that it is in.")?;
    let request = wish
        .request(text, &caller.origin())
        .map_err(|findings| Failure::findings(Exit::Usage, findings))?;
    build::check(request).map_err(|findings| Failure::findings(Exit::File, findings))
}

fn context(wish: &Wish<'_>, tar: Option<ContextTar>, caller: &Caller) -> Result<Context, Failure> {
    let limits =
        ContextLimits { bytes: caller.host.job.max_request_bytes, entries: CONTEXT_ENTRIES };
    match tar {
        Some(ContextTar::Packed(tar)) => Ok(Context::from_tar(tar, limits)?),
        // Packed on the caller's side, so only its words come here.
        Some(ContextTar::Unreadable(problem))
            if problem.contains("No space left on device") || problem.starts_with(NO_TMPDIR) =>
        {
            let text = format!("build context {} could not be packed: {problem}", wish.context);
            Err(Failure::new(Exit::Internal, text)
                .hint("TMPDIR has to name a directory with room for it"))
        }
        Some(ContextTar::Unreadable(problem)) => Err(Failure::findings(
            Exit::File,
            vec![
                Finding::error(format!("build context {}: {problem}", wish.context))
                    .hint("Name a directory that exists and can be read."),
            ],
        )),
        None => Err(Failure::new(Exit::Internal, "the request came without its build context")),
    }
}
