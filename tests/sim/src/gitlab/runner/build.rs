//! One job from pickup to its final report, and what a cancel, an abort and the job's timeout stop; cleanup in every
//! case. Follows GitLab Runner's `common/build.go`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::gitlab::payload::{Image, Job, Variable};

use super::client::Client;
use super::context::{Cause, Context};
use super::executor::{Directories, Executor, Shared};
use super::journal::Journal;
use super::log::Log;
use super::settings::{Settings, Waits};
use super::upload::{Switches, Upload};
use super::variables::{self, Places};
use super::verdict::{Failure, supported_reason};

/// The job's timeout when the coordinator names none, in seconds.
const DEFAULT_TIMEOUT: u64 = 7200;

/// What the runner process gives to each job.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// Its settings.
    pub(crate) settings: Arc<Settings>,
    /// Its client.
    pub(crate) client: Client,
    /// Its name on this host.
    pub(crate) system_id: String,
    /// What was started.
    pub(crate) journal: Journal,
    /// True once the process was told to stop at once.
    pub(crate) interrupted: watch::Receiver<bool>,
}

/// One job on this runner.
#[derive(Debug)]
pub(crate) struct Build {
    pub(super) shared: Arc<Shared>,
    pub(super) directories: Mutex<Directories>,
    pub(super) status: Mutex<&'static str>,
    pub(super) switches: Arc<Switches>,
    pub(super) slot: usize,
    pub(super) project_slot: usize,
}

/// Runs the job to its final report.
pub(crate) async fn run(process: Process, mut job: Job, slot: usize, project_slot: usize) {
    let log = Log::new(process.settings.output_limit);
    if job.runner_info.timeout == 0 {
        job.runner_info.timeout = DEFAULT_TIMEOUT;
    }
    expand_images(&mut job, &process.settings);
    let job = Arc::new(job);
    let switches = Arc::new(Switches::default());
    let shared = Arc::new(Shared {
        settings: Arc::clone(&process.settings),
        job: Arc::clone(&job),
        log: Arc::clone(&log),
        journal: process.journal.clone(),
        picked_up: Instant::now(),
    });
    let build = Arc::new(Build {
        shared,
        directories: Mutex::default(),
        status: Mutex::new("running"),
        switches: Arc::clone(&switches),
        slot,
        project_slot,
    });
    build.set_masks();
    let settings = &process.settings;
    log.line(&format!("Running with gitlab-runner {} (contract)", super::VERSION));
    let (name, short) = (&settings.name, settings.short_token());
    log.line(&format!("  on {name} {short}, system ID: {}", process.system_id));
    let uploading = Upload::start(
        process.client.clone(),
        Arc::clone(&job),
        Arc::clone(&log),
        switches,
        settings.waits.clone(),
    );
    let ended = build.execute(process.interrupted.clone()).await;
    let (state, reason, exit_code) = report(&log, &job, ended);
    uploading.finish(state, &reason, exit_code).await;
}

/// The job's last line, and what the coordinator is told.
fn report(log: &Log, job: &Job, ended: Result<(), Failure>) -> (&'static str, String, i32) {
    match ended {
        Ok(()) => {
            log.info("Job succeeded");
            ("success", String::new(), 0)
        }
        Err(Failure::Build { message, reason, exit_code }) => {
            log.error(&format!("Job failed: {message}"));
            let reason = supported_reason(reason, &job.features.failure_reasons);
            ("failed", reason.to_owned(), exit_code)
        }
        Err(other) => {
            log.error(&format!("Job failed (system failure): {}", other.message()));
            ("failed", "runner_system_failure".into(), 0)
        }
    }
}

fn expand_images(job: &mut Job, settings: &Settings) {
    let all = variables::of_job(job, settings, &Places::default());
    let expand = |image: &mut Image| {
        image.name = variables::expand(&image.name, &all);
        image.alias = variables::expand(&image.alias, &all);
    };
    expand(&mut job.image);
    job.services.iter_mut().for_each(expand);
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Build {
    pub(super) fn job(&self) -> &Job {
        &self.shared.job
    }

    pub(super) fn log(&self) -> &Log {
        &self.shared.log
    }

    pub(super) fn waits(&self) -> &Waits {
        &self.shared.settings.waits
    }

    pub(super) fn variables(&self) -> Vec<Variable> {
        let directories = locked(&self.directories).clone();
        let places = Places {
            builds_dir: directories.builds,
            project_dir: directories.project,
            slot: self.slot,
            project_slot: self.project_slot,
            job_status: *locked(&self.status),
        };
        variables::of_job(self.job(), &self.shared.settings, &places)
    }

    fn set_masks(&self) {
        let all = self.variables();
        let values = all.iter().filter(|v| v.masked).map(|v| v.value.clone()).collect();
        self.log().mask(values, self.job().features.token_mask_prefixes.clone());
    }

    async fn execute(self: &Arc<Self>, interrupted: watch::Receiver<bool>) -> Result<(), Failure> {
        let timeout = Duration::from_secs(self.job().runner_info.timeout);
        let (context, switch) = Context::background().until(Instant::now() + timeout).child();
        self.switches.set_cancel(switch.clone());
        self.switches.set_abort(switch);
        let executor = self.prepare(&context).await?;
        let executor = Arc::new(executor);
        let ended = self.run_stages(&context, &executor, interrupted).await;
        executor.cleanup(&self.variables()).await;
        ended
    }

    /// The stages, until they end, the job's context ends, or the runner must stop.
    async fn run_stages(
        self: &Arc<Self>,
        context: &Context,
        executor: &Arc<Executor>,
        mut interrupted: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let (inner, stop) = context.child();
        let (build, used) = (Arc::clone(self), Arc::clone(executor));
        let mut stages: JoinHandle<Result<(), Failure>> =
            tokio::spawn(async move { build.stages(&inner, &used).await });
        let failure = tokio::select! {
            ended = &mut stages => {
                let ended = ended.unwrap_or_else(|panic| Err(Failure::System(format!("panic: {panic}"))));
                // An abort or the timeout may have ended the stages before it was seen here.
                return match context.ended() {
                    Some(cause) => Err(self.of_cause(cause)),
                    None => ended,
                };
            }
            cause = context.done() => self.of_cause(cause),
            _ = interrupted.wait_for(|on| *on) => Failure::Build {
                message: "aborted: terminated".into(),
                reason: "runner_interrupted",
                exit_code: 0,
            },
        };
        stop.cancel();
        tokio::select! {
            _ = &mut stages => {}
            () = sleep(self.waits().build_finish) => {
                self.log().warning("Timed out waiting for the build to finish");
            }
        }
        Err(failure)
    }

    pub(super) fn of_cause(&self, cause: Cause) -> Failure {
        match cause {
            Cause::Canceled => Failure::canceled(),
            Cause::DeadlineExceeded => Failure::timed_out(self.job().runner_info.timeout),
        }
    }
}
