//! The context itself and how it is read.

use super::response::{GitInfo, JobInfo, RawCredential, Response};
use super::{Error, JobKey, ServiceImage, Variables};
use crate::model::{CommitSha, ReleaseIdentity, Secret, Timestamp};
use std::time::Duration;

/// One job, as GitLab described it to the Runner.
#[derive(Debug, Clone, PartialEq)]
pub struct JobContext {
    /// The job's number, unique on its instance.
    pub id: u64,
    /// The job's token.
    pub token: Secret,
    /// Name in the pipeline; empty when the Runner did not say.
    pub name: String,
    /// Stage in the pipeline.
    pub stage: String,
    /// The pipeline's number.
    pub pipeline: Option<u64>,
    /// The project.
    pub project: Project,
    /// Branch or tag.
    pub reference: Option<String>,
    /// Which of the two.
    pub ref_kind: RefKind,
    /// The commit.
    pub commit: Option<CommitSha>,
    /// When the commit was made, from GitLab's own `CI_COMMIT_TIMESTAMP`.
    pub committed_at: Option<Timestamp>,
    /// Whether the ref is protected.
    pub protection: Protection,
    /// From pickup to the end, for everything.
    pub timeout: Option<Duration>,
    /// The GitLab instance.
    pub instance: Instance,
    /// The environment's name: the **first** `CI_ENVIRONMENT_NAME`, which GitLab puts before the
    /// job's own variables. For a job without `environment:` GitLab sends none, and then the
    /// first one may be the job's claim: good for a tag on a revision, never enough for a right
    /// (the claim `environment` of an ID token is the proof).
    pub environment: Option<String>,
    /// Everything, as data for scripts and `${...}`.
    pub variables: Variables,
    /// `image:`, which this executor does not start.
    pub image: Option<String>,
    /// `services:`, which this executor does not start.
    pub services: Vec<ServiceImage>,
    /// Registries that GitLab gave credentials for.
    pub registry_credentials: Vec<RegistryCredential>,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Number.
    pub id: u64,
    /// `group/sub/name`; empty when the Runner did not say.
    pub path: String,
}

/// A branch or a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefKind {
    /// A branch.
    Branch,
    /// A tag.
    Tag,
    /// Another word, kept as it came; empty when there was none.
    Unknown(String),
}

/// Whether the ref is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Yes.
    Protected,
    /// No.
    Unprotected,
    /// GitLab did not say. Never to be read as yes.
    CouldNotTell,
}

/// Which GitLab a job comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `job_info.instance_uuid`, or `instance_id` where there is none.
    pub uuid: Option<String>,
    /// The first `CI_SERVER_URL`; GitLab sends it for every job.
    pub server_url: Option<String>,
}

/// Login of one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryCredential {
    /// Host and port, or a URL, as GitLab wrote it.
    pub registry: String,
    /// User.
    pub username: String,
    /// Password.
    pub password: Secret,
}

impl JobContext {
    /// Reads the text of JOB_RESPONSE_FILE.
    ///
    /// # Errors
    /// Not JSON, or without job id, token or project id. No error quotes a value.
    pub fn parse(response_text: &str) -> Result<Self, Error> {
        let raw: Response =
            serde_json::from_str(response_text).map_err(|cause| Error::json(&cause))?;
        let info = raw.job_info.unwrap_or_default();
        let git = raw.git_info.unwrap_or_default();
        let variables = Variables::from_raw(raw.variables.unwrap_or_default());
        let original = |key: &str| non_empty(variables.original(key).map(str::to_owned));
        Ok(Self {
            id: raw.id.ok_or(Error::Missing { member: "id" })?,
            token: Secret::new(raw.token.ok_or(Error::Missing { member: "token" })?),
            name: info.name.clone().unwrap_or_default(),
            stage: info.stage.clone().unwrap_or_default(),
            pipeline: info.pipeline_id.or_else(|| original("CI_PIPELINE_ID")?.parse().ok()),
            project: project(&info, original("CI_PROJECT_PATH"))?,
            ref_kind: ref_kind(git.ref_type.as_deref().unwrap_or_default()),
            committed_at: original("CI_COMMIT_TIMESTAMP").and_then(|text| text.parse().ok()),
            protection: protection(&git, &variables),
            reference: non_empty(git.reference),
            commit: non_empty(git.sha).map(CommitSha::new),
            timeout: raw.runner_info.and_then(|info| info.timeout).map(Duration::from_secs),
            instance: Instance {
                uuid: non_empty(info.instance_uuid).or_else(|| non_empty(info.instance_id)),
                server_url: original("CI_SERVER_URL"),
            },
            environment: original("CI_ENVIRONMENT_NAME"),
            image: raw.image.and_then(|image| non_empty(image.name)),
            services: services(raw.services),
            registry_credentials: registry_credentials(raw.credentials),
            variables,
        })
    }

