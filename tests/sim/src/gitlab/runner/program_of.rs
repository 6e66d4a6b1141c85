//! Which runner does the work: the contract runner inside this process, or a program with `gitlab-runner run`'s command
//! line (a real GitLab Runner, or the contract runner as a program). All run against the same coordinator.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::config_toml;
use super::journal::Journal;
use super::poll::{Runner, RunnerError};
use super::settings::Settings;

/// The runner to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunnerProgram {
    /// The contract runner, in this process.
    InProcess,
    /// This program, started as `<program> run --config FILE --working-directory DIR`.
    Program(PathBuf),
}

impl RunnerProgram {
    /// The program that the environment variable `GITLAB_RUNNER` names, else the contract runner.
    #[must_use]
    pub fn from_environment() -> Self {
        match std::env::var_os("GITLAB_RUNNER").filter(|path| !path.is_empty()) {
            Some(path) => Self::Program(path.into()),
            None => Self::InProcess,
        }
    }
}

/// The runner could not be started or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Its files could not be written.
    #[error("{path} could not be written")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// It could not be started or waited for.
    #[error("{program} could not be run")]
    Process {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// It gave up by itself.
    #[error("the contract runner gave up")]
    GaveUp(#[from] RunnerError),
}

/// A runner that works.
#[derive(Debug)]
pub enum Running {
    /// In this process.
    InProcess(Runner),
    /// A program.
    Program {
        /// Its path.
        program: PathBuf,
        /// Its process.
        child: Child,
    },
}

impl RunnerProgram {
    /// Starts the runner; a program gets its files in `folder`, and its own log goes to `folder/runner.log`.
    ///
    /// # Errors
    /// When it could not be started.
    pub fn start(&self, settings: Settings, folder: &Path) -> Result<Running, ProgramError> {
        let program = match self {
            Self::InProcess => return Ok(Running::InProcess(Runner::start(settings))),
            Self::Program(program) => program,
        };
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |cause| ProgramError::File { path, cause }
        };
        let config = folder.join("config.toml");
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        std::fs::write(&config, config_toml::write(&settings)).map_err(failed(&config))?;
        let log = folder.join("runner.log");
        let out = std::fs::File::create(&log).map_err(failed(&log))?;
        let err = out.try_clone().map_err(failed(&log))?;
        let mut command = Command::new(program);
        if let Some(environment) = settings.process_environment {
            command.env_clear().envs(environment);
        }
        let child = command
            .arg("run")
            .arg("--config")
            .arg(&config)
            .arg("--working-directory")
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| ProgramError::Process { program: program.clone(), cause })?;
        Ok(Running::Program { program: program.clone(), child })
    }
}

impl Running {
    /// What was started; only the runner in this process tells.
    #[must_use]
    pub fn journal(&self) -> Option<Journal> {
        match self {
            Self::InProcess(runner) => Some(runner.journal()),
            Self::Program { .. } => None,
        }
    }

    /// Takes no more jobs and waits for those that run (SIGQUIT).
    ///
    /// # Errors
    /// When it gave up or could not be waited for.
    pub async fn drain(self) -> Result<(), ProgramError> {
        match self {
            Self::InProcess(runner) => Ok(runner.drain().await?),
            Self::Program { program, child } => stop(program, child, Signal::QUIT).await,
        }
    }

    /// Aborts all jobs (SIGTERM).
    ///
    /// # Errors
    /// When it gave up or could not be waited for.
    pub async fn abort(self) -> Result<(), ProgramError> {
        match self {
            Self::InProcess(runner) => Ok(runner.abort().await?),
            Self::Program { program, child } => stop(program, child, Signal::TERM).await,
        }
    }
}

async fn stop(program: PathBuf, mut child: Child, signal: Signal) -> Result<(), ProgramError> {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself: then there is nothing to tell it.
        let _ = kill_process(pid, signal);
    }
    let ended = child.wait().await;
    ended.map(|_| ()).map_err(|cause| ProgramError::Process { program, cause })
}
