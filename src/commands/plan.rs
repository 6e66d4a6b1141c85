//! `plan`: what a command would do, what it waits for, and where each value comes from.

use super::abort::{self, AbortArgs};
use super::deploy::{Order, Prepared, prepare};
use super::release::{
    BringArgs, ChangeArgs, ImageArgs, PlaceArgs, Report, Side, judging, tell_expected, tell_preview,
};
use super::rollback::{self, RollbackArgs};
use super::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Event, Goal, OlderRule, Outcome, OutcomeKind};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// Arguments of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PlanArgs {
    /// What would be done: canary, full, promote, release, abort or rollback [default: full]
    #[arg(value_enum, hide_possible_values = true, value_name = "GOAL")]
    pub goal: Option<Planned>,
    /// The side that would be released or rolled back
    #[arg(long, value_enum, hide_possible_values = true, value_name = "canary|full")]
    pub service: Option<Side>,
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

/// What can be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Planned {
    /// `deploy canary`
    Canary,
    /// `deploy full`
    Full,
    /// `promote`
    Promote,
    /// `release`
    Release,
    /// `abort`
    Abort,
    /// `rollback`
    Rollback,
}

pub(super) async fn execute(
    args: &PlanArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let change = ChangeArgs { dry_run: true, ..args.change.clone() };
    let goal = match args.goal {
        None => args.service.unwrap_or(Side::Full).goal(),
        Some(Planned::Canary) => Goal::Canary,
        Some(Planned::Full) => Goal::Full,
        Some(Planned::Promote) => Goal::Promote,
        Some(Planned::Release) => Goal::Release,
        Some(Planned::Abort) => {
            let args = AbortArgs { place: args.place.clone(), change, wait: false };
            return Ok(planned(abort::execute(&args, bundle, caller, console).await?));
        }
        Some(Planned::Rollback) => {
            let (service, place) = (args.service, args.place.clone());
            let image = args.image.image.clone();
            let args = RollbackArgs { to: None, image, service, place, change };
            let report = Box::pin(rollback::execute(&args, bundle, caller, console)).await?;
            return Ok(planned(report));
        }
    };
    if args.service.is_some_and(|side| args.goal.is_some() && side.goal() != goal) {
        let message = "--service names another service than the goal";
        return Err(Failure::new(Exit::Usage, message).hint("leave --service out"));
    }
    let bring = BringArgs {
        place: args.place.clone(),
        image: args.image.clone(),
        change: args.change.clone(),
        ..BringArgs::default()
    };
    let order = Order { goal, bring: &bring, older: OlderRule::Refuse };
    let prepared = prepare(&order, bundle, caller, console).await?;
    tell_sources(&prepared, console);
    let at = tell_preview(&prepared.wanted, &prepared.cloud, caller, console).await?;
    if let Some(judging) = judging(&prepared.declared)? {
        tell_expected(&judging, &prepared.wanted, (&prepared.cloud, at), console).await;
    }
    Ok(planned(Outcome::new(OutcomeKind::NoChange).into()))
}

fn planned(report: Report) -> Report {
    let outcome = report.outcome.because("this is a plan; nothing was changed");
    Report { outcome, ..report }
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
