//! `abort`: the canary is taken back. Needs no artifact and no compose file.

use super::release::{
    ChangeArgs, Declared, PlaceArgs, Report, Sides, carry_out, connect, deadline, wanted,
};
use super::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::{Goal, QueueRule};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `abort`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct AbortArgs {
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Wait for another release to end instead of giving up
    #[arg(long)]
    pub wait: bool,
}

pub(super) async fn execute(
    args: &AbortArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let declared = Declared::read(&args.place, bundle, caller)?;
    let canary = declared.tried_out();
    canary.map_err(|finding| Failure::findings(Exit::File, vec![finding]))?;
    let deadline = deadline(&args.change, Some(&declared), caller)?;
    let cloud = connect(&declared, caller).await?;
    let sides = Sides::by_name(&declared);
    let mut wanted = wanted(Goal::Abort, sides, &declared, deadline.value, caller)?;
    wanted.course.queue = if args.wait { QueueRule::Wait } else { QueueRule::Refuse };
    carry_out(&wanted, &args.change, &cloud, caller, console).await
}
