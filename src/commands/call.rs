//! The commands with their arguments, as they travel to whoever carries them out.

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

/// One command. Its arguments are read by the command line and sent as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Subcommand)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Build the image of a Dockerfile and push it
    Build(BuildArgs),
    /// Release to one side: canary or full
    Deploy(DeployArgs),
    /// Go back to an earlier release
    Rollback(RollbackArgs),
    /// Change how many tasks the services have
    Scale(ScaleArgs),
    /// Show what a deploy would do, and where each value comes from
    Plan(DeployArgs),
    /// Show the services: revisions, commits, digests, tasks
    Status(StatusArgs),
}

/// A service of the release file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The canary service
    Canary,
    /// The full service
    Full,
}

/// Arguments that all release commands share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ReleaseArgs {
    /// The release file
    #[arg(long, short, value_name = "PATH")]
    pub file: Option<String>,
    /// The image, with its digest
    #[arg(long, value_name = "REPO@sha256:...")]
    pub image: Option<String>,
    /// The ECS cluster
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Give up waiting after this time, such as 55m
    #[arg(long, value_name = "TIME")]
    pub deadline: Option<String>,
    /// Show what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `build`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct BuildArgs {
    /// The build context
    #[arg(value_name = "CONTEXT", default_value = ".")]
    pub context: String,
    /// The Dockerfile; CONTEXT/Dockerfile when left out
    #[arg(long, short, value_name = "PATH")]
    pub file: Option<String>,
    /// Where to push; $CI_REGISTRY_IMAGE with the Git tag or short commit when left out
    #[arg(long, short, value_name = "REPO:TAG")]
    pub tag: Vec<String>,
    /// Build without pushing
    #[arg(long)]
    pub no_push: bool,
    /// A value for an ARG of the Dockerfile; the environment's when only the key is given
    #[arg(long, value_name = "KEY=VALUE")]
    pub build_arg: Vec<String>,
    /// The platform of the image
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub target: Option<String>,
}

/// Arguments of `deploy` and `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct DeployArgs {
    /// Which side
    #[arg(value_enum)]
    pub side: Side,
    /// What all release commands take.
    #[command(flatten)]
    pub release: ReleaseArgs,
}

/// Arguments of `rollback`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct RollbackArgs {
    /// A commit or a revision; the last good release when left out
    #[arg(long, value_name = "COMMIT|REVISION")]
    pub to: Option<String>,
    /// What all release commands take.
    #[command(flatten)]
    pub release: ReleaseArgs,
}

/// Arguments of `scale`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct ScaleArgs {
    /// full=N, canary=N
    #[arg(required = true, value_name = "SIDE=N")]
    pub counts: Vec<String>,
    /// What all release commands take.
    #[command(flatten)]
    pub release: ReleaseArgs,
}

/// Arguments of `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct StatusArgs {
    /// What all release commands take.
    #[command(flatten)]
    pub release: ReleaseArgs,
}
