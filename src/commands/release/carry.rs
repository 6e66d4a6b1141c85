//! Carrying a wish out, with its deadline and its records.

use super::args::ChangeArgs;
use super::said::{Said, flag_or_variable};
use super::{Declared, tell_expected, tell_preview};
use crate::apply;
use crate::aws::AwsCloud;
use crate::commands::{Caller, Console, second_chance};
use crate::config::yaml;
use crate::failure::{Exit, Failure};
use crate::model::{Outcome, OutcomeKind, StepRecord, Timestamp, Wanted};
use crate::ports::Clock as _;
use std::time::Duration;

/// Sets the deadline.
const DEADLINE_VARIABLE: &str = "ECS_CANARY_DEADLINE";
/// When nobody says how long and no job ends: twice what the slowest rolling deployment that
/// we know of takes.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(60 * 60);
/// What is left of a job's time for its after_script and artifacts.
const RESERVE: Duration = Duration::from_secs(120);

/// How a release ended, and what was done.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Report {
    /// How.
    pub(in crate::commands) outcome: Outcome,
    /// What; `None` for a command that changes no service.
    pub(in crate::commands) steps: Option<Vec<StepRecord>>,
}

impl From<Outcome> for Report {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, steps: None }
    }
}

/// Carries it out, or only shows it.
pub(in crate::commands) async fn carry_out(
    wanted: &Wanted,
    args: &ChangeArgs,
    cloud: &AwsCloud,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    if args.dry_run {
        let at = tell_preview(wanted, cloud, caller, console).await?;
        if let Some(judging) = &wanted.course.judging {
            tell_expected(judging, wanted, (cloud, at), console).await;
        }
        return Ok(Outcome::new(OutcomeKind::NoChange)
            .because("nothing was changed: --dry-run")
            .into());
    }
    second_chance::note(wanted, cloud, caller, console);
    let ended = apply::run(cloud, &caller.clock, &console.reporter, console.cancel, wanted).await;
    if !ended.leaves_canary {
        second_chance::forget(caller);
    }
    Ok(Report { outcome: ended.outcome, steps: Some(ended.steps) })
}

/// Until when, by the caller's clock: as said, but never longer than the job itself.
pub(in crate::commands) fn deadline(
    args: &ChangeArgs,
    declared: Option<&Declared>,
    caller: &Caller,
) -> Result<Said<Timestamp>, Failure> {
    let now = caller.clock.now();
    let variable = (DEADLINE_VARIABLE, caller.variable(DEADLINE_VARIABLE));
    let said = match flag_or_variable(("--deadline", args.deadline.as_deref()), variable) {
        Some(said) => Some(read(said)?),
        None => declared.and_then(|declared| declared.file.deadline.as_ref().map(Said::at)),
    };
    let job = caller.job_ends.map(|ends| {
        // The clock has just been started: it still agrees with the wall.
        let left = ends.since(now);
        let usable = left.saturating_sub(RESERVE).max(left / 2);
        now.after(usable.mul_f64(caller.speed()))
    });
    Ok(match (said, job) {
        (Some(said), Some(job)) if now.after(said.value) > job => {
            Said::new(job, "the job's timeout, which is shorter")
        }
        (Some(said), _) => said.map(|said| now.after(said)),
        (None, Some(job)) => Said::new(job, "the job's timeout, less a reserve"),
        (None, None) => Said::new(now.after(DEFAULT_DEADLINE), "default"),
    })
}

fn read(said: Said<String>) -> Result<Said<Duration>, Failure> {
    match yaml::duration(&said.value) {
        Some(duration) if !duration.is_zero() => Ok(said.map(|_| duration)),
        _ => Err(Failure::new(
            Exit::Usage,
            format!("{}: \"{}\" is no duration such as 55m or 90s", said.by, said.value),
        )),
    }
}
