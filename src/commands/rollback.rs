//! `rollback`.

use super::release_args::{ChangeArgs, PlaceArgs, Side};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `rollback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct RollbackArgs {
    /// Go back to this commit or revision; to the last release that succeeded when left out
    #[arg(long, value_name = "COMMIT|REVISION")]
    pub to: Option<String>,
    /// Only this service
    #[arg(long, value_enum)]
    pub service: Option<Side>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// How.
    #[command(flatten)]
    pub change: ChangeArgs,
}
