//! `status`: what the services run, how the release stands, and what a next command would do.

mod scaling;
mod stage;
mod standing;
mod verdict;
mod watch;

use super::release::{ChangeArgs, Declared, PlaceArgs, Side, Sides, connect, deadline, wanted};
use super::rollback::one_side;
use super::{Bundle, Caller, Console};
use crate::apply;
use crate::failure::{Exit, Failure};
use crate::model::{Event, Goal, Outcome, OutcomeKind, PinnedImage, RollbackTo, Wanted};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct StatusArgs {
    /// Only this service
    #[arg(long, value_enum, hide_possible_values = true, value_name = "canary|full")]
    pub service: Option<Side>,
    /// Say which services run this image
    #[arg(long, value_name = "REPO@sha256:...")]
    pub image: Option<String>,
    /// Go on, and print a line for each change, until it is ended or --deadline passes
    #[arg(long)]
    pub watch: bool,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// Of a status only the deadline of --watch counts; it never changes anything.
    #[command(flatten)]
    pub change: ChangeArgs,
}

pub(super) async fn execute(
    args: &StatusArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Outcome, Failure> {
    let image: Option<PinnedImage> = match &args.image {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|error| Failure::new(Exit::Usage, format!("--image {text}: {error}")))?,
        ),
    };
    let declared = Declared::read(&args.place, bundle, caller)?;
    let sides = one_side(Sides::by_name(&declared), args.service, &declared)?;
    let deadline = deadline(&args.change, Some(&declared), caller)?;
    let cloud = connect(&declared, caller).await?;
    let goal = Goal::Rollback(RollbackTo::LastGood);
    let wanted = wanted(goal, sides, &declared, deadline.value, caller)?;
    if args.watch {
        let ends = args.change.deadline.is_some();
        return watch::watch(&wanted, &cloud, caller, console, watch::Until { ends }).await;
    }
    let preview = tokio::select! {
        preview = apply::preview(&cloud, &caller.clock, &wanted) => preview?,
        () = console.cancel.reached(1) => {
            return Err(Failure::new(Exit::Cancelled, "cancelled"));
        }
    };
    if !preview.observed.cluster_found {
        return Err(no_cluster(&wanted));
    }
    let services = standing::services(&wanted, &preview.observed);
    if let Some(image) = image {
        let image = image.to_string();
        for service in &services {
            let runs = service.image.as_ref() == Some(&image);
            let verb = if runs { "runs" } else { "does not run" };
            console.reporter.emit(Event::fact("image", format!("{} {verb} it", service.service)));
        }
    }
    let mut release = standing::release(&wanted, &preview.observed, caller);
    verdict::add(&mut release, &declared, (&wanted, &preview.observed), &cloud).await;
    let release = Some(Box::new(release));
    console.reporter.emit(Event::Services { services, release });
    Ok(Outcome::new(OutcomeKind::Succeeded))
}

fn no_cluster(wanted: &Wanted) -> Failure {
    Failure::new(Exit::Preflight, format!("cluster {} does not exist", wanted.cluster))
        .hint("check its name, the region and the account")
}
