//! The custom executor: config, prepare, run and cleanup as programs, with their environment and files. One value for
//! each try to prepare. Never retries by itself.

use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::gitlab::payload::{Job, Variable};

use super::context::Context;
use super::environment;
use super::journal::{Journal, StageRecord, StageResult};
use super::log::Log;
use super::process::{self, End, Output, Program};
use super::settings::{ScriptStage, Settings, Stage};
use super::shell::StageName;
use super::verdict::{self, Failure};

/// The directories of a job, empty until the config stage answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directories {
    /// `builds_dir`.
    pub(crate) builds: String,
    /// The project's directory.
    pub(crate) project: String,
    /// The project's cache directory.
    pub(crate) cache: String,
}

/// What all tries of one job share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The runner's settings.
    pub(crate) settings: Arc<Settings>,
    /// The job.
    pub(crate) job: Arc<Job>,
    /// Its log.
    pub(crate) log: Arc<Log>,
    /// What was started.
    pub(crate) journal: Journal,
    /// When the job was picked up.
    pub(crate) picked_up: Instant,
}

/// One try.
#[derive(Debug)]
pub(crate) struct Executor {
    shared: Arc<Shared>,
    temp: PathBuf,
    job_env: Vec<(String, String)>,
}

/// What the config stage may answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    /// `builds_dir`.
    pub(crate) builds_dir: Option<String>,
    /// `cache_dir`.
    pub(crate) cache_dir: Option<String>,
    /// `builds_dir_is_shared`.
    pub(crate) builds_dir_is_shared: Option<bool>,
    /// Name for the log.
    pub(crate) hostname: Option<String>,
    /// The driver.
    driver: Option<Driver>,
    /// Environment of the later stages, without prefix.
    job_env: Option<Map<String, Value>>,
    /// Shell of the scripts.
    shell: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Driver {
    name: Option<String>,
    version: Option<String>,
}

impl Executor {
    /// A fresh working directory with the job's response file.
    pub(crate) fn new(shared: Arc<Shared>) -> Result<Self, Failure> {
        let parent = shared.settings.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
        let temp =
            fresh_directory(&parent, "custom-executor").map_err(system("temporary directory"))?;
        let mut text = serde_json::to_vec(&*shared.job)
            .map_err(|cause| Failure::System(format!("encoding job response file: {cause}")))?;
        text.push(b'\n');
        write_private(&temp.join("response.json"), &text, 0o600)
            .map_err(system("creating job response file"))?;
        Ok(Self { shared, temp, job_env: Vec::new() })
    }

    /// The config stage and its answer.
    pub(crate) async fn config(
        &mut self,
        context: &Context,
        variables: &[Variable],
    ) -> Result<Config, Failure> {
        let settings = Arc::clone(&self.shared.settings);
        let Some(stage) = &settings.executor.config else {
            return Ok(Config::default());
        };
        let mut stdout = Output::Memory(Vec::new());
        let mut stderr = Output::Log(self.shared.log.stream());
        let words = stage.args.iter().map(OsString::from).collect();
        let context = context.until(Instant::now() + stage.timeout);
        self.start("config", stage, words, &context, variables, (&mut stdout, &mut stderr)).await?;
        let config = match stdout.memory() {
            [] => Config::default(),
            text => serde_json::from_slice(text).map_err(|cause| {
                Failure::System(format!("error while parsing JSON output: {cause}"))
            })?,
        };
        if let Some(shell) = config.shell.as_deref().filter(|shell| *shell != "bash") {
            return Err(Failure::System(format!("shell {shell} not found")));
        }
        for (key, value) in config.job_env.iter().flatten() {
            let Some(value) = value.as_str() else {
                let text = format!("error while parsing JSON output: job_env.{key} is no string");
                return Err(Failure::System(text));
            };
            self.job_env.push((key.clone(), value.to_owned()));
        }
        self.shared.log.line(&startup_line(config.driver.as_ref()));
        Ok(config)
    }

    /// The prepare stage.
    pub(crate) async fn prepare(
        &self,
        context: &Context,
        variables: &[Variable],
    ) -> Result<(), Failure> {
        let settings = Arc::clone(&self.shared.settings);
        let Some(stage) = &settings.executor.prepare else {
            return Ok(());
        };
        let mut stdout = Output::Log(self.shared.log.stream());
        let mut stderr = Output::Log(self.shared.log.stream());
        let words = stage.args.iter().map(OsString::from).collect();
        let context = context.until(Instant::now() + stage.timeout);
        self.start("prepare", stage, words, &context, variables, (&mut stdout, &mut stderr)).await
    }

