//! The commands, as they travel to whoever carries them out.

use super::build::BuildArgs;
use super::deploy::{DeployArgs, PlanArgs};
use super::docker::DockerCall;
use super::ecs_cli::EcsCliCall;
use super::identity::IdentityArgs;
use super::render::RenderArgs;
use super::rollback::RollbackArgs;
use super::scale::ScaleArgs;
use super::status::StatusArgs;
use serde::{Deserialize, Serialize};

/// One command with its arguments, as the command line read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `build`
    Build(BuildArgs),
    /// `deploy canary`, `deploy full`
    Deploy(DeployArgs),
    /// `rollback`
    Rollback(RollbackArgs),
    /// `scale`
    Scale(ScaleArgs),
    /// `plan`
    Plan(PlanArgs),
    /// `status`
    Status(StatusArgs),
    /// `render`
    Render(RenderArgs),
    /// By the name `docker`
    Docker(DockerCall),
    /// By the name `ecs-cli`
    EcsCli(EcsCliCall),
    /// `aws sts get-caller-identity`
    CallerIdentity(IdentityArgs),
}
