//! `release`: canary, hold, share by share, full, in one job.

use super::deploy::{Order, prepare};
use super::release::{ChangeArgs, ImageArgs, PlaceArgs, QueueArgs, Report, carry_out};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;
use crate::model::{Goal, OlderRule};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `release`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ReleaseArgs {
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// When another release is under way.
    #[command(flatten)]
    pub queue: QueueArgs,
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
    let order = Order {
        goal: Goal::Release,
        place: &args.place,
        image: &args.image,
        change: &args.change,
        queue: &args.queue,
        older: if args.allow_older { OlderRule::Warn } else { OlderRule::Refuse },
    };
    let prepared = prepare(&order, bundle, caller, console).await?;
    carry_out(&prepared.wanted, &args.change, &prepared.cloud, caller, console).await
}
