//! The coordinator's process side: one listener on loopback, jobs put in and looked at, repositories served.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::gitlab::payload::Job;

use super::faults::Faults;
use super::jobs::{Inner, JobRecord, JobStatus, Jobs};
use super::repository::{Repository, RepositoryError};
use super::{api, git};

/// The coordinator could not start.
#[derive(Debug, thiserror::Error)]
pub enum CoordinatorError {
    /// No port, or no directory for the repositories.
    #[error("the coordinator could not start")]
    Start(#[from] std::io::Error),
}

/// How the coordinator behaves.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The header that tells runners how often to send the log; 0 = not sent (the runner's 3 s).
    pub trace_interval_seconds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { trace_interval_seconds: 1 }
    }
}

/// What the handlers share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The jobs.
    pub(super) jobs: Jobs,
    /// How it behaves.
    pub(super) options: Options,
    /// Where the bare repositories are.
    pub(super) repositories: PathBuf,
}

/// A coordinator on a free port of 127.0.0.1. Stops when dropped.
#[derive(Debug)]
pub struct Coordinator {
    address: SocketAddr,
    shared: Arc<Shared>,
    next_id: AtomicU64,
    task: JoinHandle<()>,
    folder: TempDir,
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Coordinator {
    /// Starts to listen. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When there is no port or no temporary directory.
    pub async fn start(options: Options) -> Result<Self, CoordinatorError> {
        let folder = TempDir::with_prefix("ecs-sim-gitlab")?;
        let repositories = folder.path().join("repositories");
        std::fs::create_dir(&repositories)?;
        let shared = Arc::new(Shared { jobs: Jobs::new(), options, repositories });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let routes = Router::new()
            .nest("/api/v4", api::routes())
            .fallback(git::serve)
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // Ends only with the task.
            axum::serve(listener, routes).await.ok();
        });
        Ok(Self { address, shared, next_id: AtomicU64::new(1001), task, folder })
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:<port>`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A directory that lives as long as the coordinator.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A number for a job, not used before.
    #[must_use]
    pub fn next_job_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// A new, empty project, e.g. `group/app`, served at [`Self::repository_url`].
    ///
    /// # Errors
    /// When git is missing or fails.
    pub fn create_repository(&self, path: &str) -> Result<Repository, RepositoryError> {
        Repository::create(&self.shared.repositories, path, &self.folder.path().join("work"))
    }

    /// The project's URL with a job's token, as a job gets it.
    #[must_use]
    pub fn repository_url(&self, path: &str, token: &str) -> String {
        format!("http://gitlab-ci-token:{token}@{}/{path}.git", self.address)
    }

    /// Knows only these runner tokens from now on; a runner gets jobs whose tags it has.
    pub fn register_runner(&self, token: &str, tags: &[&str]) {
        let tags = tags.iter().map(ToString::to_string).collect();
        self.shared.jobs.change(|inner| inner.runners.insert(token.into(), tags));
    }

    /// Bad answers to come.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.jobs.change(|inner| inner.faults = faults);
    }

    /// Puts a job into the queue.
    pub fn enqueue(&self, payload: Job, tags: Vec<String>) {
        let record = JobRecord {
            tags,
            status: JobStatus::Pending,
            reported: String::new(),
            failure_reason: String::new(),
            exit_code: 0,
            trace: Vec::new(),
            artifacts: Vec::new(),
            runner_done: false,
            deleted: false,
            payload,
        };
        self.shared.jobs.change(|inner| inner.jobs.insert(record.payload.id, record));
    }

    /// What is known of a job.
    #[must_use]
    pub fn job(&self, id: u64) -> Option<JobRecord> {
        self.shared.jobs.look(|inner| inner.jobs.get(&id).cloned())
    }

    /// Waits until the runner reported the job's end.
    pub async fn finished(&self, id: u64) -> JobRecord {
        self.wait(id, |job| job.runner_done).await
    }

    /// Waits until the job's log holds `text`, or the job ended.
    pub async fn trace_contains(&self, id: u64, text: &str) -> JobRecord {
        let found = |job: &JobRecord| {
            job.runner_done || job.trace.windows(text.len()).any(|part| part == text.as_bytes())
        };
        self.wait(id, found).await
    }

    /// Waits until a job is as wanted.
    pub async fn wait(&self, id: u64, wanted: impl Fn(&JobRecord) -> bool) -> JobRecord {
        let found = |inner: &Inner| inner.jobs.get(&id).filter(|job| wanted(job)).cloned();
        self.shared.jobs.wait_for(found).await
    }

    /// The Cancel button: a running job may still run `after_script`.
    pub fn cancel(&self, id: u64) {
        self.set_status(id, JobStatus::Canceling);
    }

    /// The second press: a running job stops at once.
    pub fn force_cancel(&self, id: u64) {
        self.set_status(id, JobStatus::Canceled);
    }

    fn set_status(&self, id: u64, running_becomes: JobStatus) {
        self.shared.jobs.change(|inner| {
            let Some(job) = inner.jobs.get_mut(&id) else { return };
            job.status = match job.status {
                JobStatus::Pending => JobStatus::Canceled,
                JobStatus::Running | JobStatus::Canceling => running_becomes,
                ended => ended,
            };
        });
    }

    /// The job's pipeline is deleted: every call about it is answered 404.
    pub fn delete(&self, id: u64) {
        self.shared.jobs.change(|inner| {
            if let Some(job) = inner.jobs.get_mut(&id) {
                job.deleted = true;
            }
        });
    }
}
