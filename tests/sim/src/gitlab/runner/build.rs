//! One job from pickup to its final report: prepare with its retries, the stages in their order, what a cancel, an
//! abort and the job's timeout stop, and cleanup in every case. Follows GitLab Runner's `common/build.go`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::gitlab::payload::{Image, Job, Variable};

use super::client::Client;
use super::context::{Cause, Context};
use super::executor::{Config, Directories, Executor, Shared};
use super::journal::Journal;
use super::log::Log;
use super::settings::{Settings, Waits};
use super::shell::{self, StageName};
use super::upload::{Switches, Upload};
use super::variables::{self, Places, value};
use super::verdict::{Failure, supported_reason};

/// Tries of config and prepare.
const PREPARATION_TRIES: usize = 3;
/// The job's timeout when the coordinator names none, in seconds.
const DEFAULT_TIMEOUT: u64 = 7200;
/// The longest wait between two tries of a stage.
const LONGEST_STAGE_RETRY: Duration = Duration::from_secs(300);

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
    shared: Arc<Shared>,
    directories: Mutex<Directories>,
    status: Mutex<&'static str>,
    switches: Arc<Switches>,
    slot: usize,
    project_slot: usize,
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Build {
    fn job(&self) -> &Job {
        &self.shared.job
    }

    fn log(&self) -> &Log {
        &self.shared.log
    }

    fn waits(&self) -> &Waits {
        &self.shared.settings.waits
    }

    fn variables(&self) -> Vec<Variable> {
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

    /// Config and prepare, three times, each with cleanup when it failed.
    async fn prepare(&self, context: &Context) -> Result<Executor, Failure> {
        self.log().section_start("prepare_executor");
        self.log().headline("Preparing the \"custom\" executor");
        let prepared = self.try_to_prepare(context).await;
        self.log().section_end("prepare_executor");
        prepared
    }

    async fn try_to_prepare(&self, context: &Context) -> Result<Executor, Failure> {
        let mut last = Failure::System("no try was made".into());
        for _ in 0..PREPARATION_TRIES {
            let mut executor = Executor::new(Arc::clone(&self.shared))?;
            let failure = match self.prepare_once(&mut executor, context).await {
                Ok(()) => return Ok(executor),
                Err(failure) => failure,
            };
            executor.cleanup(&self.variables()).await;
            if matches!(failure, Failure::Build { .. }) {
                return Err(failure);
            }
            if let Some(cause) = context.ended() {
                return Err(self.of_cause(cause));
            }
            self.log().error(&format!("Preparation failed: {}", failure.message()));
            let wait = self.waits().preparation_retry;
            self.log().info(&format!("Will be retried in {wait:?} ..."));
            last = failure;
            tokio::select! {
                () = sleep(wait) => {}
                cause = context.done() => return Err(self.of_cause(cause)),
            }
        }
        Err(last)
    }

    async fn prepare_once(
        &self,
        executor: &mut Executor,
        context: &Context,
    ) -> Result<(), Failure> {
        if self.shared.settings.executor.run.is_none() {
            return Err(Failure::configuration("custom executor is missing RunExec"));
        }
        let config = executor.config(context, &self.variables()).await?;
        self.place(&config)?;
        executor.prepare(context, &self.variables()).await
    }

    /// Where the job's directories are, from the config stage's answer or config.toml.
    fn place(&self, config: &Config) -> Result<(), Failure> {
        let settings = &self.shared.settings;
        let given = |answer: &Option<String>, own: &Option<std::path::PathBuf>| {
            answer.clone().or_else(|| own.as_ref().map(|path| path.display().to_string()))
        };
        let missing = |name| Failure::configuration(format!("the {name} is not configured"));
        let builds = given(&config.builds_dir, &settings.builds_dir);
        let builds = builds.ok_or_else(|| missing("builds_dir"))?;
        let cache = given(&config.cache_dir, &settings.cache_dir);
        let cache = cache.ok_or_else(|| missing("cache_dir"))?;
        if !value(&self.variables(), "GIT_CLONE_PATH").is_empty() {
            let text = "setting GIT_CLONE_PATH is not allowed, enable `custom_build_dir` feature";
            return Err(Failure::configuration(text));
        }
        let slug = project_slug(self.job());
        let project = match config.builds_dir_is_shared {
            Some(true) => {
                let short = settings.short_token();
                format!("{builds}/{short}/{}/{slug}", self.project_slot)
            }
            _ => format!("{builds}/{slug}"),
        };
        let cache = format!("{cache}/{slug}");
        *locked(&self.directories) = Directories { builds, project, cache };
        Ok(())
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

    fn of_cause(&self, cause: Cause) -> Failure {
        match cause {
            Cause::Canceled => Failure::canceled(),
            Cause::DeadlineExceeded => Failure::timed_out(self.job().runner_info.timeout),
        }
    }

    async fn stages(&self, context: &Context, executor: &Executor) -> Result<(), Failure> {
        if let Err(failure) = self.stage(context, executor, StageName::PrepareScript).await {
            return Err(explained(failure));
        }
        let ended = match self.before_script(context, executor).await {
            Ok(()) => self.user_scripts(context, executor).await,
            failed => failed,
        };
        let (cache, upload) = match ended {
            Ok(()) => (StageName::ArchiveCache, StageName::UploadArtifactsOnSuccess),
            Err(_) => (StageName::ArchiveCacheOnFailure, StageName::UploadArtifactsOnFailure),
        };
        let cached = self.stage(context, executor, cache).await;
        let uploaded = self.stage(context, executor, upload).await;
        // Its failure is only for the runner's own log.
        self.stage(context, executor, StageName::CleanupFileVariables).await.ok();
        ended.and(cached).and(uploaded)
    }

    async fn before_script(&self, context: &Context, executor: &Executor) -> Result<(), Failure> {
        let attempts = [
            (StageName::GetSources, "GET_SOURCES_ATTEMPTS"),
            (StageName::RestoreCache, "RESTORE_CACHE_ATTEMPTS"),
            (StageName::DownloadArtifacts, "ARTIFACT_DOWNLOAD_ATTEMPTS"),
        ];
        for (stage, variable) in attempts {
            let tries = value(&self.variables(), variable).parse().unwrap_or(1);
            self.stage_with_tries(context, executor, stage, tries).await?;
        }
        Ok(())
    }

    async fn stage_with_tries(
        &self,
        context: &Context,
        executor: &Executor,
        stage: StageName,
        tries: usize,
    ) -> Result<(), Failure> {
        let tries = tries.clamp(1, 10);
        let mut wait = self.waits().stage_retry;
        for attempt in 0.. {
            if attempt == 1 && stage == StageName::GetSources {
                self.stage(context, executor, StageName::ClearWorktree).await?;
            }
            let failure = match self.stage(context, executor, stage.clone()).await {
                Ok(()) => break,
                Err(failure) => failure,
            };
            if attempt + 1 >= tries || context.ended().is_some() {
                return Err(failure);
            }
            self.log().warning(&format!("Retrying in {wait:?}"));
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_STAGE_RETRY);
        }
        Ok(())
    }

    /// The user's scripts under a context of their own, then `after_script` in any case.
    async fn user_scripts(&self, context: &Context, executor: &Executor) -> Result<(), Failure> {
        let all = self.variables();
        let timeout = duration(value(&all, "RUNNER_SCRIPT_TIMEOUT"));
        let limited =
            timeout.map_or_else(|| context.clone(), |t| context.until(Instant::now() + t));
        let (scripts, cancel) = limited.child();
        self.switches.set_cancel(cancel);
        let mut ended = Ok(());
        for step in self.job().steps.iter().filter(|step| step.name != "after_script") {
            ended = self.stage(&scripts, executor, StageName::Step(step.name.clone())).await;
            if ended.is_err() {
                break;
            }
        }
        match (context.ended(), scripts.ended()) {
            (None, Some(Cause::Canceled)) => {
                self.log().warning("script canceled externally (UI, API)");
                ended = Err(Failure::canceled());
            }
            (None, Some(cause @ Cause::DeadlineExceeded)) => ended = Err(self.of_cause(cause)),
            _ => {}
        }
        self.set_status(&ended);
        let limit = duration(value(&all, "RUNNER_AFTER_SCRIPT_TIMEOUT"));
        let after = context.until(Instant::now() + limit.unwrap_or(self.waits().after_script));
        if let Err(failure) = self.stage(&after, executor, StageName::AfterScript).await {
            let late = context.ended() == Some(Cause::DeadlineExceeded);
            let counts = value(&all, "AFTER_SCRIPT_IGNORE_ERRORS") == "false";
            match (late, counts) {
                (true, _) => {}
                (false, true) => ended = ended.and(Err(failure)),
                (false, false) => self.log().warning(&format!(
                    "after_script failed, but job will continue unaffected: {}",
                    failure.message()
                )),
            }
        }
        ended
    }

    fn set_status(&self, ended: &Result<(), Failure>) {
        *locked(&self.status) = match ended {
            Ok(()) => "success",
            Err(Failure::Ended(Cause::Canceled)) => "canceled",
            Err(Failure::Ended(Cause::DeadlineExceeded)) => "timedout",
            Err(Failure::Build { reason: "job_canceled", .. }) => "canceled",
            Err(Failure::Build { reason: "job_execution_timeout", .. }) => "timedout",
            Err(_) => "failed",
        };
    }

    /// One stage, if it has something to do.
    async fn stage(
        &self,
        context: &Context,
        executor: &Executor,
        stage: StageName,
    ) -> Result<(), Failure> {
        if let Some(cause) = context.ended() {
            return Err(Failure::Ended(cause));
        }
        let all = self.variables();
        let directories = locked(&self.directories).clone();
        let url = &self.shared.settings.url;
        let Some(script) = shell::generate(self.job(), &stage, &all, &directories, url) else {
            return Ok(());
        };
        let section = stage.to_string();
        self.log().section_start(&section);
        self.log().headline(&shell::title(&stage));
        let ended = executor.run(&stage, &script, context, &all).await;
        if context.ended() == Some(Cause::DeadlineExceeded) {
            self.log().warning(&format!(
                "{section} could not run to completion because the timeout was exceeded. For more \
                 control over job and script timeouts see: https://docs.gitlab.com/ci/runners/\
                 configure_runners/#set-script-and-after_script-timeouts"
            ));
        }
        self.log().section_end(&section);
        ended
    }
}

fn explained(failure: Failure) -> Failure {
    let told = |message: String| {
        format!(
            "prepare environment: {message}. Check https://docs.gitlab.com/runner/shells/\
             #shell-profile-loading for more information"
        )
    };
    match failure {
        Failure::Build { message, reason, exit_code } => {
            Failure::Build { message: told(message), reason, exit_code }
        }
        Failure::System(message) => Failure::System(told(message)),
        ended @ Failure::Ended(_) => ended,
    }
}

/// `group/project` of the repository's URL, or `project-<id>` when it is no URL.
fn project_slug(job: &Job) -> String {
    let path = job.git_info.repo_url.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let slug = path.filter(|(host, _)| !host.is_empty()).map(|(_, path)| path);
    let slug = slug.map(|path| path.strip_suffix(".git").unwrap_or(path).trim_matches('/'));
    match slug {
        Some(slug) if !slug.is_empty() && !slug.contains("..") => slug.to_owned(),
        _ => format!("project-{}", job.job_info.project_id),
    }
}

/// `1h2m3s`, or seconds without a unit.
fn duration(text: &str) -> Option<Duration> {
    let mut total = 0;
    let mut number = String::new();
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total += std::mem::take(&mut number).parse::<u64>().ok()? * unit;
    }
    if !number.is_empty() {
        total += number.parse::<u64>().ok()?;
    }
    (total > 0).then(|| Duration::from_secs(total))
}

