//! A host of its own for each test: directories, the host's config, the runner.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use ecs_sim::gitlab::runner::program_of::RunnerProgram;
use ecs_sim::gitlab::trial::{Ended, Trial};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_ecs-canary");

/// Directories that go with the value.
pub(crate) struct Host {
    folder: TempDir,
}

impl Host {
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("job").unwrap();
        for name in ["builds", "cache", "seen"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let path = |name: &str| folder.path().join(name).display().to_string();
        let text = format!(
            "[job]\nbuilds_dir = {:?}\ncache_dir = {:?}\ngrace = \"2s\"\n",
            path("builds"),
            path("cache")
        );
        fs::write(folder.path().join("config.toml"), text).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A job on this host; `$SEEN` is a folder that outlives it.
    pub(crate) fn job(&self, script: &[&str]) -> Trial {
        let config = self.path("config.toml").display().to_string();
        let mut trial = Trial::new(BINARY, &["--config", &config], script);
        trial.runner = RunnerProgram::from_environment();
        trial.variable("SEEN", &self.path("seen").display().to_string())
    }

    /// The same with a runner program whose helper commands the job can call by `gitlab-runner`.
    pub(crate) fn job_with_helpers(&self, script: &[&str]) -> Trial {
        let mut trial = self.job(script);
        if trial.runner == RunnerProgram::InProcess {
            let runner = self.path("gitlab-runner");
            symlink(BINARY, &runner).unwrap();
            trial.runner = RunnerProgram::Program(runner);
        }
        trial
    }

    /// What a job wrote to `$SEEN/<name>`.
    pub(crate) fn seen(&self, name: &str) -> String {
        fs::read_to_string(self.path("seen").join(name)).unwrap_or_default()
    }

    /// What is left of jobs below the builds directory.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let found = fs::read_dir(self.path("builds")).unwrap().flatten();
        found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

/// The job's end; its log is the message when something is wrong.
pub(crate) fn run(trial: Trial) -> Ended {
    trial.run_blocking().unwrap()
}
