//! Everything that the demo simulates, started on loopback: the cloud, the project's registry, a mirror of docker.io,
//! GitLab, a runner. Writes the executor's host configuration. Stops with its value.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::cloud::{
    EXAMPLE_ACCESS_KEY, EXAMPLE_SECRET_KEY, RegistryLogin, SimCloud, SimCloudHandle, SimOptions,
};
use crate::gitlab::coordinator::{Coordinator, Options};
use crate::gitlab::payload::Variable;
use crate::gitlab::pipeline::{Project, ProjectVariable};
use crate::gitlab::runner::program_of::{RunnerProgram, Running};
use crate::gitlab::runner::{Executor, Settings, Waits};
use crate::registry::{Auth, RegistryHandle, RegistryOptions};

use super::options::{DemoError, DemoOptions};

/// The project's path.
pub(super) const PROJECT: &str = "group/app";
/// The token of the runner.
const RUNNER_TOKEN: &str = "glrt-demorunner0000001";
/// The tag that jobs name to get this runner.
const RUNNER_TAG: &str = "ecs";
/// The login with which the cloud's agent pulls: what `repositoryCredentials` of a task definition would hold.
const PULL_LOGIN: (&str, &str) = ("deploy-token", "pull-only-password");
/// The secret that holds that login, as the example's ecs-params name it.
const PULL_SECRET: &str =
    "arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:ecs-canary-poc2-1ax2py";

/// The simulated world.
#[derive(Debug)]
pub(super) struct World {
    /// AWS.
    pub(super) cloud: SimCloudHandle,
    /// GitLab.
    pub(super) gitlab: Coordinator,
    /// The project's registry.
    pub(super) registry: RegistryHandle,
    /// docker.io.
    mirror: RegistryHandle,
    runner: Option<Running>,
    folder: TempDir,
    /// More variables of the project.
    settings: Vec<Variable>,
}

impl World {
    /// Starts everything.
    pub(super) async fn start(options: &DemoOptions) -> Result<Self, DemoError> {
        let failed = |what| move |cause| DemoError::Start { what, cause };
        let (user, password) = (PULL_LOGIN.0.to_owned(), PULL_LOGIN.1.to_owned());
        let login = Some((user.clone(), password.clone()));
        let auth = Auth::Bearer { user, password, token_uses: 0, anonymous_pull: false };
        let registry =
            RegistryHandle::start(RegistryOptions { auth, ..RegistryOptions::default() })
                .await
                .map_err(failed("the registry"))?;
        let mirror = RegistryHandle::start(RegistryOptions::default())
            .await
            .map_err(failed("the mirror of docker.io"))?;
        mirror.seed_nginx();
        let registries =
            vec![RegistryLogin { host: registry.host(), address: registry.host(), login }];
        let sim = SimOptions {
            real_pulls: true,
            registries,
            secrets: Some(vec![PULL_SECRET.into()]),
            ..SimOptions::at_speed(options.speed)
        };
        let cloud = SimCloud::start(sim).await.map_err(failed("the simulated cloud"))?;
        let gitlab = Coordinator::start(Options::default()).await?;
        gitlab.register_runner(RUNNER_TOKEN, &[RUNNER_TAG]);
        let folder = TempDir::with_prefix("ecs-canary-demo").map_err(failed("a directory"))?;
        let mut world =
            Self { cloud, gitlab, registry, mirror, runner: None, folder, settings: Vec::new() };
        let config = world.write_host_config(options.speed).map_err(failed("the host's config"))?;
        let program =
            options.runner.clone().map_or(RunnerProgram::InProcess, RunnerProgram::Program);
        let settings = world.runner_settings(&options.executor, &config);
        world.runner = Some(program.start(settings, &world.folder.path().join("runner"))?);
        Ok(world)
    }

    /// The executor's configuration of this host, and the directories in it.
    fn write_host_config(&self, speed: f64) -> std::io::Result<PathBuf> {
        let (builds, cache) = (self.folder.path().join("builds"), self.folder.path().join("cache"));
        std::fs::create_dir(&builds)?;
        std::fs::create_dir(&cache)?;
        let quoted = |text: &str| serde_json::Value::String(text.into()).to_string();
        let path = |path: &Path| quoted(&path.display().to_string());
        let text = format!(
            "[job]\nbuilds_dir = {}\ncache_dir = {}\n\n\
             [aws]\nallow_endpoint_override = true\n\n\
             [registry]\nplain_http = [{}, {}]\nmirrors = {{ \"docker.io\" = [{}] }}\n\n\
             [simulation]\nclock_speed = {speed}\n",
            path(&builds),
            path(&cache),
            quoted(&self.registry.host()),
            quoted(&self.mirror.host()),
            quoted(&self.mirror.url()),
        );
        let file = self.folder.path().join("config.toml");
        std::fs::write(&file, text)?;
        Ok(file)
    }

    fn runner_settings(&self, executor: &Path, config: &Path) -> Settings {
        let config = config.display().to_string();
        let mut executor = Executor::of_program(executor, &["--config", &config]);
        executor.graceful_kill_timeout = Duration::from_secs(120);
        let mut settings = Settings::new(self.gitlab.url(), executor);
        settings.token = RUNNER_TOKEN.into();
        settings.name = "demo".into();
        settings.check_interval = Duration::from_millis(20);
        settings.waits = Waits { trace_update: Duration::from_secs(1), ..Waits::default() };
        settings
    }

    /// The project with its settings: the AWS key of the deployer, and where the simulated AWS is.
    pub(super) fn project(&self) -> Project {
        let setting = |variable: Variable| ProjectVariable { variable, protected: true };
        let keys = [
            ("AWS_ACCESS_KEY_ID", EXAMPLE_ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", EXAMPLE_SECRET_KEY),
            ("POC_AWS_ACCESS_KEY_ID", EXAMPLE_ACCESS_KEY),
            ("POC_AWS_SECRET_ACCESS_KEY", EXAMPLE_SECRET_KEY),
        ];
        let mut variables: Vec<ProjectVariable> =
            keys.iter().map(|(key, value)| setting(Variable::masked(key, *value))).collect();
        variables.push(setting(Variable::public("AWS_ENDPOINT_URL", &self.cloud.endpoint)));
        variables.extend(self.settings.iter().cloned().map(setting));
        Project {
            id: 42,
            path: PROJECT.into(),
            server_url: self.gitlab.url(),
            registry: self.registry.host(),
            variables,
        }
    }

    /// Gives the project one more variable.
    pub(super) fn set_variable(&mut self, key: &str, value: &str) {
        self.settings.push(Variable::public(key, value));
    }

    /// The tag that jobs of this world name.
    pub(super) fn runner_tag() -> &'static str {
        RUNNER_TAG
    }

    /// Ends the runner; the rest ends with the value.
    pub(super) async fn stop(mut self) -> Result<(), DemoError> {
        if let Some(runner) = self.runner.take() {
            runner.abort().await?;
        }
        Ok(())
    }
}
