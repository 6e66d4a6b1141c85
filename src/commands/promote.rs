//! `promote`: the full service goes to what the canary runs.

use super::deploy::{Order, prepare};
use super::release::{BringArgs, Report, carry_out};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;
use crate::model::{Goal, OlderRule};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `promote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PromoteArgs {
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
    let order = Order { goal: Goal::Promote, bring: &args.bring, older: OlderRule::Refuse };
    let prepared = prepare(&order, bundle, caller, console).await?;
    carry_out(&prepared.wanted, &args.bring.change, &prepared.cloud, caller, console).await
}
