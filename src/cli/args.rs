//! The commands of `ecs-canary` itself.

use super::view::ViewArgs;
use crate::commands::{
    AbortArgs, BuildArgs, Call, DeployArgs, DoctorArgs, GcArgs, MigrateArgs, PlanArgs, PromoteArgs,
    ReleaseArgs, RenderArgs, ReplayArgs, RollbackArgs, ScaleArgs, StatusArgs, TaskArgs, VerifyArgs,
};
use clap::{Parser, Subcommand};

const OTHER_NAMES: &str = "\
GitLab Runner calls: config, prepare, run, cleanup (see runner-config/config.toml)
Other names, also as a first word: docker, ecs-cli, aws";

const VERIFY_HELP: &str = "\
Example:
  ecs-canary verify --json
Exit codes: 0 no check failed; 11 one failed; 50 or 51 none failed, and one could not be made
because access is denied or nobody answers";

/// Build a job's container image and release it to Amazon ECS, canary first
#[derive(Debug, Parser)]
#[command(
    name = "ecs-canary",
    version,
    after_help = OTHER_NAMES,
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
    /// Release to the canary service or to the full one
    #[command(
        after_help = "Example:\n  ecs-canary deploy canary\n  ecs-canary deploy full --deadline 30m"
    )]
    Deploy(DeployArgs),
    /// Bring the full service to what the canary runs
    #[command(after_help = "Example:\n  ecs-canary promote --wait")]
    Promote(PromoteArgs),
    /// Take the canary back
    #[command(after_help = "Example:\n  ecs-canary abort")]
    Abort(AbortArgs),
    /// Release canary first, hold it, and go on to the full service
    #[command(after_help = "Example:\n  ecs-canary release --deadline 50m")]
    Release(ReleaseArgs),
    /// Go back to the last release that succeeded, or to a named one
    #[command(after_help = "Example:\n  ecs-canary rollback\n  ecs-canary rollback --to 7be1d20c")]
    Rollback(RollbackArgs),
    /// Change how many tasks the services have, and nothing else
    #[command(after_help = "Example:\n  ecs-canary scale full=3 canary=1")]
    Scale(ScaleArgs),
    /// Run a command in one task of the new revision, before it is deployed
    #[command(after_help = "Example:\n  ecs-canary task run -- ./manage.py migrate")]
    Task(TaskArgs),
    /// Show what a command would do and wait for, and where each value comes from
    #[command(
        after_help = "Example:\n  ecs-canary plan --service canary\n  ecs-canary plan promote"
    )]
    Plan(PlanArgs),
    /// Check everything that a release needs, and change nothing
    #[command(after_help = VERIFY_HELP)]
    Verify(VerifyArgs),
    /// Show what the services run, how the release stands, and what comes next
    #[command(after_help = "Example:\n  ecs-canary status --json\n  ecs-canary status --watch")]
    Status(StatusArgs),
    /// Print the requests that a deploy would send; calls nobody
    #[command(after_help = "Example:\n  ecs-canary render --service canary --all")]
    Render(RenderArgs),
    /// Judge a canary of the past: by its counts, minute by minute
    #[command(
        after_help = "Example:\n  ecs-canary replay --counts counts.csv --ratio 2 --hard 5%\n  ecs-canary replay --from 7d --aa"
    )]
    Replay(ReplayArgs),
    /// Take back what a release left whose runner died; for a scheduled job
    #[command(after_help = "Example:\n  ecs-canary gc --releases")]
    Gc(GcArgs),
    /// Check that this host can run jobs
    #[command(after_help = "Example:\n  ecs-canary --config /etc/ecs-canary/config.toml doctor")]
    Doctor(DoctorArgs),
    /// Change a pipeline that installs Docker and ecs-cli into one for this executor
    #[command(
        after_help = "Example:\n  ecs-canary migrate .gitlab-ci.yml\n  ecs-canary migrate --native --write .gitlab-ci.yml"
    )]
    Migrate(MigrateArgs),
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
            Self::Deploy(args) => Work::Call(Call::Deploy(args)),
            Self::Promote(args) => Work::Call(Call::Promote(args)),
            Self::Abort(args) => Work::Call(Call::Abort(args)),
            Self::Release(args) => Work::Call(Call::Release(args)),
            Self::Rollback(args) => Work::Call(Call::Rollback(args)),
            Self::Scale(args) => Work::Call(Call::Scale(args)),
            Self::Task(args) => Work::Call(Call::Task(args)),
            Self::Plan(args) => Work::Call(Call::Plan(args)),
            Self::Verify(args) => Work::Call(Call::Verify(args)),
            Self::Status(args) => Work::Call(Call::Status(args)),
            Self::Render(args) => Work::Call(Call::Render(args)),
            // Numbers of CloudWatch are read with the job's rights, by whoever has them.
            Self::Replay(args) if args.from.is_some() => Work::Call(Call::Replay(Box::new(args))),
            Self::Replay(args) => Work::Replay(args),
            Self::Gc(args) => Work::Call(Call::Gc(args)),
            Self::Doctor(args) => Work::Doctor(args),
            Self::Migrate(args) => Work::Migrate(args),
            #[cfg(feature = "demo")]
            Self::Demo(args) => Work::Demo(args),
        }
    }
}
