//! The stages of one job in their order: which ones run after which failure, and how often one is tried.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::build::{Build, locked};
use super::context::{Cause, Context};
use super::executor::Executor;
use super::shell::{self, StageName};
use super::variables::value;
use super::verdict::Failure;

/// The longest wait between two tries of a stage.
const LONGEST_STAGE_RETRY: Duration = Duration::from_secs(300);

impl Build {
    pub(super) async fn stages(
        &self,
        context: &Context,
        executor: &Executor,
    ) -> Result<(), Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("5"), Some(Duration::from_secs(5)));
        assert_eq!(duration(""), None);
        assert_eq!(duration("soon"), None);
    }
}
