//! `promote`: the full service goes to what the canary runs.

use super::deploy::{Order, prepare};
use super::release::{ChangeArgs, ImageArgs, PlaceArgs, QueueArgs, Report, carry_out};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;
use crate::model::{Goal, OlderRule};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `promote`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PromoteArgs {
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How tags are read.
    #[command(flatten)]
    pub image: ImageArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// When another release is under way.
    #[command(flatten)]
    pub queue: QueueArgs,
}

pub(super) async fn execute(
    args: &PromoteArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let order = Order {
        goal: Goal::Promote,
        place: &args.place,
        image: &args.image,
        change: &args.change,
        queue: &args.queue,
        older: OlderRule::Refuse,
    };
    let prepared = prepare(&order, bundle, caller, console).await?;
    carry_out(&prepared.wanted, &args.change, &prepared.cloud, caller, console).await
}
