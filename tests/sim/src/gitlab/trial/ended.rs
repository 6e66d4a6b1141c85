//! How a trial ended, or why it could not be made.

use std::time::Duration;

use crate::gitlab::coordinator::{CoordinatorError, JobRecord, RepositoryError};
use crate::gitlab::runner::StageRecord;
use crate::gitlab::runner::program_of::ProgramError;

/// Could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// No coordinator.
    #[error("the coordinator did not start")]
    Coordinator(#[from] CoordinatorError),
    /// No repository.
    #[error("the job's repository could not be made")]
    Repository(#[from] RepositoryError),
    /// No runner.
    #[error("the runner did not start")]
    Runner(#[from] ProgramError),
    /// No runtime, no temporary directory.
    #[error("the trial could not be set up")]
    SetUp(#[from] std::io::Error),
    /// The job did not end.
    #[error("the job did not end within {limit:?}; its log so far:\n{trace}")]
    NotEnded {
        /// The trial's limit.
        limit: Duration,
        /// The log.
        trace: String,
    },
}

/// How the job ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What the coordinator knows: status, reported state, failure reason, exit code, log, artifacts.
    pub job: JobRecord,
    /// Each start of the executor, in the order of their ends. Empty with a runner program of its own.
    pub stages: Vec<StageRecord>,
    /// From the intervention to the job's end.
    pub after_intervention: Option<Duration>,
    /// From the start of the runner to the job's end.
    pub took: Duration,
}

impl Ended {
    /// `success`, or `failed script_failure 42`: what a table of blame compares.
    #[must_use]
    pub fn verdict(&self) -> String {
        match (self.job.failure_reason.as_str(), self.job.exit_code) {
            ("", 0) => self.job.reported.clone(),
            (reason, 0) => format!("{} {reason}", self.job.reported),
            (reason, code) => format!("{} {reason} {code}", self.job.reported),
        }
    }

    /// The log as text.
    #[must_use]
    pub fn trace(&self) -> String {
        self.job.trace_text()
    }

    /// The names of the started stages.
    #[must_use]
    pub fn stage_names(&self) -> Vec<&str> {
        self.stages.iter().map(|stage| stage.name.as_str()).collect()
    }

    /// The last start of this stage.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&StageRecord> {
        self.stages.iter().rev().find(|stage| stage.name == name)
    }
}
