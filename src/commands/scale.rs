//! `scale full=3 canary=1`.

use super::release_args::{ChangeArgs, PlaceArgs, Side};
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
