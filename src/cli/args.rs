//! The commands of `ecs-canary` itself.

use super::view::ViewArgs;
use crate::commands::{BuildArgs, Call, DoctorArgs};
use clap::{Parser, Subcommand};

const OTHER_NAMES: &str = "\
GitLab Runner calls: config, prepare, run, cleanup (see runner-config/config.toml)
Other names, also as a first word: docker, ecs-cli, aws";

/// Build a job's container image and release it to Amazon ECS, canary first
#[derive(Debug, Parser)]
#[command(
    name = "ecs-canary",
    version,
    after_help = OTHER_NAMES,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// How results are shown.
    #[command(flatten)]
    pub view: ViewArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the image of a Dockerfile and push it
    #[command(
        after_help = "Example:\n  ecs-canary build --tag registry.example.com/group/app:1.4.0"
    )]
    Build(BuildArgs),
    /// Check that this host can run jobs
    #[command(after_help = "Example:\n  ecs-canary --config /etc/ecs-canary/config.toml doctor")]
    Doctor(DoctorArgs),
    /// Play the example's releases on a simulated cloud, on this machine
    #[cfg(feature = "demo")]
    #[command(after_help = "Example:\n  ecs-canary demo --yaml native --keep")]
    Demo(super::demo::DemoArgs),
}

impl Command {
    /// The call for those that travel; `None` for those of this process only.
    pub(super) fn into_work(self) -> super::parse::Work {
        use super::parse::Work;
        match self {
            Self::Build(args) => Work::Call(Call::Build(args)),
            Self::Doctor(args) => Work::Doctor(args),
            #[cfg(feature = "demo")]
            Self::Demo(args) => Work::Demo(args),
        }
    }
}
