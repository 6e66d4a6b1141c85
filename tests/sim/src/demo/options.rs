//! What can be asked of the demo, and how it can fail.

use std::path::PathBuf;

use crate::gitlab::coordinator::{CoordinatorError, RepositoryError};
use crate::gitlab::pipeline::PipelineError;
use crate::gitlab::runner::program_of::ProgramError;

/// Which pipelines are played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Yaml {
    /// First the native one, then the one of 2018, then the judged one.
    #[default]
    All,
    /// First the native one, then the one of 2018.
    Both,
    /// Only the native one.
    Native,
    /// Only the one of 2018.
    Legacy2018,
    /// Only the release that is judged.
    Judged,
    /// Another pipeline with the jobs of the one of 2018, and its release file.
    Given {
        /// `.gitlab-ci.yml`
        pipeline: &'static str,
        /// `ecs-canary.yml`; empty = the example's own.
        release_file: &'static str,
    },
}

/// What is asked of the demo.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// How many times faster than real the cloud's time and the executor's waits go; 1 to 1000. 60.
    pub speed: f64,
    /// Leaves everything up at the end until Ctrl-C.
    pub keep: bool,
    /// One JSON object for each step instead of text.
    pub json: bool,
    /// Opens all sections of the jobs' logs.
    pub verbose: bool,
    /// Which pipelines are played.
    pub yaml: Yaml,
    /// A GitLab Runner program; `None` = the contract runner.
    pub runner: Option<PathBuf>,
    /// The executor under demonstration: the program of this very process.
    pub executor: PathBuf,
    /// Colours in the text.
    pub color: bool,
}

/// The demo did not show what it promises.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A part of the simulated world did not start.
    #[error("{what} did not start")]
    Start {
        /// Which part.
        what: &'static str,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// GitLab's side did not start.
    #[error("the job coordinator did not start")]
    Coordinator(#[from] CoordinatorError),
    /// git failed.
    #[error("the example's repository could not be made")]
    Repository(#[from] RepositoryError),
    /// The example's pipeline could not be read.
    #[error("the example's pipeline could not be read")]
    Pipeline(#[from] PipelineError),
    /// The runner failed.
    #[error("the runner failed")]
    Runner(#[from] ProgramError),
    /// The simulated cloud gave no answer.
    #[error("the simulated cloud did not say what it holds: {0}")]
    Cloud(String),
    /// A job ended otherwise than it should.
    #[error("job {job} ended as {found}, wanted {wanted}; its log is above")]
    Job {
        /// Its name.
        job: String,
        /// How it ended.
        found: String,
        /// How it should have.
        wanted: &'static str,
    },
    /// A job did not end.
    #[error("job {job} did not end within {seconds} s; its log so far:\n{log}")]
    Stuck {
        /// Its name.
        job: String,
        /// The limit.
        seconds: u64,
        /// Its log.
        log: String,
    },
    /// The cloud does not look as it should.
    #[error("after step {step} ({title}):\n  {}", differences.join("\n  "))]
    Expectation {
        /// The step's number.
        step: usize,
        /// What it did.
        title: String,
        /// What is not as expected.
        differences: Vec<String>,
    },
    /// Ctrl-C or SIGTERM.
    #[error("interrupted")]
    Interrupted,
    /// The text could not be written.
    #[error("the demo's text could not be written")]
    Output(#[source] std::io::Error),
}
