//! A trial: what differs from an ordinary job, and its run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::gitlab::coordinator::{Coordinator, Faults, Options};
use crate::gitlab::payload::{Job, RunnerInfo, Step, Variable};
use crate::gitlab::runner::program_of::{RunnerProgram, Running};
use crate::gitlab::runner::{Executor, Journal, Settings, Waits};

use super::{Ended, TrialError};

/// What shall happen to the job from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervention {
    /// The Cancel button.
    Cancel,
    /// The Cancel button, pressed again: no `after_script`.
    ForceCancel,
    /// The job disappears.
    Delete,
    /// The runner process is told to stop (SIGTERM).
    StopRunner,
}

/// When it happens.
#[derive(Clone, Debug)]
enum Moment {
    TraceContains(String),
    File(PathBuf),
}

/// One job on one executor. Set what differs, then [`Trial::run`].
#[derive(Clone, Debug)]
pub struct Trial {
    /// The job; its repository, id and token are filled in when it runs.
    pub job: Job,
    /// The runner's settings; its URL is filled in.
    pub settings: Settings,
    /// How the coordinator behaves.
    pub options: Options,
    /// Bad answers of the coordinator.
    pub faults: Faults,
    /// Which runner: the contract runner inside this process, or a program.
    pub runner: RunnerProgram,
    /// The trial fails when the job takes longer. 60 s.
    pub limit: Duration,
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) project: String,
    intervention: Option<(Intervention, Moment)>,
}

impl Trial {
    /// A job that runs `script` (a line each), on the executor `program` called as
    /// `<program> <before...> config|prepare|run|cleanup`. `GIT_STRATEGY` is `none` unless files are given.
    /// Waits of the runner are a tenth of the real ones, the coordinator's interval is 1 s.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, before: &[&str], script: &[&str]) -> Self {
        let mut executor = Executor::of_program(program, before);
        executor.graceful_kill_timeout = Duration::from_secs(20);
        executor.force_kill_timeout = Duration::from_secs(2);
        let mut settings = Settings::new("", executor);
        settings.check_interval = Duration::from_millis(20);
        settings.waits = Waits {
            preparation_retry: Duration::from_millis(50),
            trace_update: Duration::from_secs(1),
            stage_retry: Duration::from_millis(50),
            ..Waits::shortened(10)
        };
        let step = Step {
            name: "script".into(),
            script: script.iter().map(ToString::to_string).collect(),
            timeout: 3600,
            when: "on_success".into(),
            allow_failure: false,
        };
        let mut job = Job { steps: vec![step], allow_git_fetch: true, ..Job::default() };
        job.runner_info = RunnerInfo { timeout: 3600, ..RunnerInfo::default() };
        job.features.trace_sections = true;
        let reasons = [
            "script_failure",
            "runner_system_failure",
            "job_execution_timeout",
            "unknown_failure",
            "job_canceled",
            "runner_configuration_error",
            "runner_interrupted",
        ];
        job.features.failure_reasons = reasons.map(String::from).to_vec();
        Self {
            job,
            settings,
            options: Options::default(),
            faults: Faults::default(),
            runner: RunnerProgram::InProcess,
            limit: Duration::from_secs(60),
            files: Vec::new(),
            project: "group/app".into(),
            intervention: None,
        }
    }

    /// A public variable.
    #[must_use]
    pub fn variable(self, key: &str, value: &str) -> Self {
        self.with_variable(Variable::public(key, value))
    }

    /// Any variable.
    #[must_use]
    pub fn with_variable(mut self, variable: Variable) -> Self {
        self.job.variables.push(variable);
        self
    }

    /// `after_script:`.
    #[must_use]
    pub fn after_script(mut self, script: &[&str]) -> Self {
        self.job.steps.push(Step {
            name: "after_script".into(),
            script: script.iter().map(ToString::to_string).collect(),
            timeout: 300,
            when: "always".into(),
            allow_failure: true,
        });
        self
    }

    /// The job's timeout, whole seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.job.runner_info.timeout = timeout.as_secs().max(1);
        self
    }

    /// A file of the repository; the job then fetches it by git over HTTP.
    #[must_use]
    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), content.into()));
        self
    }

    /// `group/project` of the job.
    #[must_use]
    pub fn project(mut self, path: &str) -> Self {
        self.project = path.into();
        self
    }

    /// Does something to the job as soon as its log holds `text` (as the coordinator sees it).
    #[must_use]
    pub fn when_trace_contains(mut self, text: &str, what: Intervention) -> Self {
        self.intervention = Some((what, Moment::TraceContains(text.into())));
        self
    }

    /// Does something to the job as soon as a file exists: for scripts that print nothing.
    #[must_use]
    pub fn when_file_exists(mut self, file: &Path, what: Intervention) -> Self {
        self.intervention = Some((what, Moment::File(file.into())));
        self
    }

    /// Runs the job to its end in a runtime of its own. For tests that are not async.
    ///
    /// # Errors
    /// When something could not be started or the job did not end within the limit.
    pub fn run_blocking(self) -> Result<Ended, TrialError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.run())
    }

    /// Runs the job to its end.
    ///
    /// # Errors
    /// When something could not be started or the job did not end within the limit.
    pub async fn run(mut self) -> Result<Ended, TrialError> {
        let coordinator = Arc::new(Coordinator::start(self.options).await?);
        coordinator.set_faults(self.faults);
        let id = self.fill_in(&coordinator)?;
        coordinator.enqueue(self.job.clone(), Vec::new());
        self.settings.url = coordinator.url();
        let started = Instant::now();
        let folder = coordinator.folder().join("runner");
        let mut runner = Some(self.runner.start(self.settings.clone(), &folder)?);
        let journal = runner.as_ref().and_then(Running::journal);
        let limit = self.limit;
        let whole = async {
            let ended = coordinator.finished(id);
            tokio::pin!(ended);
            let Some((what, moment)) = &self.intervention else {
                return (ended.await, None);
            };
            tokio::select! {
                record = &mut ended => return (record, None),
                () = reached(&coordinator, id, moment) => {}
            }
            let at = Instant::now();
            match what {
                Intervention::Cancel => coordinator.cancel(id),
                Intervention::ForceCancel => coordinator.force_cancel(id),
                Intervention::Delete => coordinator.delete(id),
                Intervention::StopRunner => {
                    if let Some(runner) = runner.take() {
                        // Its end is seen at the coordinator.
                        runner.abort().await.ok();
                    }
                }
            }
            (ended.await, Some(at.elapsed()))
        };
        let result = timeout(limit, whole).await;
        let took = started.elapsed();
        if let Some(runner) = runner {
            // The job's end counts, not the runner's.
            match result {
                Ok(_) => runner.drain().await.ok(),
                Err(_) => runner.abort().await.ok(),
            };
        }
        let Ok((job, after_intervention)) = result else {
            let trace = coordinator.job(id).map(|job| job.trace_text()).unwrap_or_default();
            return Err(TrialError::NotEnded { limit, trace });
        };
        let stages = journal.map(|journal: Journal| journal.of_job(id)).unwrap_or_default();
        Ok(Ended { job, stages, after_intervention, took })
    }
}

async fn reached(coordinator: &Coordinator, id: u64, moment: &Moment) {
    match moment {
        Moment::TraceContains(text) => {
            coordinator.trace_contains(id, text).await;
        }
        Moment::File(file) => {
            while !file.exists() {
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
}
