//! `promote`: the full service goes to what the canary runs.

use super::deploy::{Order, prepare};
use super::release::{BringArgs, Report, SameSideArgs, Side, carry_out};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;
use crate::model::{Goal, OlderRule};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `promote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PromoteArgs {
    /// The service that it ends at: the full one.
    #[command(flatten)]
    pub same: SameSideArgs,
    /// Where, what and how.
    #[command(flatten)]
    pub bring: BringArgs,
}

pub(super) async fn execute(
    args: &PromoteArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    args.same.is(Side::Full, "promote")?;
    let order = Order { goal: Goal::Promote, bring: &args.bring, older: OlderRule::Refuse };
    let prepared = prepare(&order, bundle, caller, console).await?;
    carry_out(&prepared.wanted, &args.bring.change, &prepared.cloud, caller, console).await
}
