//! `plan`: what a deploy would do, and where each value comes from.

use super::deploy::{Order, Prepared, prepare};
use super::release::{
    ChangeArgs, ImageArgs, PlaceArgs, QueueArgs, Report, Side, judging, tell_expected, tell_preview,
};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;
use crate::model::{Event, OlderRule, Outcome, OutcomeKind};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PlanArgs {
    /// The side that would be released
    #[arg(
        long,
        value_enum,
        hide_possible_values = true,
        value_name = "canary|full",
        default_value = "full"
    )]
    pub service: Side,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
    /// How; a plan never changes anything.
    #[command(flatten)]
    pub change: ChangeArgs,
}

pub(super) async fn execute(
    args: &PlanArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let order = Order {
        goal: args.service.goal(),
        place: &args.place,
        image: &args.image,
        change: &args.change,
        queue: &QueueArgs::default(),
        older: OlderRule::Refuse,
    };
    let prepared = prepare(&order, bundle, caller, console).await?;
    tell_sources(&prepared, console);
    let at = tell_preview(&prepared.wanted, &prepared.cloud, caller, console).await?;
    if let Some(judging) = judging(&prepared.declared)? {
        tell_expected(&judging, &prepared.wanted, (&prepared.cloud, at), console).await;
    }
    Ok(Outcome::new(OutcomeKind::NoChange).because("this is a plan; nothing was changed").into())
}

fn tell_sources(prepared: &Prepared, console: Console<'_>) {
    let Prepared { declared, image, deadline, wanted, .. } = prepared;
    let tell = |label: &str, value: &str, by: &str| {
        console.reporter.emit(Event::fact(label, format!("{value}  ({by})")));
    };
    tell("file", &declared.name.value, &declared.name.by);
    tell("cluster", declared.cluster.value.as_str(), &declared.cluster.by);
    if let Some(region) = &declared.region {
        tell("region", &region.value, &region.by);
    }
    if let Some(value) = &image.value {
        tell("image", &value.to_string(), &image.by);
    }
    for service in wanted.full.iter().chain(&wanted.canary) {
        let file = &declared.file;
        let written = [&file.full, &file.canary].into_iter().flatten();
        let mut of_name = written.filter(|written| written.name.value == service.name);
        if let Some(written) = of_name.next() {
            tell("service", service.name.as_str(), &written.name.at.to_string());
        }
    }
    tell("deadline", &deadline.value.to_string(), &deadline.by);
}