    /// One stage of the job.
    pub(crate) async fn run(
        &self,
        name: &StageName,
        script: &str,
        context: &Context,
        variables: &[Variable],
    ) -> Result<(), Failure> {
        let settings = Arc::clone(&self.shared.settings);
        let Some(stage) = &settings.executor.run else {
            return Err(Failure::configuration("custom executor is missing RunExec"));
        };
        let file = fresh_directory(&self.temp, "script")
            .map(|folder| folder.join("script"))
            .and_then(|file| write_private(&file, script.as_bytes(), 0o700).map(|()| file))
            .map_err(system("script"))?;
        let name = self.passed_name(name);
        let mut words: Vec<OsString> = stage.args.iter().map(OsString::from).collect();
        words.push(file.into_os_string());
        words.push(OsString::from(&name));
        let mut stdout = Output::Log(self.shared.log.stream());
        let mut stderr = Output::Log(self.shared.log.stream());
        self.start(&name, stage, words, context, variables, (&mut stdout, &mut stderr)).await
    }

    /// The name that the program gets: `step_script` is still passed as `build_script`.
    fn passed_name(&self, name: &StageName) -> String {
        let name = name.to_string();
        if name == "step_script" && self.shared.settings.script_stage == ScriptStage::BuildScript {
            self.shared.log.warning(
                "Starting with version 17.0 the 'build_script' stage will be replaced with \
                 'step_script': https://gitlab.com/groups/gitlab-org/-/epics/6112",
            );
            return "build_script".into();
        }
        name
    }

    /// The cleanup stage; its output is not for the job's log, its failure changes nothing.
    pub(crate) async fn cleanup(&self, variables: &[Variable]) -> Vec<u8> {
        let settings = Arc::clone(&self.shared.settings);
        let mut stderr = Output::Memory(Vec::new());
        if let Some(stage) = &settings.executor.cleanup {
            let mut stdout = Output::Memory(Vec::new());
            let words = stage.args.iter().map(OsString::from).collect();
            let context = Context::background().until(Instant::now() + stage.timeout);
            let streams = (&mut stdout, &mut stderr);
            let end = self.start("cleanup", stage, words, &context, variables, streams).await;
            if let Err(failure) = end {
                self.shared.log.warning(&format!("Cleanup script failed: {}", failure.message()));
            }
        }
        // Whoever still runs may hold files there; what cannot be removed is the system's to clean.
        std::fs::remove_dir_all(&self.temp).ok();
        stderr.memory().to_vec()
    }

    async fn start(
        &self,
        name: &str,
        stage: &Stage,
        args: Vec<OsString>,
        context: &Context,
        variables: &[Variable],
        (stdout, stderr): (&mut Output, &mut Output),
    ) -> Result<(), Failure> {
        let program = Program {
            exec: &stage.exec,
            args,
            directory: &self.temp,
            environment: environment::of_stage(
                &self.shared.settings,
                &self.shared.job,
                (&self.temp, &self.job_env),
                variables,
            ),
            grace: self.shared.settings.executor.graceful_kill_timeout,
            force: self.shared.settings.executor.force_kill_timeout,
        };
        let began = Instant::now();
        let end = process::run(&program, context, stdout, stderr).await;
        let said = String::from_utf8_lossy(stderr.memory()).into_owned();
        self.shared.journal.add(StageRecord { said, ..self.record(name, began, &end) });
        let file = std::fs::read_to_string(self.temp.join("build_exit_code")).ok();
        let file = file.filter(|_| self.shared.settings.exit_code_file);
        verdict::of_exit(end.status?, file.as_deref())
    }

    fn record(&self, name: &str, began: Instant, end: &End) -> StageRecord {
        use std::os::unix::process::ExitStatusExt as _;
        let result = match &end.status {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => StageResult::Exit(code),
                (None, signal) => StageResult::Signal(signal.unwrap_or(0)),
            },
            Err(failure) => StageResult::None(failure.message()),
        };
        let since = |at: Option<Instant>| at.map(|at| at - began);
        StageRecord {
            job: self.shared.job.id,
            name: name.into(),
            directory: self.temp.clone(),
            started: began - self.shared.picked_up,
            took: began.elapsed(),
            terminated_after: since(end.terminated),
            killed_after: since(end.killed),
            result,
            said: String::new(),
        }
    }
}

fn startup_line(driver: Option<&Driver>) -> String {
    let name = driver.and_then(|driver| driver.name.as_deref());
    let version = driver.and_then(|driver| driver.version.as_deref());
    match (name, version) {
        (Some(name), Some(version)) => {
            format!("Using Custom executor with driver {name} {version}...")
        }
        (Some(name), None) => format!("Using Custom executor with driver {name}..."),
        (None, _) => "Using Custom executor...".into(),
    }
}

fn system(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |cause| Failure::System(format!("{what}: {cause}"))
}

/// `<parent>/<prefix><number>`, mode 0700.
fn fresh_directory(parent: &Path, prefix: &str) -> std::io::Result<PathBuf> {
    loop {
        let path = parent.join(format!("{prefix}{}", super::random() % 10_000_000_000));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
    }
}

fn write_private(path: &Path, content: &[u8], mode: u32) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)
}
