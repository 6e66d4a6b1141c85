//! The requests of the distribution specification.

use super::auth;
use super::state::{Manifest, State, digest_of};
use super::uploads;
use bytes::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::http::request::Parts;
use serde_json::json;

/// An answer before it becomes HTTP.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"errors": [{"code": code, "message": message}]}).to_string();
        Self::status(status).body("application/json", body)
    }
}

/// The parts of a path below `/v2/`.
pub(super) enum Target<'a> {
    Base,
    Manifest { repository: &'a str, reference: &'a str },
    Blob { repository: &'a str, digest: &'a str },
    Upload { repository: &'a str, id: &'a str },
    Tags { repository: &'a str },
}

pub(super) fn target(path: &str) -> Option<Target<'_>> {
    let rest = path.strip_prefix("/v2/")?;
    if rest.is_empty() {
        return Some(Target::Base);
    }
    if let Some((repository, id)) = rest.rsplit_once("/blobs/uploads/") {
        return Some(Target::Upload { repository, id });
    }
    if let Some((repository, digest)) = rest.rsplit_once("/blobs/") {
        return Some(Target::Blob { repository, digest });
    }
    if let Some((repository, reference)) = rest.rsplit_once("/manifests/") {
        return Some(Target::Manifest { repository, reference });
    }
    rest.strip_suffix("/tags/list").map(|repository| Target::Tags { repository })
}

pub(super) fn route(state: &mut State, head: &Parts, body: Bytes) -> Answer {
    let path = head.uri.path();
    if path == "/token" {
        return auth::token(state, head);
    }
    let path = if path == "/v2" { "/v2/" } else { path };
    let Some(target) = target(path) else {
        return Answer::error(404, "NOT_FOUND", "no such page");
    };
    if let Err(refusal) = auth::check(state, head, &target) {
        return refusal;
    }
    match (head.method.as_str(), target) {
        ("GET" | "HEAD", Target::Base) => Answer::status(200).body("application/json", "{}"),
        ("GET" | "HEAD", Target::Manifest { repository, reference }) => {
            read_manifest(state, head, repository, reference)
        }
        ("PUT", Target::Manifest { repository, reference }) => {
            write_manifest(state, head, repository, reference, body)
        }
        ("GET" | "HEAD", Target::Blob { repository, digest }) => {
            read_blob(state, repository, digest)
        }
        (_, Target::Upload { repository, id }) => {
            uploads::upload(state, head, repository, id, body)
        }
        ("GET", Target::Tags { repository }) => tags(state, repository),
        _ => Answer::error(405, "UNSUPPORTED", "the operation is unsupported"),
    }
}

fn read_manifest(state: &State, head: &Parts, repository: &str, reference: &str) -> Answer {
    let Some((digest, manifest)) = state.manifest(repository, reference) else {
        return Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    };
    // Registries that serve a converted manifest to a client that does not list the type are
    // history; ours says what real ones say now.
    if !accepts(head, &manifest.media_type) {
        return Answer::error(404, "MANIFEST_UNKNOWN", "manifest has a type that is not accepted");
    }
    let mut bytes = manifest.bytes;
    if state.behaviour.corrupt_manifests {
        bytes = [bytes.as_ref(), b"\n"].concat().into();
    }
    Answer::status(200).header("docker-content-digest", digest).body(&manifest.media_type, bytes)
}

fn accepts(head: &Parts, media_type: &str) -> bool {
    let mut listed = head.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    listed.any(|value| {
        value.split(',').any(|one| {
            let one = one.split(';').next().unwrap_or_default().trim();
            one == media_type || one == "*/*"
        })
    })
}

fn write_manifest(
    state: &mut State,
    head: &Parts,
    repository: &str,
    reference: &str,
    body: Bytes,
) -> Answer {
    let digest = digest_of(&body);
    if reference.contains(':') && reference != digest {
        return Answer::error(400, "DIGEST_INVALID", "provided digest did not match the content");
    }
    if let Some(missing) = missing_blob(state, repository, &body) {
        let message = format!("blob unknown to registry: {missing}");
        return Answer::error(400, "MANIFEST_BLOB_UNKNOWN", &message);
    }
    let exists = state.manifest(repository, reference).is_some();
    if state.behaviour.immutable_tags && exists && !reference.contains(':') {
        let message = format!("the image tag '{reference}' already exists and is immutable");
        return Answer::error(400, "TAG_INVALID", &message);
    }
    if !state.behaviour.forget_manifests {
        let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or("application/octet-stream").to_owned();
        drop(state.put_manifest(repository, reference, Manifest { media_type, bytes: body }));
    }
    Answer::status(201)
        .header("location", format!("/v2/{repository}/manifests/{digest}"))
        .header("docker-content-digest", digest)
}

/// The first blob or manifest that a manifest names and this repository does not have.
fn missing_blob(state: &State, repository: &str, manifest: &[u8]) -> Option<String> {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).ok()?;
    let digest_in = |value: &serde_json::Value| Some(value.get("digest")?.as_str()?.to_owned());
    let layers = manifest.get("layers").and_then(|layers| layers.as_array());
    let blobs = layers.into_iter().flatten().chain(manifest.get("config")).filter_map(digest_in);
    let mut missing = blobs.filter(|digest| state.blob(repository, digest).is_none());
    if let Some(missing) = missing.next() {
        return Some(missing);
    }
    let children = manifest.get("manifests").and_then(|children| children.as_array());
    let mut children = children.into_iter().flatten().filter_map(digest_in);
    children.find(|digest| state.manifest(repository, digest).is_none())
}

fn read_blob(state: &State, repository: &str, digest: &str) -> Answer {
    let Some(mut bytes) = state.blob(repository, digest) else {
        return Answer::error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    };
    if state.behaviour.corrupt_blobs {
        let mut other = bytes.to_vec();
        other.iter_mut().take(1).for_each(|byte| *byte ^= 0xff);
        bytes = other.into();
    }
    Answer::status(200)
        .header("docker-content-digest", digest)
        .body("application/octet-stream", bytes)
}

fn tags(state: &State, repository: &str) -> Answer {
    let Some(found) = state.repositories.get(repository) else {
        return Answer::error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let tags: Vec<&String> = found.tags.keys().collect();
    let body = json!({"name": repository, "tags": tags}).to_string();
    Answer::status(200).body("application/json", body)
}