/// Slots in use: the lowest free number is given out.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<Vec<bool>>, AtomicUsize);

impl Slots {
    /// The lowest free slot.
    pub(crate) fn take(&self) -> usize {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut slots = locked(&self.0);
        let free = slots.iter().position(|used| !used);
        let slot = free.unwrap_or_else(|| {
            slots.push(false);
            slots.len() - 1
        });
        slots[slot] = true;
        slot
    }

    /// Gives a slot back.
    pub(crate) fn give_back(&self, slot: usize) {
        self.1.fetch_sub(1, Ordering::Relaxed);
        if let Some(used) = locked(&self.0).get_mut(slot) {
            *used = false;
        }
    }

    /// How many are in use.
    pub(crate) fn used(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_slot_is_given_out() {
        let slots = Slots::default();
        assert_eq!((slots.take(), slots.take(), slots.take()), (0, 1, 2));
        slots.give_back(1);
        assert_eq!((slots.take(), slots.used()), (1, 3));
    }

    #[test]
    fn a_job_without_a_url_gets_a_directory_by_its_projects_number() {
        let mut job = Job::default();
        job.job_info.project_id = 5;
        job.git_info.repo_url = "file:///srv/p.git".into();
        assert_eq!(project_slug(&job), "project-5");
        job.git_info.repo_url = "http://gitlab-ci-token:t@127.0.0.1:9/group/app.git".into();
        assert_eq!(project_slug(&job), "group/app");
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("5"), Some(Duration::from_secs(5)));
        assert_eq!(duration(""), None);
        assert_eq!(duration("soon"), None);
    }
}
