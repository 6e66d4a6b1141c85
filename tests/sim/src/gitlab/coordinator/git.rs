//! Git over HTTP: `git http-backend` as a CGI program for every path that is not the API. A job's token opens it.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::jobs::Inner;
use super::repository::sealed_git;
use super::server::Shared;

/// Serves `/group/project.git/...`.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path();
    let is_repository = path.contains(".git/") && !path.contains("..");
    if !is_repository {
        return StatusCode::NOT_FOUND.into_response();
    }
    let token = basic_password(&headers).unwrap_or_default();
    if !shared.jobs.look(|inner| opens(inner, &token)) {
        let ask = [("www-authenticate", "Basic realm=\"GitLab\"")];
        return (StatusCode::UNAUTHORIZED, ask).into_response();
    }
    match backend(&shared.repositories, &method, &uri, &headers, &body).await {
        Ok(answer) => answer,
        Err(cause) => (StatusCode::INTERNAL_SERVER_ERROR, cause.to_string()).into_response(),
    }
}

/// A job's token is good as long as the job runs.
fn opens(inner: &Inner, token: &str) -> bool {
    inner.jobs.values().any(|job| !job.status.is_final() && job.payload.token == token)
}

fn basic_password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    Some(text.split_once(':')?.1.to_owned())
}

async fn backend(
    root: &PathBuf,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> std::io::Result<Response> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut command = Command::from(sealed_git(root));
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or(""))
        .env("REQUEST_METHOD", method.as_str())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", "gitlab-ci-token")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            stdin.write_all(body).await?;
            stdin.shutdown().await?;
        }
        std::io::Result::Ok(())
    };
    // A backend that answers without reading everything closes its end: not an error of ours.
    let (_, output) = tokio::join!(write, child.wait_with_output());
    Ok(cgi_answer(&output?.stdout))
}

/// Headers, an empty line, the body; the status is a header.
fn cgi_answer(output: &[u8]) -> Response {
    let end = output.windows(4).position(|part| part == b"\r\n\r\n");
    let Some(end) = end else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "git http-backend gave no headers")
            .into_response();
    };
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let mut answer = Response::new(Body::from(output[end + 4..].to_vec()));
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse().ok());
            *answer.status_mut() = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) =
            (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
