//! `deploy canary` and `deploy full`.

use super::release_args::{ChangeArgs, ImageArgs, PlaceArgs, Side};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `deploy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct DeployArgs {
    /// canary: bring the canary service to the release; full: bring the full service to it
    #[arg(value_enum, hide_possible_values = true)]
    pub side: Side,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Release a commit although a newer one runs
    #[arg(long)]
    pub allow_older: bool,
}

/// Arguments of `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct PlanArgs {
    /// The side that would be released
    #[arg(long, value_enum, default_value = "full")]
    pub service: Side,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
}
