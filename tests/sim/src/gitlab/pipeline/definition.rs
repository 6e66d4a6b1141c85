//! What a `.gitlab-ci.yml` says: stages, global variables and jobs, with everything inherited already in its place.

use crate::gitlab::payload::{Artifact, Image};

/// A read file.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// `stages:` in their order.
    pub stages: Vec<String>,
    /// Global `variables:`.
    pub variables: Vec<(String, String)>,
    /// Jobs in their order; no hidden ones.
    pub jobs: Vec<JobDefinition>,
}

/// One job.
#[derive(Clone, Debug, Default)]
pub struct JobDefinition {
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// `before_script` and `script`.
    pub script: Vec<String>,
    /// `after_script`.
    pub after_script: Vec<String>,
    /// Its own `variables:`.
    pub variables: Vec<(String, String)>,
    /// `tags:`.
    pub tags: Vec<String>,
    /// `image:`.
    pub image: Image,
    /// `services:`.
    pub services: Vec<Image>,
    /// `environment:`.
    pub environment: Option<EnvironmentDefinition>,
    /// `when:`.
    pub when: When,
    /// `allow_failure:`.
    pub allow_failure: AllowFailure,
    /// `artifacts:`.
    pub artifacts: ArtifactsDefinition,
    /// `needs:`; `None` = all jobs of earlier stages.
    pub needs: Option<Vec<Need>>,
    /// `dependencies:`; `None` = all jobs that it needs.
    pub dependencies: Option<Vec<String>>,
    /// `resource_group:`.
    pub resource_group: Option<String>,
    /// `interruptible:`.
    pub interruptible: bool,
    /// `timeout:` in seconds.
    pub timeout: Option<u64>,
    /// `rules:` and `only:`/`except:`, judged when a pipeline is planned.
    pub(super) conditions: super::rules::Conditions,
}

/// When a job runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// When the earlier stages ended well.
    #[default]
    OnSuccess,
    /// When somebody starts it.
    Manual,
    /// In any case.
    Always,
    /// Only after a failure.
    OnFailure,
    /// Not at all.
    Never,
}

/// Which failures turn the job orange instead of red.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AllowFailure {
    /// None.
    #[default]
    No,
    /// All.
    Yes,
    /// Those with these exit codes.
    ExitCodes(Vec<i32>),
}

impl AllowFailure {
    /// Whether a failure with this exit code is allowed.
    #[must_use]
    pub fn allows(&self, exit_code: i32) -> bool {
        match self {
            Self::No => false,
            Self::Yes => true,
            Self::ExitCodes(codes) => codes.contains(&exit_code),
        }
    }
}

/// `environment:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentDefinition {
    /// Its name, with variables in it.
    pub name: String,
    /// Its URL, with variables in it.
    pub url: String,
    /// `start`, `prepare`, `access`, `verify`, `stop`.
    pub action: String,
    /// `production`, `staging`, ...; empty = by name.
    pub tier: String,
}

/// `artifacts:`.
#[derive(Clone, Debug, Default)]
pub struct ArtifactsDefinition {
    /// The archive, if there are paths, and each report, as the payload has them.
    pub entries: Vec<Artifact>,
}

/// One job of `needs:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Its name.
    pub job: String,
    /// Whether its artifacts are wanted.
    pub artifacts: bool,
    /// Whether it may be missing.
    pub optional: bool,
}
