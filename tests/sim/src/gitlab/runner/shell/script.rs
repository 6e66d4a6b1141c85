//! Which stages a job has and what each one's script does.

use std::fmt;

use crate::gitlab::payload::{Job, Variable};
use crate::gitlab::runner::variables::{is_on, value};

use super::archive;
use super::bash::Bash;
use super::git;

/// A stage of the run program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StageName {
    /// Removes leftovers of an earlier job.
    PrepareScript,
    /// Fetches and checks out the commit.
    GetSources,
    /// Before a second try of `get_sources`.
    ClearWorktree,
    /// Extracts the cache.
    RestoreCache,
    /// Extracts the artifacts of other jobs.
    DownloadArtifacts,
    /// A script of the job, by its step's name.
    Step(String),
    /// `after_script:`.
    AfterScript,
    /// Saves the cache.
    ArchiveCache,
    /// Saves the cache of a job that failed.
    ArchiveCacheOnFailure,
    /// Uploads artifacts.
    UploadArtifactsOnSuccess,
    /// Uploads artifacts of a job that failed.
    UploadArtifactsOnFailure,
    /// Removes file variables.
    CleanupFileVariables,
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrepareScript => "prepare_script",
            Self::GetSources => "get_sources",
            Self::ClearWorktree => "clear_worktree",
            Self::RestoreCache => "restore_cache",
            Self::DownloadArtifacts => "download_artifacts",
            Self::Step(name) => return write!(f, "step_{}", name.to_lowercase()),
            Self::AfterScript => "after_script",
            Self::ArchiveCache => "archive_cache",
            Self::ArchiveCacheOnFailure => "archive_cache_on_failure",
            Self::UploadArtifactsOnSuccess => "upload_artifacts_on_success",
            Self::UploadArtifactsOnFailure => "upload_artifacts_on_failure",
            Self::CleanupFileVariables => "cleanup_file_variables",
        })
    }
}

/// What the scripts need to know beside the job.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The job.
    pub(crate) job: &'a Job,
    /// All its variables.
    pub(crate) variables: &'a [Variable],
    /// The project's directory.
    pub(crate) project_dir: &'a str,
    /// `builds_dir`.
    pub(crate) builds_dir: &'a str,
    /// The project's cache directory.
    pub(crate) cache_dir: &'a str,
    /// The coordinator's URL.
    pub(crate) url: &'a str,
}

/// The headline of a stage.
pub(crate) fn title(stage: &StageName) -> String {
    match stage {
        StageName::PrepareScript => "Preparing environment".into(),
        StageName::GetSources => "Getting source from Git repository".into(),
        StageName::ClearWorktree => {
            "Deleting all tracked and untracked files due to source fetch failure".into()
        }
        StageName::RestoreCache => "Restoring cache".into(),
        StageName::DownloadArtifacts => "Downloading artifacts".into(),
        StageName::Step(_) => format!("Executing \"{stage}\" stage of the job script"),
        StageName::AfterScript => "Running after_script".into(),
        StageName::ArchiveCache => "Saving cache for successful job".into(),
        StageName::ArchiveCacheOnFailure => "Saving cache for failed job".into(),
        StageName::UploadArtifactsOnSuccess => "Uploading artifacts for successful job".into(),
        StageName::UploadArtifactsOnFailure => "Uploading artifacts for failed job".into(),
        StageName::CleanupFileVariables => {
            "Cleaning up project directory and file based variables".into()
        }
    }
}

/// The script of a stage; `None` when it has nothing to do and is not called.
pub(crate) fn generate(
    job: &Job,
    stage: &StageName,
    variables: &[Variable],
    places: &super::super::executor::Directories,
    url: &str,
) -> Option<String> {
    let facts = Facts {
        job,
        variables,
        project_dir: &places.project,
        builds_dir: &places.builds,
        cache_dir: &places.cache,
        url,
    };
    let mut bash = Bash::new(&format!("{}.tmp", places.project));
    let written = write(&mut bash, stage, &facts);
    let trace = value(variables, "CI_DEBUG_TRACE") == "true";
    written.then(|| bash.finish(trace))
}

fn write(bash: &mut Bash, stage: &StageName, facts: &Facts<'_>) -> bool {
    match stage {
        StageName::PrepareScript => {
            bash.remove_file(&bash.temp_file("gitlab_runner_env"));
            bash.remove_file(&bash.temp_file("masking.db"));
            true
        }
        StageName::GetSources => {
            exports(bash, facts);
            git::get_sources(bash, facts)
        }
        StageName::ClearWorktree => git::clear_worktree(bash, facts),
        StageName::RestoreCache => in_project(bash, facts) && archive::restore_cache(bash, facts),
        StageName::DownloadArtifacts => in_project(bash, facts) && archive::download(bash, facts),
        StageName::Step(name) => in_project(bash, facts) && user_script(bash, facts, name),
        StageName::AfterScript => in_project(bash, facts) && after_script(bash, facts),
        StageName::ArchiveCache => {
            in_project(bash, facts) && archive::save_cache(bash, facts, true)
        }
        StageName::ArchiveCacheOnFailure => {
            in_project(bash, facts) && archive::save_cache(bash, facts, false)
        }
        StageName::UploadArtifactsOnSuccess => {
            in_project(bash, facts) && archive::upload(bash, facts, true)
        }
        StageName::UploadArtifactsOnFailure => {
            in_project(bash, facts) && archive::upload(bash, facts, false)
        }
        StageName::CleanupFileVariables => cleanup(bash, facts),
    }
}

fn in_project(bash: &mut Bash, facts: &Facts<'_>) -> bool {
    exports(bash, facts);
    bash.command(&["cd", facts.project_dir]);
    true
}

/// All variables, again in each stage; file variables are written again.
fn exports(bash: &mut Bash, facts: &Facts<'_>) {
    for variable in facts.variables {
        bash.variable(variable);
    }
    let env = bash.temp_file("gitlab_runner_env");
    bash.variable(&Variable::internal("GITLAB_ENV", &env));
    bash.source_env(&env);
    if is_on(facts.variables, git::WITHOUT_TOKENS) {
        bash.line(&format!("export GIT_CONFIG_GLOBAL=\"{}\"", bash.temp_file(git::SEED_FILE)));
    }
}

fn user_script(bash: &mut Bash, facts: &Facts<'_>, name: &str) -> bool {
    let Some(step) = facts.job.steps.iter().find(|step| step.name == name) else {
        return false;
    };
    bash.commands(&step.script);
    true
}

fn after_script(bash: &mut Bash, facts: &Facts<'_>) -> bool {
    let step = facts.job.steps.iter().find(|step| step.name == "after_script");
    let Some(step) = step.filter(|step| !step.script.is_empty()) else {
        return false;
    };
    bash.notice("Running after script...");
    bash.commands(&step.script);
    true
}

fn cleanup(bash: &mut Bash, facts: &Facts<'_>) -> bool {
    for variable in facts.variables {
        let path = bash.temp_file(&variable.key);
        match variable.file {
            true => bash.variable(&Variable::internal(&variable.key, path)),
            false => bash.variable(variable),
        }
    }
    for name in ["gitlab_runner_env", "masking.db", ".gitlab-runner.ext.conf", ".glr.gconf"] {
        bash.remove_file(&bash.temp_file(name));
    }
    for variable in facts.variables.iter().filter(|variable| variable.file) {
        bash.remove_file(&bash.temp_file(&variable.key));
    }
    git::clean_up(bash, facts);
    bash.remove_file(&format!("{}/.gitlab-build-uid-gid", facts.builds_dir));
    true
}
