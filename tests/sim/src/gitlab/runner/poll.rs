//! The runner process: asks for jobs while it has a free place, starts each one, and stops gently (drain) or at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::gitlab::payload::Job;

use super::build::{self, Process};
use super::client::{Answered, Client, Requested, TraceOutput, Update};
use super::journal::Journal;
use super::settings::Settings;
use super::slots::Slots;

/// The runner could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The coordinator refused or could not be reached, several times in a row.
    #[error("the coordinator at {url} is not healthy: {said}")]
    Unhealthy {
        /// Its URL.
        url: String,
        /// Its last answer.
        said: String,
    },
    /// The runner's task broke off.
    #[error("the runner broke off: {0}")]
    BrokeOff(String),
}

/// How a runner is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// Not at all.
    No,
    /// No new jobs (SIGQUIT).
    Drain,
    /// Abort the jobs (SIGTERM).
    Abort,
}

/// Refusals in a row after which the runner gives up; the real one sleeps for minutes instead.
const UNHEALTHY_LIMIT: usize = 5;

/// A contract runner in this process.
#[derive(Debug)]
pub struct Runner {
    stop: watch::Sender<Stop>,
    journal: Journal,
    task: JoinHandle<Result<(), RunnerError>>,
}

impl Runner {
    /// Starts to ask for jobs. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(settings: Settings) -> Self {
        let (stop, stopped) = watch::channel(Stop::No);
        let journal = Journal::default();
        let task = tokio::spawn(poll(Arc::new(settings), journal.clone(), stopped));
        Self { stop, journal, task }
    }

    /// What was started so far.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Takes no more jobs and waits for those that run.
    ///
    /// # Errors
    /// When the runner had to give up.
    pub async fn drain(self) -> Result<(), RunnerError> {
        self.stop.send_replace(Stop::Drain);
        self.joined().await
    }

    /// Aborts all jobs and waits for them, at most as long as the runner's shutdown timeout.
    ///
    /// # Errors
    /// When the runner had to give up.
    pub async fn abort(self) -> Result<(), RunnerError> {
        self.stop.send_replace(Stop::Abort);
        self.joined().await
    }

    async fn joined(self) -> Result<(), RunnerError> {
        self.task.await.unwrap_or_else(|cause| Err(RunnerError::BrokeOff(cause.to_string())))
    }
}

#[derive(Debug, Default)]
struct AllSlots {
    runner: Slots,
    projects: Mutex<HashMap<u64, Arc<Slots>>>,
}

impl AllSlots {
    fn project(&self, id: u64) -> Arc<Slots> {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(projects.entry(id).or_default())
    }
}

async fn poll(
    settings: Arc<Settings>,
    journal: Journal,
    mut stop: watch::Receiver<Stop>,
) -> Result<(), RunnerError> {
    let system_id = format!("r_{:012x}", super::random() & 0xffff_ffff_ffff);
    let (interrupt, interrupted) = watch::channel(false);
    let process = Process {
        client: Client::new(&settings, &system_id),
        settings: Arc::clone(&settings),
        system_id,
        journal,
        interrupted,
    };
    let slots = Arc::new(AllSlots::default());
    let mut jobs = JoinSet::new();
    let mut refusals = 0;
    while *stop.borrow() == Stop::No {
        if slots.runner.used() < settings.concurrent {
            match process.client.request_job().await {
                Requested::Job(job) => {
                    refusals = 0;
                    let slot = slots.runner.take();
                    jobs.spawn(take(process.clone(), *job, Arc::clone(&slots), slot));
                    // The real runner asks again only at the next interval.
                }
                Requested::None => refusals = 0,
                Requested::Unhealthy(said) => {
                    refusals += 1;
                    if refusals >= UNHEALTHY_LIMIT {
                        return Err(RunnerError::Unhealthy { url: settings.url.clone(), said });
                    }
                }
            }
        }
        tokio::select! {
            () = sleep(settings.check_interval) => {}
            _ = stop.wait_for(|stop| *stop != Stop::No) => {}
            Some(_) = jobs.join_next() => {}
        }
    }
    if *stop.borrow() == Stop::Drain {
        tokio::select! {
            () = all_ended(&mut jobs) => return Ok(()),
            _ = stop.wait_for(|stop| *stop == Stop::Abort) => {}
        }
    }
    interrupt.send_replace(true);
    // A job that does not end in time is left to itself, as by the real runner's exit.
    let _ = timeout(settings.waits.shutdown, all_ended(&mut jobs)).await;
    jobs.detach_all();
    Ok(())
}

async fn all_ended(jobs: &mut JoinSet<()>) {
    while jobs.join_next().await.is_some() {}
}

async fn take(process: Process, job: Job, slots: Arc<AllSlots>, slot: usize) {
    let of_project = slots.project(job.job_info.project_id);
    let project_slot = of_project.take();
    if accepted(&process, &job).await {
        build::run(process, job, slot, project_slot).await;
    }
    of_project.give_back(project_slot);
    slots.runner.give_back(slot);
}

/// Tells the coordinator that the job starts (two-phase commit, 18.6 and newer).
async fn accepted(process: &Process, job: &Job) -> bool {
    let output = TraceOutput { checksum: "crc32:00000000".into(), bytesize: 0 };
    let running = Update { state: "running", failure_reason: "", exit_code: 0, output };
    let heard = process.client.update(job, &running).await;
    if heard.cancel {
        let output = TraceOutput { checksum: "crc32:00000000".into(), bytesize: 0 };
        let failure_reason = "job_canceled";
        let failed = Update { state: "failed", failure_reason, exit_code: 0, output };
        process.client.update(job, &failed).await;
        return false;
    }
    heard.result != Answered::Abort
}
