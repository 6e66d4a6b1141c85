//! `status`: what the services run.

use super::release_args::{PlaceArgs, Side};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct StatusArgs {
    /// Only this service
    #[arg(long, value_enum)]
    pub service: Option<Side>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}
