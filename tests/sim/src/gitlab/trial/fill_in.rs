//! What GitLab would have filled in: numbers, token, names, commit, predefined variables.

use super::{Trial, TrialError};
use crate::gitlab::coordinator::Coordinator;
use crate::gitlab::payload::{GitInfo, Job, Variable};

impl Trial {
    /// Number, token, names and commit of the job.
    pub(super) fn fill_in(&mut self, coordinator: &Coordinator) -> Result<u64, TrialError> {
        let job = &mut self.job;
        if job.id == 0 {
            job.id = coordinator.next_job_id();
        }
        if job.token.is_empty() {
            job.token = format!("glcbt-64_{:020}", job.id);
        }
        let or = |text: &mut String, default: &str| {
            if text.is_empty() {
                *text = default.into();
            }
        };
        let name = self.project.rsplit('/').next().unwrap_or(&self.project);
        or(&mut job.job_info.name, "trial");
        or(&mut job.job_info.stage, "test");
        or(&mut job.job_info.project_name, name);
        or(&mut job.job_info.project_full_path, &self.project);
        job.job_info.project_id = job.job_info.project_id.max(7);
        job.job_info.pipeline_id = job.job_info.pipeline_id.max(70);
        let (url, sha) = if self.files.is_empty() {
            job.variables.insert(0, Variable::public("GIT_STRATEGY", "none"));
            (
                coordinator.repository_url(&self.project, &job.token),
                "0123456789abcdef".repeat(3)[..40].to_owned(),
            )
        } else {
            let repository = coordinator.create_repository(&self.project)?;
            let files: Vec<(&str, &[u8])> = self
                .files
                .iter()
                .map(|(name, content)| (name.as_str(), content.as_slice()))
                .collect();
            let commit = repository.commit(&files, "Add files", 1_700_000_000)?;
            (coordinator.repository_url(&self.project, &job.token), commit.sha)
        };
        let given = std::mem::take(&mut job.git_info);
        job.git_info = GitInfo {
            repo_url: url,
            ref_name: if given.ref_name.is_empty() { "main".into() } else { given.ref_name },
            sha,
            before_sha: "0".repeat(40),
            ref_type: if given.ref_type.is_empty() { "branch".into() } else { given.ref_type },
            refspecs: vec!["+refs/heads/main:refs/remotes/origin/main".into()],
            protected: given.protected.or(Some(true)),
            ..given
        };
        predefined(job, &coordinator.url());
        Ok(job.id)
    }
}

/// The least that GitLab says by variables, below whatever the trial set.
fn predefined(job: &mut Job, url: &str) {
    let info = job.job_info.clone();
    let git = job.git_info.clone();
    let own = [
        ("CI_JOB_ID", job.id.to_string()),
        ("CI_JOB_NAME", info.name),
        ("CI_JOB_STAGE", info.stage),
        ("CI_JOB_TOKEN", job.token.clone()),
        ("CI_PIPELINE_ID", info.pipeline_id.to_string()),
        ("CI_PROJECT_ID", info.project_id.to_string()),
        ("CI_PROJECT_NAME", info.project_name),
        ("CI_PROJECT_PATH", info.project_full_path),
        ("CI_COMMIT_SHA", git.sha),
        ("CI_COMMIT_REF_NAME", git.ref_name),
        ("CI_COMMIT_REF_PROTECTED", git.protected.unwrap_or(false).to_string()),
        ("CI_SERVER_URL", url.to_owned()),
    ];
    let own = own.into_iter().map(|(key, value)| match key {
        "CI_JOB_TOKEN" => Variable::masked(key, value),
        _ => Variable::public(key, value),
    });
    job.variables = own.chain(std::mem::take(&mut job.variables)).collect();
}
