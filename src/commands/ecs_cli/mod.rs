//! By the name `ecs-cli`: the same files and options, released by our loop. An option that is
//! accepted and cannot be honoured is refused by its name.

mod args;
mod balancer;
mod containers;
mod images;
mod log_groups;
mod order;
mod project;
mod project_tasks;
mod refuse;
mod registry_creds;
mod run_request;
mod scene;
mod service;
mod service_args;
mod task_note;
mod task_token;
mod task_wait;
mod tasks;
mod tasks_left;

pub use args::{
    ComposeAction, ComposeArgs, ComposeOptions, EcsCliCall, ManagedTags, PsOptions, TaskOptions,
    TaskRunOptions, TaskScaleOptions, TaskUpOptions,
};
pub use images::EcrImageArgs;
pub use service_args::{
    BalancerOptions, DiscoveryOptions, RemoveOptions, ScaleOptions, ServiceAction, ServiceArgs,
    StartOptions, UpOptions, WaitOptions,
};

pub use task_note::tasks_were_under_way;
pub use tasks_left::{TasksLeft, look_after_tasks};

use super::materials::Gathering;
use super::release::{Report, gather_project};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;

/// Before the job's id in `startedBy` of a task.
const STARTED_BY: &str = "ecs-canary/";

/// `startedBy` of the tasks that a job starts.
fn started_by(job: u64) -> String {
    format!("{STARTED_BY}{job}")
}

impl EcsCliCall {
    pub(super) fn gather(&self, gathering: &mut Gathering<'_>) {
        let Self::Compose(compose) = self else { return };
        let options = project::with_variables(&compose.options, gathering.variables);
        let names = project::candidates(&options);
        let there: Vec<String> =
            names.into_iter().filter(|name| gathering.text(name).is_some()).collect();
        let (start, end) = registry_creds::USUAL;
        let creds = options.registry_creds.clone().or_else(|| gathering.last(start, end));
        drop(creds.and_then(|creds| gathering.text(&creds)));
        let exists = |name: &str| there.iter().any(|known| known == name);
        let project = project::project(&options, gathering.directory(), &exists);
        gather_project(gathering, &project);
    }

    pub(super) async fn execute(
        &self,
        bundle: &Bundle,
        caller: &Caller,
        console: Console<'_>,
    ) -> Result<Report, Failure> {
        let compose = match self {
            Self::Compose(compose) => compose,
            Self::Push(args) => {
                return Ok(images::transfer(args, images::Way::Push, caller, console)
                    .await?
                    .into());
            }
            Self::Pull(args) => {
                return Ok(images::transfer(args, images::Way::Pull, caller, console)
                    .await?
                    .into());
            }
        };
        let ended = compose.carry_out(bundle, caller, console).await;
        task_note::end(caller);
        ended
    }
}

impl ComposeArgs {
    async fn carry_out(
        &self,
        bundle: &Bundle,
        caller: &Caller,
        console: Console<'_>,
    ) -> Result<Report, Failure> {
        let compose = self;
        let options = project::with_variables(&compose.options, &caller.variables);
        refuse::options(&options)?;
        let scene = scene::Scene { options: &options, bundle, caller, console };
        match &compose.action {
            ComposeAction::Create(task) => scene.register(task).await,
            ComposeAction::Up(up) => scene.run_up(up).await,
            ComposeAction::Start(up) => {
                let up = TaskUpOptions { force_update: false, ..up.clone() };
                scene.run_up(&up).await
            }
            ComposeAction::Run(run) => scene.run_once(run).await,
            ComposeAction::Stop => scene.stop_tasks().await,
            ComposeAction::Scale(scale) => scene.scale_tasks(scale).await,
            ComposeAction::Ps(ps) => scene.list_tasks(ps).await,
            ComposeAction::Service(ServiceArgs { action }) => match action {
                ServiceAction::Up(up) => scene.bring(up, order::Start::Up).await,
                ServiceAction::Create(up) => scene.bring(up, order::Start::Create).await,
                ServiceAction::Start(start) => scene.start(start).await,
                ServiceAction::Stop(wait) => scene.stop(wait).await,
                ServiceAction::Scale(scale) => scene.scale(scale).await,
                ServiceAction::Rm(remove) => scene.remove(remove).await,
                ServiceAction::Ps(ps) => scene.list(ps).await,
            },
        }
    }
}
