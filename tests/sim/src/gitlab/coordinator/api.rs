//! The runner API's calls: what each one checks, changes and answers.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router, routing};
use serde::Deserialize;
use serde_json::{Value, json};

use super::artifacts::{Artifact, file_of_form};
use super::faults::Faults;
use super::jobs::{Inner, JobRecord, JobStatus, Refusal};
use super::server::Shared;

/// The routes below `/api/v4`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/runners/verify", routing::post(verify))
        .route("/jobs/request", routing::post(request))
        .route("/jobs/{id}", routing::put(update))
        .route("/jobs/{id}/trace", routing::patch(trace))
        .route("/jobs/{id}/artifacts", routing::post(upload).get(download))
        .layer(axum::extract::DefaultBodyLimit::disable())
}

#[derive(Deserialize)]
struct Asking {
    #[serde(default)]
    token: String,
}

async fn verify(State(shared): State<Arc<Shared>>, Json(asking): Json<Asking>) -> Response {
    let known = shared.jobs.look(|inner| knows(inner, &asking.token));
    if !known {
        return StatusCode::FORBIDDEN.into_response();
    }
    Json(json!({"id": 1, "token": asking.token, "token_expires_at": null})).into_response()
}

fn knows(inner: &Inner, token: &str) -> bool {
    inner.runners.is_empty() || inner.runners.contains_key(token)
}

async fn request(State(shared): State<Arc<Shared>>, Json(asking): Json<Asking>) -> Response {
    let answer = shared.jobs.change(|inner| {
        if Faults::take(&mut inner.faults.request_errors) {
            return Err(StatusCode::INTERNAL_SERVER_ERROR);
        }
        if !knows(inner, &asking.token) {
            return Err(StatusCode::FORBIDDEN);
        }
        inner.hand_out(&asking.token).ok_or(StatusCode::NO_CONTENT)
    });
    match answer {
        Ok(job) => (StatusCode::CREATED, Json(job)).into_response(),
        Err(status) => status.into_response(),
    }
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    state: String,
    #[serde(default)]
    failure_reason: String,
    #[serde(default)]
    exit_code: i32,
    #[serde(default)]
    output: Value,
}

async fn update(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let token = job_token(&headers, body.get("token").and_then(Value::as_str));
    let Ok(update) = serde_json::from_value::<Update>(body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    shared.jobs.change(|inner| {
        let mut faults = inner.faults;
        let answer = match inner.authorized(id, &token) {
            Ok(job) => {
                let status = apply(job, &update, &mut faults);
                told(status, job, shared.options.trace_interval_seconds)
            }
            Err(refusal) => {
                inner.note_end_of_deleted(id, &update.state);
                refused(refusal)
            }
        };
        inner.faults = faults;
        answer
    })
}

fn apply(job: &mut JobRecord, update: &Update, faults: &mut Faults) -> StatusCode {
    if update.state == "running" {
        return StatusCode::OK;
    }
    if Faults::take(&mut faults.final_accepted) {
        return StatusCode::ACCEPTED;
    }
    let size = update.output.get("bytesize").and_then(Value::as_u64);
    let whole = size.is_none_or(|size| size == job.trace.len() as u64);
    if Faults::take(&mut faults.final_trace_invalid) || !whole {
        job.trace.clear();
        return StatusCode::PRECONDITION_FAILED;
    }
    job.reported.clone_from(&update.state);
    job.failure_reason.clone_from(&update.failure_reason);
    job.exit_code = update.exit_code;
    job.runner_done = true;
    job.status = match (job.status, update.state.as_str()) {
        (JobStatus::Canceling | JobStatus::Canceled, _) => JobStatus::Canceled,
        (_, "success") => JobStatus::Success,
        _ => JobStatus::Failed,
    };
    StatusCode::OK
}

async fn trace(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = job_token(&headers, None);
    let start = headers.get("content-range").and_then(|range| range.to_str().ok());
    let start = start.and_then(|range| range.split('-').next()?.parse::<usize>().ok());
    let interval = shared.options.trace_interval_seconds;
    shared.jobs.change(|inner| {
        let broken = Faults::take(&mut inner.faults.trace_errors);
        let mismatch = Faults::take(&mut inner.faults.range_mismatches);
        let job = match inner.authorized(id, &token) {
            Ok(job) => job,
            Err(refusal) => return refused(refusal),
        };
        if broken {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if start != Some(job.trace.len()) || mismatch {
            let mut answer = told(StatusCode::RANGE_NOT_SATISFIABLE, job, interval);
            set(&mut answer, "range", &format!("0-{}", job.trace.len()));
            return answer;
        }
        job.trace.extend_from_slice(&body);
        let mut answer = told(StatusCode::ACCEPTED, job, interval);
        set(&mut answer, "range", &format!("0-{}", job.trace.len()));
        answer
    })
}

#[derive(Deserialize)]
struct UploadQuery {
    #[serde(default)]
    artifact_type: String,
    #[serde(default)]
    artifact_format: String,
}

async fn upload(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    Query(query): Query<UploadQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = job_token(&headers, None);
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
    let file = content_type.and_then(|content_type| file_of_form(content_type, &body));
    let Some((filename, content)) = file else {
        return (StatusCode::BAD_REQUEST, "no file in the form").into_response();
    };
    let or = |text: String, default: &str| if text.is_empty() { default.into() } else { text };
    let artifact = Artifact {
        kind: or(query.artifact_type, "archive"),
        format: or(query.artifact_format, "zip"),
        filename,
        content: content.to_vec(),
    };
    if artifact.kind == "dotenv"
        && let Err(cause) = artifact.dotenv()
    {
        return (StatusCode::BAD_REQUEST, Json(json!({"message": cause}))).into_response();
    }
    shared.jobs.change(|inner| match inner.authorized(id, &token) {
        Ok(job) => {
            let other =
                job.artifacts.iter().any(|old| old.kind == artifact.kind && *old != artifact);
            if other {
                return (StatusCode::BAD_REQUEST, "another artifact of this type exists")
                    .into_response();
            }
            job.artifacts.retain(|old| old.kind != artifact.kind);
            job.artifacts.push(artifact);
            (StatusCode::CREATED, Json(json!({}))).into_response()
        }
        Err(refusal) => refused(refusal),
    })
}

async fn download(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Response {
    let token = job_token(&headers, None);
    shared.jobs.change(|inner| {
        let job = match inner.authorized(id, &token) {
            Ok(job) => job,
            Err(refusal) => return refused(refusal),
        };
        match job.artifact("archive") {
            Some(archive) => {
                let mut answer = archive.content.clone().into_response();
                set(&mut answer, "content-type", "application/zip");
                answer
            }
            None => StatusCode::NOT_FOUND.into_response(),
        }
    })
}

fn job_token(headers: &HeaderMap, in_body: Option<&str>) -> String {
    let header = headers.get("job-token").and_then(|value| value.to_str().ok());
    header.or(in_body).unwrap_or("").to_owned()
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound => StatusCode::NOT_FOUND.into_response(),
        Refusal::Forbidden => StatusCode::FORBIDDEN.into_response(),
    }
}

/// An answer with the job's state and the interval to send at.
fn told(status: StatusCode, job: &JobRecord, interval_seconds: u32) -> Response {
    let mut answer = status.into_response();
    set(&mut answer, "job-status", job.status.word());
    if interval_seconds > 0 {
        set(&mut answer, "x-gitlab-trace-update-interval", &interval_seconds.to_string());
    }
    answer
}

fn set(answer: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
