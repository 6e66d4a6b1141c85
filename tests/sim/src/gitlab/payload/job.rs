//! The job itself, and what belongs to it alone.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::null::{null_when_empty, or_default};
use super::{Artifact, Cache, Dependency, Image, Step, Variable};

/// One job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// The job's id in GitLab, unique in the instance.
    pub id: u64,
    /// The job token.
    pub token: String,
    /// Whether an existing checkout may be updated.
    pub allow_git_fetch: bool,
    /// Names and numbers of job, pipeline and project.
    #[serde(deserialize_with = "or_default")]
    pub job_info: JobInfo,
    /// The commit.
    #[serde(deserialize_with = "or_default")]
    pub git_info: GitInfo,
    /// The job's timeout.
    #[serde(deserialize_with = "or_default")]
    pub runner_info: RunnerInfo,
    /// Job inputs; the runner writes an empty object whatever it got.
    #[serde(deserialize_with = "or_default", serialize_with = "empty_object")]
    pub inputs: Value,
    /// All variables, lowest precedence first; a key may come more than once.
    #[serde(deserialize_with = "or_default")]
    pub variables: Vec<Variable>,
    /// The scripts.
    #[serde(deserialize_with = "or_default")]
    pub steps: Vec<Step>,
    /// `image:`.
    #[serde(deserialize_with = "or_default")]
    pub image: Image,
    /// `services:`.
    #[serde(deserialize_with = "or_default", serialize_with = "null_when_empty")]
    pub services: Vec<Image>,
    /// `artifacts:`, one entry for the archive and one for each report.
    #[serde(deserialize_with = "or_default", serialize_with = "null_when_empty")]
    pub artifacts: Vec<Artifact>,
    /// `cache:`.
    #[serde(deserialize_with = "or_default")]
    pub cache: Vec<Cache>,
    /// Registry logins.
    #[serde(deserialize_with = "or_default")]
    pub credentials: Vec<Credentials>,
    /// Jobs whose artifacts this job gets.
    #[serde(deserialize_with = "or_default")]
    pub dependencies: Vec<Dependency>,
    /// What this GitLab understands.
    #[serde(deserialize_with = "or_default")]
    pub features: Features,
    /// `hooks:`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// Always the empty policy.
    #[serde(deserialize_with = "or_default")]
    pub policy_options: PolicyOptions,
    /// Always empty.
    #[serde(deserialize_with = "or_default")]
    pub suspend_options: SuspendOptions,
}

fn empty_object<S: Serializer>(_: &Value, to: S) -> Result<S::Ok, S::Error> {
    Value::Object(serde_json::Map::new()).serialize(to)
}

/// Names and numbers of job, pipeline and project.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct JobInfo {
    /// The job's name.
    pub name: String,
    /// The job's stage.
    pub stage: String,
    /// The pipeline's id.
    pub pipeline_id: u64,
    /// The project's id.
    pub project_id: u64,
    /// The project's last path element.
    pub project_name: String,
    /// `group/project`.
    pub project_full_path: String,
    /// The group's id.
    pub namespace_id: u64,
    /// The top group's id.
    pub root_namespace_id: u64,
    /// The organization's id.
    pub organization_id: u64,
    /// The instance's id.
    pub instance_id: String,
    /// The instance's UUID.
    pub instance_uuid: String,
    /// Who started the job.
    pub user_id: u64,
    /// Seconds the job waited for a runner.
    pub time_in_queue_seconds: f64,
    /// A word, as GitLab sends it ("+Inf" or a number).
    pub project_jobs_running_on_instance_runners_count: String,
    /// Jobs in the queue.
    pub queue_size: u64,
    /// Place in the queue.
    pub queue_depth: u64,
}

/// The commit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GitInfo {
    /// URL with `gitlab-ci-token:<job token>@`.
    pub repo_url: String,
    /// Empty or `sha1`.
    pub repo_object_format: String,
    /// Branch or tag name.
    #[serde(rename = "ref")]
    pub ref_name: String,
    /// Commit, 40 hex digits.
    pub sha: String,
    /// The commit before, or 40 zeros.
    pub before_sha: String,
    /// `branch` or `tag`.
    pub ref_type: String,
    /// What to fetch.
    #[serde(deserialize_with = "or_default")]
    pub refspecs: Vec<String>,
    /// 0 = everything.
    pub depth: u32,
    /// Absent before GitLab 18.3.
    pub protected: Option<bool>,
}

/// The job's timeout.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunnerInfo {
    /// The runner's UUID.
    pub uuid: String,
    /// Seconds.
    pub timeout: u64,
}

/// A login for the job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    /// `registry`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Host and port.
    pub url: String,
    /// User.
    pub username: String,
    /// Password.
    pub password: String,
}

/// What this GitLab understands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    /// Sections in the log.
    pub trace_sections: bool,
    /// Token prefixes to mask beside the built-in ones.
    #[serde(deserialize_with = "or_default")]
    pub token_mask_prefixes: Vec<String>,
    /// Failure reasons it accepts.
    #[serde(deserialize_with = "or_default")]
    pub failure_reasons: Vec<String>,
    /// Always `null`.
    pub tracing: Option<Value>,
}

/// `hooks:`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// `pre_get_sources_script` or `post_get_sources_script`.
    pub name: String,
    /// Lines.
    #[serde(deserialize_with = "or_default")]
    pub script: Vec<String>,
}

/// Security policy options.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyOptions {
    /// Whether a policy made the job.
    pub execution_policy_job: bool,
    /// The policy.
    pub policy_name: String,
}

/// Suspension is not used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SuspendOptions {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_unknown_keys_are_taken_as_the_real_runner_takes_them() {
        let job: Job = serde_json::from_str(
            r#"{"id":7,"token":"t","image":null,"services":null,"artifacts":[],"new_in_gitlab_20":{"a":1},
                "git_info":{"ref":"1.0.0","sha":"0123456789","protected":null}}"#,
        )
        .unwrap();
        let text = serde_json::to_string(&job).unwrap();
        assert!(!text.contains("new_in_gitlab_20"));
        assert!(text.contains(r#""ref":"1.0.0""#), "{text}");
        assert!(text.contains(r#""image":{"name":"","executor_opts":{"#), "{text}");
        assert!(text.contains(r#""services":null,"artifacts":null,"cache":[]"#), "{text}");
        assert!(text.contains(r#""inputs":{}"#), "{text}");
    }
}
