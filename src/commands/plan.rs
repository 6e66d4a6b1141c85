//! `plan`: what a command would do, what it waits for, and where each value comes from.

use super::abort::{self, AbortArgs};
use super::deploy::{Order, Prepared, prepare};
use super::release::{
    BringArgs, ChangeArgs, Declared, ImageArgs, PlaceArgs, QueueArgs, Report, Side, judging,
    tell_course, tell_expected, tell_place, tell_preview, tell_services, tell_source,
};
use super::rollback::{self, RollbackArgs};
use super::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Goal, OlderRule, Outcome, OutcomeKind};
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
    /// When somebody else is under way.
    #[command(flatten)]
    pub queue: QueueArgs,
    /// A plan of rollback: to this commit or revision
    #[arg(long, value_name = "COMMIT|REVISION", conflicts_with = "image")]
    pub to: Option<String>,
    /// Plan a commit although a newer one runs
    #[arg(long)]
    pub allow_older: bool,
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
    if args.to.is_some() && args.goal != Some(Planned::Rollback) {
        return Err(Failure::new(Exit::Usage, "--to is for `plan rollback`"));
    }
    let goal = match args.goal {
        None => args.service.unwrap_or(Side::Full).goal(),
        Some(Planned::Canary) => Goal::Canary,
        Some(Planned::Full) => Goal::Full,
        Some(Planned::Promote) => Goal::Promote,
        Some(Planned::Release) => Goal::Release,
        Some(Planned::Abort) => {
            tell_place(&Declared::read(&args.place, bundle, caller)?, console);
            let args = AbortArgs { place: args.place.clone(), change, wait: args.queue.wait };
            return Ok(planned(abort::execute(&args, bundle, caller, console).await?));
        }
        Some(Planned::Rollback) => {
            let (service, place) = (args.service, args.place.clone());
            let (to, image) = (args.to.clone(), args.image.image.clone());
            tell_place(&Declared::read(&place, bundle, caller)?, console);
            let args = RollbackArgs { to, image, service, place, change };
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
        queue: args.queue.clone(),
    };
    let older = if args.allow_older { OlderRule::Warn } else { OlderRule::Refuse };
    let order = Order { goal, bring: &bring, older };
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
    tell_place(declared, console);
    if let Some(value) = &image.value {
        tell_source(console, "image", &value.to_string(), &image.by);
    }
    tell_services(&declared.file, wanted, console);
    tell_course(&declared.file, wanted, console);
    tell_source(console, "deadline", &deadline.value.to_string(), &deadline.by);
}
