//! `release`: canary, hold, share by share, full, in one job.

use super::deploy::{Order, prepare};
use super::release::{BringArgs, Report, SameSideArgs, Side, carry_out};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;
use crate::model::{Goal, OlderRule};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `release`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ReleaseArgs {
    /// The service that it ends at: the full one.
    #[command(flatten)]
    pub same: SameSideArgs,
    /// Where, what and how.
    #[command(flatten)]
    pub bring: BringArgs,
    /// Release a commit although a newer one runs
    #[arg(long)]
    pub allow_older: bool,
}

pub(super) async fn execute(
    args: &ReleaseArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    args.same.is(Side::Full, "release")?;
    let order = Order {
        goal: Goal::Release,
        bring: &args.bring,
        older: if args.allow_older { OlderRule::Warn } else { OlderRule::Refuse },
    };
    let prepared = prepare(&order, bundle, caller, console).await?;
    carry_out(&prepared.wanted, &args.bring.change, &prepared.cloud, caller, console).await
}
