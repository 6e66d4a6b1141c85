//! The members of the Runner's `spec.Job` (common/spec/spec.go) that we read. Every member may
//! be missing or null, unknown ones are ignored: the file differs between Runner versions.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Response {
    pub(super) id: Option<u64>,
    pub(super) token: Option<String>,
    #[serde(default)]
    pub(super) job_info: Option<JobInfo>,
    #[serde(default)]
    pub(super) git_info: Option<GitInfo>,
    #[serde(default)]
    pub(super) runner_info: Option<RunnerInfo>,
    #[serde(default)]
    pub(super) variables: Option<Vec<RawVariable>>,
    #[serde(default)]
    pub(super) image: Option<RawImage>,
    #[serde(default)]
    pub(super) services: Option<Vec<RawImage>>,
    #[serde(default)]
    pub(super) credentials: Option<Vec<RawCredential>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct JobInfo {
    pub(super) name: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) pipeline_id: Option<u64>,
    pub(super) project_id: Option<u64>,
    pub(super) project_name: Option<String>,
    pub(super) project_full_path: Option<String>,
    pub(super) instance_id: Option<String>,
    pub(super) instance_uuid: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct GitInfo {
    #[serde(rename = "ref")]
    pub(super) reference: Option<String>,
    pub(super) ref_type: Option<String>,
    pub(super) sha: Option<String>,
    pub(super) protected: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct RunnerInfo {
    pub(super) timeout: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct RawVariable {
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
    pub(super) public: Option<bool>,
    pub(super) masked: Option<bool>,
    pub(super) file: Option<bool>,
    pub(super) raw: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct RawImage {
    pub(super) name: Option<String>,
    pub(super) alias: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RawCredential {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) url: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
}
