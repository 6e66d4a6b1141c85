//! `gc --releases`: takes back what a release left whose runner died. For a scheduled job.

use super::release::{
    ChangeArgs, Declared, PlaceArgs, Report, Sides, carry_out, connect, deadline, wanted,
};
use super::{Bundle, Caller, Console};
use crate::failure::{Exit, Failure};
use crate::model::Goal;
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `gc`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct GcArgs {
    /// Take back the canary of a release whose job died and whose lease ended
    #[arg(long, required = true)]
    pub releases: bool,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
}

pub(super) async fn execute(
    args: &GcArgs,
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
    let wanted = wanted(Goal::Reap, sides, &declared, deadline.value, caller)?;
    carry_out(&wanted, &args.change, &cloud, caller, console).await
}
