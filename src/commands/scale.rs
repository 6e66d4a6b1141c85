//! `scale full=3 canary=1`: desired counts, and nothing else.

use super::release::{
    ChangeArgs, Declared, PlaceArgs, Report, Side, Sides, bare, carry_out, connect, deadline,
    wanted,
};
use super::{Bundle, Caller, Console};
use crate::config::ReleaseService;
use crate::failure::{Exit, Failure};
use crate::model::{CountRule, Finding, Goal};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Arguments of `scale`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ScaleArgs {
    /// full=N, canary=N
    #[arg(required = true, value_name = "SIDE=N")]
    pub counts: Vec<SideCount>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// `full=3`: how many tasks a side gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideCount {
    /// Which side.
    pub side: Side,
    /// How many tasks.
    pub count: u32,
}

/// The text is not `full=N` or `canary=N`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("full=N or canary=N is wanted, N a whole number of tasks")]
pub struct SideCountError;

impl FromStr for SideCount {
    type Err = SideCountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (side, count) = text.split_once('=').ok_or(SideCountError)?;
        let side = match side {
            "full" => Side::Full,
            "canary" => Side::Canary,
            _ => return Err(SideCountError),
        };
        Ok(Self { side, count: count.parse().map_err(|_| SideCountError)? })
    }
}

pub(super) async fn execute(
    args: &ScaleArgs,
    bundle: &Bundle,
    caller: &Caller,
    console: Console<'_>,
) -> Result<Report, Failure> {
    let declared = Declared::read(&args.place, bundle, caller)?;
    let mut sides = Sides::default();
    for SideCount { side, count } in &args.counts {
        let (place, service) = match side {
            Side::Full => (&mut sides.full, declared.file.full()),
            Side::Canary => (&mut sides.canary, declared.file.canary()),
        };
        let service: Result<&ReleaseService, Finding> = service;
        let service = service.map_err(|finding| Failure::findings(Exit::File, vec![finding]))?;
        *place = Some(bare(service, CountRule::Always(*count)));
    }
    let deadline = deadline(&args.change, Some(&declared), caller)?;
    let cloud = connect(&declared, caller).await?;
    let wanted = wanted(Goal::Scale, sides, &declared, deadline.value, caller)?;
    carry_out(&wanted, &args.change, &cloud, caller, console).await
}
