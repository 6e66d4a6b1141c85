//! The coordinator's API from the runner's side: ask for a job, send the log, report the state. Reads the headers that
//! say "cancel" and how often to send. Never decides what to do about an answer.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::gitlab::http::{Answer, Http, NoAnswer};
use crate::gitlab::payload::Job;

use super::settings::{ScriptStage, Settings};

/// A client for one runner token.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: Http,
    api: String,
    token: String,
    system_id: String,
    info: Value,
}

/// The answer to "is there a job for me".
#[derive(Debug)]
pub(crate) enum Requested {
    /// A job.
    Job(Box<Job>),
    /// None now.
    None,
    /// The coordinator refused or answered nonsense: what it said.
    Unhealthy(String),
}

/// What an answer said beside its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// What happened to the call.
    pub(crate) result: Answered,
    /// `Job-Status: canceling`.
    pub(crate) cancel: bool,
    /// `X-GitLab-Trace-Update-Interval`.
    pub(crate) interval: Option<Duration>,
}

/// What happened to a call about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// Taken.
    Done,
    /// 202 to a final update: ask again.
    NotYet,
    /// 412: the whole log is wanted again.
    TraceInvalid,
    /// 416: the log is wanted from this byte on.
    RangeMismatch(usize),
    /// The job is unknown here (log only).
    NotFound,
    /// The job must stop at once.
    Abort,
    /// Anything else.
    Failed,
}

/// The state that a job ends with, as reported.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Update<'a> {
    /// `running`, `success` or `failed`.
    pub(crate) state: &'a str,
    /// Empty = none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) failure_reason: &'a str,
    /// 0 = none.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) exit_code: i32,
    /// Checksum and size of the log.
    pub(crate) output: TraceOutput,
}

/// Checksum and size of the log.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TraceOutput {
    /// `crc32:...`.
    pub(crate) checksum: String,
    /// Bytes.
    pub(crate) bytesize: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl Client {
    /// A client with the runner's settings.
    pub(crate) fn new(settings: &Settings, system_id: &str) -> Self {
        Self {
            http: Http::new(),
            api: format!("{}/api/v4", settings.url.trim_end_matches('/')),
            token: settings.token.clone(),
            system_id: system_id.into(),
            info: info(settings.script_stage),
        }
    }

    /// Asks for a job.
    pub(crate) async fn request_job(&self) -> Requested {
        let body = json!({"info": self.info, "token": self.token, "system_id": self.system_id});
        let url = format!("{}/jobs/request", self.api);
        let headers = [("content-type", "application/json"), ("runner-token", self.token.as_str())];
        let answer = match self.http.send(Method::POST, &url, &headers, body.to_string()).await {
            Ok(answer) => answer,
            Err(cause) => return Requested::Unhealthy(cause.to_string()),
        };
        match answer.status {
            StatusCode::CREATED => match serde_json::from_slice(&answer.body) {
                Ok(job) => Requested::Job(Box::new(job)),
                Err(cause) => Requested::Unhealthy(format!("decoding the job: {cause}")),
            },
            StatusCode::NO_CONTENT | StatusCode::SERVICE_UNAVAILABLE => Requested::None,
            other => Requested::Unhealthy(format!("jobs/request answered {other}")),
        }
    }

    /// Reports a state.
    pub(crate) async fn update(&self, job: &Job, update: &Update<'_>) -> Heard {
        let mut body = serde_json::to_value(update).unwrap_or_default();
        body["info"] = self.info.clone();
        body["token"] = job.token.clone().into();
        let url = format!("{}/jobs/{}", self.api, job.id);
        let headers = [("content-type", "application/json"), ("job-token", job.token.as_str())];
        heard(self.http.send(Method::PUT, &url, &headers, body.to_string()).await, |status| {
            match status {
                StatusCode::OK => Answered::Done,
                StatusCode::ACCEPTED => Answered::NotYet,
                StatusCode::PRECONDITION_FAILED => Answered::TraceInvalid,
                StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Answered::Abort,
                _ => Answered::Failed,
            }
        })
    }

    /// Sends a part of the log that begins at `offset`.
    pub(crate) async fn patch_trace(&self, job: &Job, offset: usize, part: Vec<u8>) -> Heard {
        let range = format!("{offset}-{}", offset + part.len() - 1);
        let url = format!("{}/jobs/{}/trace?debug_trace=false", self.api, job.id);
        let headers = [
            ("content-type", "text/plain"),
            ("job-token", job.token.as_str()),
            ("content-range", range.as_str()),
        ];
        let sent = self.http.send(Method::PATCH, &url, &headers, part).await;
        let wanted = sent.as_ref().ok().and_then(wanted_offset).unwrap_or(0);
        heard(sent, |status| match status {
            StatusCode::ACCEPTED => Answered::Done,
            StatusCode::NOT_FOUND => Answered::NotFound,
            StatusCode::RANGE_NOT_SATISFIABLE => Answered::RangeMismatch(wanted),
            _ => Answered::Failed,
        })
    }
}

fn wanted_offset(answer: &Answer) -> Option<usize> {
    answer.header("range")?.split_once('-')?.1.parse().ok()
}

fn heard(answer: Result<Answer, NoAnswer>, result: impl Fn(StatusCode) -> Answered) -> Heard {
    let Ok(answer) = answer else {
        return Heard { result: Answered::Failed, cancel: false, interval: None };
    };
    let status = answer.header("job-status").unwrap_or("");
    let stop = matches!(status, "canceled" | "failed") || answer.status == StatusCode::FORBIDDEN;
    let interval = answer.header("x-gitlab-trace-update-interval").and_then(|n| n.parse().ok());
    Heard {
        result: if stop { Answered::Abort } else { result(answer.status) },
        cancel: status == "canceling",
        interval: interval.filter(|n| *n > 0).map(Duration::from_secs),
    }
}

/// What a runner with the custom executor says it can do.
fn info(script_stage: ScriptStage) -> Value {
    let features = [
        "variables",
        "artifacts",
        "cache",
        "fallback_cache_keys",
        "shared",
        "upload_multiple_artifacts",
        "upload_raw_artifacts",
        "refspecs",
        "masking",
        "raw_variables",
        "artifacts_exclude",
        "multi_build_steps",
        "trace_reset",
        "trace_checksum",
        "trace_size",
        "vault_secrets",
        "cancelable",
        "return_exit_code",
        "service_variables",
        "cancel_gracefully",
        "two_phase_job_commit",
        "job_inputs",
    ];
    let features: Value =
        features.iter().map(|name| ((*name).to_owned(), Value::Bool(true))).collect();
    let revision = match script_stage {
        ScriptStage::BuildScript => "contract",
        ScriptStage::StepScript => "contract-step-script",
    };
    json!({
        "name": "gitlab-runner", "version": super::VERSION, "revision": revision, "platform": "linux",
        "architecture": "amd64", "executor": "custom", "shell": "bash", "features": features,
    })
}
