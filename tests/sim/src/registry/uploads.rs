//! Blob uploads: mount, POST and PUT, PATCH.

use super::auth;
use super::routes::Answer;
use super::state::{State, Upload, digest_of};
use bytes::Bytes;
use hyper::http::request::Parts;

pub(super) fn upload(
    state: &mut State,
    head: &Parts,
    repository: &str,
    id: &str,
    body: Bytes,
) -> Answer {
    match (head.method.as_str(), id) {
        ("POST", "") => begin(state, head, repository, body),
        ("PATCH", _) => patch(state, repository, id, &body),
        ("PUT", _) => finish(state, head, id, &body),
        ("DELETE", _) if state.uploads.remove(id).is_some() => Answer::status(204),
        _ => Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"),
    }
}

fn begin(state: &mut State, head: &Parts, repository: &str, body: Bytes) -> Answer {
    let query = auth::query(head);
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone());
    if let (Some(digest), Some(from)) = (value("mount"), value("from")) {
        let bytes = state.blob(&from, &digest);
        if let Some(bytes) = bytes.filter(|_| !state.behaviour.decline_mounts) {
            drop(state.put_blob(repository, bytes));
            return created(repository, &digest, 201);
        }
    } else if let Some(digest) = value("digest") {
        return store(state, repository, &digest, body);
    }
    let id = state.next_id("upload");
    let upload = Upload { repository: repository.to_owned(), bytes: Vec::new(), patches: 0 };
    drop(state.uploads.insert(id.clone(), upload));
    accepted(state, repository, &id)
}

fn patch(state: &mut State, repository: &str, id: &str, body: &[u8]) -> Answer {
    let lose = state.behaviour.lose_patches;
    let Some(upload) = state.uploads.get_mut(id) else {
        return Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    };
    upload.patches += 1;
    if !lose || upload.patches == 1 {
        upload.bytes.extend_from_slice(body);
    }
    accepted(state, repository, id)
}

fn finish(state: &mut State, head: &Parts, id: &str, body: &[u8]) -> Answer {
    let Some(mut upload) = state.uploads.remove(id) else {
        return Answer::error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    };
    if state.behaviour.query_in_locations && !head.uri.query().unwrap_or("").contains("_state=") {
        return Answer::error(400, "BLOB_UPLOAD_INVALID", "the upload's state is missing");
    }
    let digest = auth::query(head).into_iter().find(|(key, _)| key == "digest");
    let Some((_, digest)) = digest else {
        return Answer::error(400, "DIGEST_INVALID", "digest missing");
    };
    upload.bytes.extend_from_slice(body);
    let repository = upload.repository.clone();
    store(state, &repository, &digest, upload.bytes.into())
}

fn store(state: &mut State, repository: &str, digest: &str, bytes: Bytes) -> Answer {
    if digest_of(&bytes) != digest {
        return Answer::error(400, "DIGEST_INVALID", "provided digest did not match the content");
    }
    drop(state.put_blob(repository, bytes));
    created(repository, digest, if state.behaviour.accepted_uploads { 202 } else { 201 })
}

fn created(repository: &str, digest: &str, status: u16) -> Answer {
    Answer::status(status)
        .header("location", format!("/v2/{repository}/blobs/{digest}"))
        .header("docker-content-digest", digest)
}

fn accepted(state: &State, repository: &str, id: &str) -> Answer {
    let mut location = format!("/v2/{repository}/blobs/uploads/{id}");
    if state.behaviour.absolute_locations {
        location = format!("http://{}{location}", state.address);
    }
    if state.behaviour.query_in_locations {
        location.push_str("?_state=abc%3D");
    }
    Answer::status(202)
        .header("location", location)
        .header("docker-upload-uuid", id)
        .header("range", "0-0")
}
