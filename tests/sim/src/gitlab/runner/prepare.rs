//! Config and prepare of one job: three tries, each with a fresh executor and with cleanup when it failed, and where
//! the job's directories are.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::sleep;

use crate::gitlab::payload::Job;

use super::build::{Build, locked};
use super::context::Context;
use super::executor::{Config, Directories, Executor};
use super::variables::value;
use super::verdict::Failure;

/// Tries of config and prepare.
const TRIES: usize = 3;

impl Build {
    /// Config and prepare, three times, each with cleanup when it failed.
    pub(super) async fn prepare(&self, context: &Context) -> Result<Executor, Failure> {
        self.log().section_start("prepare_executor");
        self.log().headline("Preparing the \"custom\" executor");
        let prepared = self.try_to_prepare(context).await;
        self.log().section_end("prepare_executor");
        prepared
    }

    async fn try_to_prepare(&self, context: &Context) -> Result<Executor, Failure> {
        let mut last = Failure::System("no try was made".into());
        for _ in 0..TRIES {
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
        let given = |answer: &Option<String>, own: &Option<PathBuf>| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_without_a_url_gets_a_directory_by_its_projects_number() {
        let mut job = Job::default();
        job.job_info.project_id = 5;
        job.git_info.repo_url = "file:///srv/p.git".into();
        assert_eq!(project_slug(&job), "project-5");
        job.git_info.repo_url = "http://gitlab-ci-token:t@127.0.0.1:9/group/app.git".into();
        assert_eq!(project_slug(&job), "group/app");
    }
}
