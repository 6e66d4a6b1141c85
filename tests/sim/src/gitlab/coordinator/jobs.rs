//! The jobs and their states. Pure bookkeeping behind one lock; everybody who waits is told of each change.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::gitlab::payload::Job;

use super::artifacts::Artifact;
use super::faults::Faults;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// Waits for a runner.
    Pending,
    /// A runner has it.
    Running,
    /// Cancelled while it ran; `after_script` may still run.
    Canceling,
    /// Ended well.
    Success,
    /// Ended badly.
    Failed,
    /// Cancelled and ended.
    Canceled,
}

impl JobStatus {
    /// GitLab's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Canceling => "canceling",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether it changes no more.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled)
    }
}

/// What is known of a job.
#[derive(Clone, Debug)]
pub struct JobRecord {
    /// As it was handed out.
    pub payload: Job,
    /// Tags a runner must have; empty = any runner.
    pub tags: Vec<String>,
    /// Where it is.
    pub status: JobStatus,
    /// `success` or `failed`, as the runner reported; empty before.
    pub reported: String,
    /// As the runner reported; empty = none.
    pub failure_reason: String,
    /// As the runner reported; 0 = none.
    pub exit_code: i32,
    /// The log so far.
    pub trace: Vec<u8>,
    /// Uploaded artifacts.
    pub artifacts: Vec<Artifact>,
    /// Whether the runner has ended its work on it (also after an abort).
    pub runner_done: bool,
    pub(super) deleted: bool,
}

impl JobRecord {
    /// The log as text.
    #[must_use]
    pub fn trace_text(&self) -> String {
        String::from_utf8_lossy(&self.trace).into_owned()
    }

    /// The artifact of this type (`archive`, `dotenv`, ...).
    #[must_use]
    pub fn artifact(&self, kind: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|artifact| artifact.kind == kind)
    }
}

/// All jobs.
#[derive(Debug)]
pub(super) struct Jobs {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

/// What the lock guards.
#[derive(Debug, Default)]
pub(super) struct Inner {
    /// By id.
    pub(super) jobs: BTreeMap<u64, JobRecord>,
    /// Runner tokens and the tags of their runners; empty = every token is good.
    pub(super) runners: BTreeMap<String, Vec<String>>,
    /// Bad answers to come.
    pub(super) faults: Faults,
}

impl Jobs {
    pub(super) fn new() -> Self {
        Self { inner: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// A look, without telling anybody.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Inner) -> T) -> T {
        at(&self.locked())
    }

    /// A change; everybody who waits looks again.
    pub(super) fn change<T>(&self, how: impl FnOnce(&mut Inner) -> T) -> T {
        let result = how(&mut self.locked());
        self.changed.send_modify(|count| *count += 1);
        result
    }

    /// Waits until `seen` finds something.
    pub(super) async fn wait_for<T>(&self, seen: impl Fn(&Inner) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        loop {
            changes.borrow_and_update();
            if let Some(found) = self.look(&seen) {
                return found;
            }
            // The sender lives as long as `self`.
            let _ = changes.changed().await;
        }
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The next job for a runner with this token, now running.
    pub(super) fn hand_out(&mut self, token: &str) -> Option<Job> {
        let tags = self.runners.get(token);
        let fits = |job: &JobRecord| match tags {
            Some(tags) => job.tags.iter().all(|tag| tags.contains(tag)),
            None => true,
        };
        let next =
            self.jobs.values_mut().find(|job| job.status == JobStatus::Pending && fits(job))?;
        next.status = JobStatus::Running;
        Some(next.payload.clone())
    }

    /// A runner's last word on a deleted job is refused too, but tells that it has stopped.
    pub(super) fn note_end_of_deleted(&mut self, id: u64, state: &str) {
        if let Some(job) = self.jobs.get_mut(&id).filter(|job| job.deleted && state != "running") {
            job.runner_done = true;
            job.status = JobStatus::Canceled;
        }
    }

    /// The job, if the token is its own.
    pub(super) fn authorized(&mut self, id: u64, token: &str) -> Result<&mut JobRecord, Refusal> {
        let job = self.jobs.get_mut(&id).filter(|job| !job.deleted).ok_or(Refusal::NotFound)?;
        if job.payload.token != token {
            return Err(Refusal::Forbidden);
        }
        Ok(job)
    }
}

/// Why a call about a job is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No such job.
    NotFound,
    /// Not this job's token.
    Forbidden,
}
