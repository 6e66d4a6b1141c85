//! `replay`: the judge on counts of the past.

mod cells;
mod counts_file;
mod csv;
mod healthy;
mod judged;
mod metrics;
mod window;

use super::FileContent;
use super::bundle;
use super::release::PlaceArgs;
use crate::failure::{self, Failure};
use crate::judge::{Phi, Policy, Rate, Ratio};
use crate::model::{Outcome, OutcomeKind};
use crate::ports::Reporter;
use clap::Args;
use serde::{Deserialize, Serialize};

pub(super) use window::execute;

/// Bytes of the longest file of counts: some ten million minutes, which take twice as much memory.
pub const LONGEST_COUNTS: u64 = 256 << 20;

/// Arguments of `replay`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ReplayArgs {
    /// Counts by minute: sequence,minute,canary_requests,canary_bad,baseline_requests,baseline_bad
    /// and perhaps metric; sequence may be left out
    #[arg(long, value_name = "FILE.csv", required_unless_present = "from")]
    pub counts: Option<String>,
    /// Counts from CloudWatch by the release file's judge, since a time (2026-11-28T10:00:00Z) or
    /// so long ago (7d)
    #[arg(long, value_name = "TIME", conflicts_with = "counts")]
    pub from: Option<String>,
    /// Until then [default: now]
    #[arg(long, value_name = "TIME", requires = "from")]
    pub to: Option<String>,
    /// Where, with --from.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How often would this policy have stopped a version that is no different? Draws SHARE of
    /// the baseline's requests as the canary's, hour by hour [default: 10%]
    #[arg(
        long,
        value_name = "SHARE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10%"
    )]
    pub aa: Option<Rate>,
    /// The limits.
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// The limits of the judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Policy (docs/judge.md)")]
pub struct PolicyArgs {
    /// Bad: surely more than so many times the baseline's rate [default: 1.5] ...
    #[arg(long, value_name = "TIMES")]
    pub ratio: Option<Ratio>,
    /// ... and surely above this rate [default: 0.2%]
    #[arg(long, value_name = "RATE")]
    pub floor: Option<Rate>,
    /// Bad in any case: surely above this rate [default: 10%]
    #[arg(long, value_name = "RATE")]
    pub hard: Option<Rate>,
    /// Healthy: surely less than so many times the baseline's rate [default: 3] ...
    #[arg(long, value_name = "TIMES")]
    pub accept_ratio: Option<Ratio>,
    /// ... or surely below this rate [default: 1%]
    #[arg(long, value_name = "RATE")]
    pub accept_rate: Option<Rate>,
    /// How often a version that is not worse may be called bad [default: 5%]
    #[arg(long, value_name = "RATE")]
    pub alpha: Option<Rate>,
    /// How often a bad version may be called healthy [default: 5%]
    #[arg(long, value_name = "RATE")]
    pub beta: Option<Rate>,
    /// Nothing is called healthy earlier [default: 5]
    #[arg(long, value_name = "MINUTES")]
    pub min_minutes: Option<u32>,
    /// Nothing is called healthy with fewer canary requests [default: 50]
    #[arg(long, value_name = "N")]
    pub min_requests: Option<u64>,
    /// How much errors come in bursts: a number from 1, or auto, measured at the baseline before
    /// the canary's first request [default: auto]
    #[arg(long, value_name = "FIXED|auto")]
    pub phi: Option<Phi>,
}

impl PolicyArgs {
    /// `usual` where nothing else is said.
    fn over(&self, usual: Policy) -> Policy {
        Policy {
            ratio: self.ratio.unwrap_or(usual.ratio),
            floor: self.floor.unwrap_or(usual.floor),
            hard: self.hard.unwrap_or(usual.hard),
            accept_ratio: self.accept_ratio.unwrap_or(usual.accept_ratio),
            accept_rate: self.accept_rate.unwrap_or(usual.accept_rate),
            alpha: self.alpha.unwrap_or(usual.alpha),
            beta: self.beta.unwrap_or(usual.beta),
            min_minutes: self.min_minutes.unwrap_or(usual.min_minutes),
            min_requests: self.min_requests.unwrap_or(usual.min_requests),
            phi: self.phi.unwrap_or(usual.phi),
            comparison: usual.comparison,
        }
    }
}

/// Whether a person reads what stands beside the lines of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Each verdict is said in words, too.
    Person,
    /// Nothing but the lines.
    Program,
}

/// Judges the counts in `content`, the file that `args` names, and prints a line of JSON for
/// each minute. Ends well whatever the verdict is.
///
/// # Errors
/// The file cannot be read, or is no such table.
pub fn replay(
    args: &ReplayArgs,
    content: &FileContent,
    audience: Audience,
    reporter: &impl Reporter,
) -> Result<Outcome, Failure> {
    let hint = "Name a CSV file of counts: ecs-canary replay --counts FILE.";
    let name = args.counts.as_deref().unwrap_or_default();
    let text = content.text(name)?.ok_or_else(|| bundle::missing(name, hint))?;
    let counts = counts_file::read(name, text)?;
    let policy = args.policy.over(Policy::default());
    let words = match args.aa {
        Some(share) => vec![healthy::tell(&counts, &policy, share, reporter)],
        None => {
            let ends = judged::tell(&counts, &policy, reporter);
            match audience {
                Audience::Person => judged::in_words(&counts, &policy, &ends),
                Audience::Program => Vec::new(),
            }
        }
    };
    if audience == Audience::Person {
        words.into_iter().for_each(|event| reporter.emit(event));
    }
    Ok(failure::finish(Outcome::new(OutcomeKind::Succeeded)))
}
