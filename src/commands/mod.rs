//! What a job or a person can ask for: one file for each command, with its arguments and what
//! it does. The same code runs in the person's own process and, for a job, in the driver.
//!
//! A command sees files as contents, the environment as a map and the caller as a value; it
//! never opens a path of the caller, prints, or asks who is calling.

mod abort;
mod build;
mod bundle;
mod call;
mod caller;
mod console;
mod credentials;
mod deploy;
mod docker;
mod doctor;
mod ecs_cli;
mod execute;
mod gc;
mod identity;
mod materials;
mod migrate;
mod plan;
mod promote;
mod release;
mod release_all;
mod render;
mod replay;
mod rollback;
mod scale;
mod second_chance;
mod status;
mod task;
mod verify;

pub use abort::AbortArgs;
pub use build::BuildArgs;
pub use bundle::{Bundle, ContextTar, FileContent, NO_TMPDIR};
pub use call::Call;
pub use caller::{Caller, JobSeat, RightsOf};
pub use console::{Console, Records};
pub use credentials::collect as collect_logins;
pub use deploy::DeployArgs;
pub use docker::{
    DockerBuildArgs, DockerCall, FormatArgs, ImagesArgs, InspectArgs, LoginArgs, LogoutArgs,
    ManifestAction, ManifestArgs, PullArgs, PushArgs, TagArgs,
};
pub use doctor::{DoctorArgs, doctor};
pub use ecs_cli::{
    BalancerOptions, ComposeAction, ComposeArgs, ComposeOptions, DiscoveryOptions, EcrImageArgs,
    EcsCliCall, ManagedTags, PsOptions, RemoveOptions, ScaleOptions, ServiceAction, ServiceArgs,
    StartOptions, TaskOptions, TaskRunOptions, TaskScaleOptions, TaskUpOptions, TasksLeft,
    UpOptions, WaitOptions, look_after_tasks, tasks_were_under_way,
};
pub use execute::{execute, execute_for_job};
pub use gc::GcArgs;
pub use identity::IdentityArgs;
pub use materials::{Files, Materials};
pub use migrate::{MigrateArgs, migrate};
pub use plan::{PlanArgs, Planned};
pub use promote::PromoteArgs;
pub use release::{
    BringArgs, ChangeArgs, ImageArgs, PlaceArgs, QueueArgs, Resolve, SameSideArgs, Side,
};
pub use release_all::ReleaseArgs;
pub use render::RenderArgs;
pub use replay::{Audience, LONGEST_COUNTS, ReplayArgs, replay};
pub use rollback::RollbackArgs;
pub use scale::{ScaleArgs, SideCount, SideCountError};
pub use second_chance::{SecondChance, Silent, take_back, was_under_way};
pub use status::StatusArgs;
pub use task::{TaskAction, TaskArgs, TaskRunArgs};
pub use verify::VerifyArgs;
