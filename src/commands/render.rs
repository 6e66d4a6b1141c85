//! `render`: the requests that a deploy would send. Calls nobody.

use super::release_args::{ImageArgs, PlaceArgs, Side};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Arguments of `render`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct RenderArgs {
    /// The side whose requests are shown
    #[arg(long, value_enum, default_value = "full")]
    pub service: Side,
    /// Show the CreateService or UpdateService request too
    #[arg(long)]
    pub all: bool,
    /// What DescribeServices said of the service, as JSON; without it the service is new
    #[arg(long, value_name = "PATH")]
    pub live: Option<String>,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What.
    #[command(flatten)]
    pub image: ImageArgs,
}
