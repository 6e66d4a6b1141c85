//! What the contract runner did for a job: one record for each start of an executor's program. For tests, which want to
//! know what a log cannot tell (when TERM was sent, how long a stage took). The real runner keeps nothing like it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One start of an executor's program.
#[derive(Clone, Debug)]
pub struct StageRecord {
    /// The job.
    pub job: u64,
    /// `config`, `prepare`, `cleanup`, or the name that the run stage was given.
    pub name: String,
    /// The program's working directory.
    pub directory: std::path::PathBuf,
    /// From the job's pickup to the program's start.
    pub started: Duration,
    /// From its start to its end (or to the runner's giving up).
    pub took: Duration,
    /// From its start to TERM.
    pub terminated_after: Option<Duration>,
    /// From its start to KILL.
    pub killed_after: Option<Duration>,
    /// How it ended.
    pub result: StageResult,
    /// What cleanup wrote to standard error, which no job's log shows.
    pub said: String,
}

/// How an executor's program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageResult {
    /// With this exit status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
    /// It could not be started, or did not end after KILL.
    None(String),
}

/// The records of all jobs of a runner, in the order of their ends.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Vec<StageRecord>>>);

impl Journal {
    /// The records of one job so far.
    #[must_use]
    pub fn of_job(&self, job: u64) -> Vec<StageRecord> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|record| record.job == job).cloned().collect()
    }

    pub(crate) fn add(&self, record: StageRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}
