//! By the name `ecs-cli`: the same files and options, released by our loop. An option that is
//! accepted and cannot be honoured is refused by its name.

mod args;
mod balancer;
mod order;
mod project;
mod refuse;
mod service;

pub use args::{
    BalancerOptions, ComposeAction, ComposeArgs, ComposeOptions, DiscoveryOptions, EcsCliCall,
    PsOptions, RemoveOptions, ScaleOptions, ServiceAction, ServiceArgs, TaskOptions, UpOptions,
    WaitOptions,
};

use super::materials::Gathering;
use super::release::{Report, gather_project};
use super::{Bundle, Caller, Console};
use crate::failure::Failure;

impl EcsCliCall {
    pub(super) fn gather(&self, gathering: &mut Gathering<'_>) {
        let Self::Compose(compose) = self;
        if !compose.reads_files() {
            return;
        }
        let names = project::candidates(&compose.options);
        let there: Vec<String> =
            names.into_iter().filter(|name| gathering.text(name).is_some()).collect();
        let exists = |name: &str| there.iter().any(|known| known == name);
        let project = project::project(&compose.options, gathering.directory(), &exists);
        gather_project(gathering, &project);
    }

    pub(super) async fn execute(
        &self,
        bundle: &Bundle,
        caller: &Caller,
        console: Console<'_>,
    ) -> Result<Report, Failure> {
        let Self::Compose(compose) = self;
        refuse::options(&compose.options)?;
        let scene = service::Scene { options: &compose.options, bundle, caller, console };
        match &compose.action {
            ComposeAction::Create(task) => scene.register(task).await,
            ComposeAction::Service(ServiceArgs { action }) => match action {
                ServiceAction::Up(up) => scene.bring(up, order::Start::Up).await,
                ServiceAction::Create(up) => scene.bring(up, order::Start::Create).await,
                ServiceAction::Start(wait) => scene.start(wait).await,
                ServiceAction::Stop(wait) => scene.scale(0, wait).await,
                ServiceAction::Scale(scale) => scene.scale(scale.count, &scale.wait).await,
                ServiceAction::Rm(remove) => scene.remove(remove).await,
                ServiceAction::Ps(_) => scene.list().await,
            },
        }
    }
}

impl ComposeArgs {
    /// Counts and deletions need no file.
    fn reads_files(&self) -> bool {
        matches!(
            &self.action,
            ComposeAction::Create(_)
                | ComposeAction::Service(ServiceArgs {
                    action: ServiceAction::Up(_) | ServiceAction::Create(_)
                })
        )
    }
}
