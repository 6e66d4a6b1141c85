//! The commands, as they travel to whoever carries them out.

use super::abort::AbortArgs;
use super::build::BuildArgs;
use super::deploy::DeployArgs;
use super::docker::{self, DockerCall};
use super::ecs_cli::EcsCliCall;
use super::gc::GcArgs;
use super::identity::IdentityArgs;
use super::plan::PlanArgs;
use super::promote::PromoteArgs;
use super::release_all::ReleaseArgs;
use super::render::RenderArgs;
use super::replay::ReplayArgs;
use super::rollback::RollbackArgs;
use super::scale::ScaleArgs;
use super::status::StatusArgs;
use super::task::TaskArgs;
use super::verify::VerifyArgs;
use serde::{Deserialize, Serialize};

/// One command with its arguments, as the command line read them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// `build`
    Build(BuildArgs),
    /// `deploy canary`, `deploy full`
    Deploy(DeployArgs),
    /// `promote`
    Promote(PromoteArgs),
    /// `abort`
    Abort(AbortArgs),
    /// `release`
    Release(ReleaseArgs),
    /// `gc --releases`
    Gc(GcArgs),
    /// `rollback`
    Rollback(RollbackArgs),
    /// `scale`
    Scale(ScaleArgs),
    /// `task run`
    Task(TaskArgs),
    /// `plan`
    Plan(PlanArgs),
    /// `verify`
    Verify(VerifyArgs),
    /// `status`
    Status(StatusArgs),
    /// `render`
    Render(RenderArgs),
    /// `replay --from`
    Replay(Box<ReplayArgs>),
    /// By the name `docker`
    Docker(DockerCall),
    /// By the name `ecs-cli`
    EcsCli(Box<EcsCliCall>),
    /// `aws sts get-caller-identity`
    CallerIdentity(IdentityArgs),
}

impl Call {
    /// True when a good end says nothing of its own: commands that only answer, and those by
    /// the name of `docker` and `aws`.
    pub fn ends_silently(&self) -> bool {
        match self {
            Self::Status(_)
            | Self::Render(_)
            | Self::Replay(_)
            | Self::Docker(_)
            | Self::CallerIdentity(_) => true,
            Self::Build(_)
            | Self::Deploy(_)
            | Self::Promote(_)
            | Self::Abort(_)
            | Self::Release(_)
            | Self::Gc(_)
            | Self::Rollback(_)
            | Self::Scale(_)
            | Self::Task(_)
            | Self::Plan(_)
            | Self::Verify(_)
            | Self::EcsCli(_) => false,
        }
    }

    /// True when release.json and release.env say how it ended.
    pub(super) fn keeps_release_records(&self) -> bool {
        match self {
            Self::Deploy(args) => !args.bring.change.dry_run,
            Self::Promote(args) => !args.bring.change.dry_run,
            Self::Abort(args) => !args.change.dry_run,
            Self::Release(args) => !args.bring.change.dry_run,
            Self::Gc(args) => !args.change.dry_run,
            Self::Rollback(args) => !args.change.dry_run,
            Self::Scale(args) => !args.change.dry_run,
            // release.json tells of releases; a task before one must not stand in its place.
            Self::Task(_) => false,
            Self::Build(_)
            | Self::Plan(_)
            | Self::Verify(_)
            | Self::Status(_)
            | Self::Render(_)
            | Self::Replay(_)
            | Self::Docker(_)
            | Self::EcsCli(_)
            | Self::CallerIdentity(_) => false,
        }
    }

    /// Records that the caller wants at a path of its own, by their name.
    pub fn record_paths(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Docker(DockerCall::Build(args)) => docker::record_paths(args),
            _ => Vec::new(),
        }
    }
}