    /// What this host calls the job's things.
    pub fn key(&self) -> JobKey {
        JobKey::new(&self.instance, self.id)
    }

    /// What is written into the tags of a revision.
    pub fn release_identity(&self) -> ReleaseIdentity {
        ReleaseIdentity {
            commit: self.commit.clone(),
            reference: self.reference.clone(),
            pipeline: self.pipeline,
            job: Some(self.id),
            job_name: non_empty(Some(self.name.clone())),
            environment: self.environment.clone(),
            project: non_empty(Some(self.project.path.clone())),
        }
    }

    /// Values that must not appear in any output: masked variables, the token and registry
    /// passwords.
    pub fn masked_values(&self) -> Vec<Secret> {
        let mut values = self.variables.masked_values();
        values.push(self.token.clone());
        values.extend(self.registry_credentials.iter().map(|login| login.password.clone()));
        values.retain(|value| !value.expose().is_empty());
        values
    }
}

impl Instance {
    /// One text for the instance; empty when nothing is known (then all such jobs count as
    /// one instance's).
    pub fn identity(&self) -> &str {
        self.uuid.as_deref().or(self.server_url.as_deref()).unwrap_or("")
    }
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn project(info: &JobInfo, original_path: Option<String>) -> Result<Project, Error> {
    let id = info.project_id.ok_or(Error::Missing { member: "job_info.project_id" })?;
    let path = non_empty(info.project_full_path.clone()).or(original_path);
    let path = path.or_else(|| info.project_name.clone()).unwrap_or_default();
    Ok(Project { id, path })
}

fn ref_kind(text: &str) -> RefKind {
    match text {
        "branch" => RefKind::Branch,
        "tag" => RefKind::Tag,
        other => RefKind::Unknown(other.to_owned()),
    }
}

/// `git_info.protected` (GitLab 18.3+), else GitLab's own variable, else unknown.
fn protection(git: &GitInfo, variables: &Variables) -> Protection {
    match (git.protected, variables.original("CI_COMMIT_REF_PROTECTED")) {
        (Some(true), _) | (None, Some("true")) => Protection::Protected,
        (Some(false), _) | (None, Some("false")) => Protection::Unprotected,
        (None, _) => Protection::CouldNotTell,
    }
}

fn services(raw: Option<Vec<super::response::RawImage>>) -> Vec<ServiceImage> {
    raw.unwrap_or_default().into_iter().filter_map(ServiceImage::from_raw).collect()
}

fn registry_credentials(raw: Option<Vec<RawCredential>>) -> Vec<RegistryCredential> {
    let login = |raw: RawCredential| {
        (raw.kind.as_deref() == Some("registry")).then_some(())?;
        Some(RegistryCredential {
            registry: non_empty(raw.url)?,
            username: raw.username.unwrap_or_default(),
            password: Secret::new(raw.password.unwrap_or_default()),
        })
    };
    raw.unwrap_or_default().into_iter().filter_map(login).collect()
}

#[cfg(test)]
mod tests;
