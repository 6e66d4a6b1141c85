//! Reading: manifests and blobs, from mirrors first, every byte verified.

use super::endpoint::Endpoint;
use super::fault::{broken, no_answer, refused};
use super::manifest::{Descriptor, MANIFEST_LIMIT, Manifest, digest_of, media_type, media_type_in};
use super::payload::BlobBytes;
use super::tokens::Freshness;
use super::wire::{Call, Payload, Session, Wire, pull_scope};
use super::{Access, verified};
use crate::model::{CallError, CallErrorKind, Digest, ImageReference};
use bytes::Bytes;
use futures_util::StreamExt as _;
use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use std::fmt;
use std::sync::atomic::Ordering;

const GET_MANIFEST: &str = "registry: GET manifest";
const GET_BLOB: &str = "registry: GET blob";

const ACCEPTED: &[&str] = &[
    media_type::OCI_INDEX,
    media_type::OCI_MANIFEST,
    media_type::DOCKER_INDEX,
    media_type::DOCKER_MANIFEST,
];

/// A client for all registries. Cheap to make: certificates are loaded at the first use of a
/// registry that speaks TLS.
pub struct Client {
    pub(super) wire: Wire,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("access", &self.wire.access).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; nothing is read or connected yet.
    pub fn new(access: Access) -> Self {
        Self { wire: Wire { access, ..Wire::default() } }
    }

    /// Bytes of blobs and manifests sent so far, failed attempts included.
    pub fn sent_bytes(&self) -> u64 {
        self.wire.sent.load(Ordering::Relaxed)
    }

    /// Asks the registry whether the login is good: `docker login`.
    ///
    /// # Errors
    /// `Credentials` or `Denied` when it is not; `NoAnswer` when nobody said.
    pub async fn verify_login(&self, registry: &str) -> Result<(), CallError> {
        let endpoint = Endpoint::origin(&self.wire.access, registry);
        let session = Session::new(&self.wire, &endpoint, Vec::new(), Freshness::New);
        let call = Call {
            operation: "registry: log in",
            method: Method::GET,
            url: endpoint.base(),
            headers: Vec::new(),
            payload: Payload::Empty,
        };
        let answer = session.send(&call).await?;
        session.expect(call.operation, answer, &[200], MANIFEST_LIMIT).await.map(drop)
    }

    /// The manifest or index of a reference; mirrors are asked first.
    ///
    /// # Errors
    /// What the registry itself said, when no mirror had an answer.
    pub async fn manifest(&self, reference: &ImageReference) -> Result<Manifest, CallError> {
        let ask = async |endpoint: &Endpoint| {
            let repository = endpoint.repository(&reference.repository);
            self.manifest_at(endpoint, &repository, reference.wanted()).await
        };
        self.first_answer(&reference.registry, ask).await
    }

    /// The manifest behind the reference in the registry itself, where pushes go.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn manifest_at_origin(
        &self,
        reference: &ImageReference,
    ) -> Result<Manifest, CallError> {
        let endpoint = Endpoint::origin(&self.wire.access, &reference.registry);
        let (repository, wanted) = (&reference.repository, reference.wanted());
        self.again(async || self.manifest_at(&endpoint, repository, wanted).await).await
    }

    /// A whole blob of at most `limit` bytes; mirrors are asked first.
    ///
    /// # Errors
    /// See [`CallError`]; `NoAnswer` when its digest is not the wanted one.
    pub async fn blob(
        &self,
        source: &ImageReference,
        descriptor: &Descriptor,
        limit: usize,
    ) -> Result<Bytes, CallError> {
        if usize::try_from(descriptor.size).map_or(true, |size| size > limit) {
            let digest = descriptor.digest.as_str();
            let message = format!("blob {digest} is larger than {limit} bytes");
            return Err(refused(GET_BLOB, &message));
        }
        let read = async |endpoint: &Endpoint| {
            let mut stream = self.blob_at(endpoint, &source.repository, descriptor).await?;
            let mut bytes = Vec::new();
            while let Some(data) = stream.next().await {
                let data =
                    data.map_err(|error| no_answer(GET_BLOB, &endpoint.authority, &error))?;
                bytes.extend_from_slice(&data);
            }
            Ok(Bytes::from(bytes))
        };
        self.first_answer(&source.registry, read).await
    }

    /// The bytes of a blob as they come; mirrors are asked first. The stream ends with an
    /// error when size or digest are not the wanted ones.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn blob_stream(
        &self,
        source: &ImageReference,
        descriptor: &Descriptor,
    ) -> Result<BlobBytes, CallError> {
        let open = async |endpoint: &Endpoint| {
            self.blob_at(endpoint, &source.repository, descriptor).await
        };
        self.first_answer(&source.registry, open).await
    }

    /// Asks mirrors, then the registry itself. What was not answered is tried again, unless
    /// somebody has given a definite answer already.
    async fn first_answer<T>(
        &self,
        registry: &str,
        ask: impl AsyncFn(&Endpoint) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let mut errors = Vec::new();
        for endpoint in Endpoint::all(&self.wire.access, registry)? {
            let answer = if errors.iter().any(is_definite) {
                ask(&endpoint).await
            } else {
                self.again(async || ask(&endpoint).await).await
            };
            match answer {
                Ok(found) => return Ok(found),
                Err(error) => errors.push(error),
            }
        }
        Err(last_word(errors))
    }

    pub(super) async fn manifest_at(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        name: &str,
    ) -> Result<Manifest, CallError> {
        let scopes = vec![pull_scope(repository)];
        let session = Session::new(&self.wire, endpoint, scopes, Freshness::Reuse);
        let accepted = http::HeaderValue::try_from(ACCEPTED.join(", "))
            .map_err(|_| refused(GET_MANIFEST, "malformed header"))?;
        let call = Call {
            operation: GET_MANIFEST,
            method: Method::GET,
            url: endpoint.url(repository, &format!("manifests/{name}")),
            headers: vec![(ACCEPT, accepted)],
            payload: Payload::Empty,
        };
        let answer = session.read(&call).await?;
        let stated = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let stated = stated.map(|text| text.split(';').next().unwrap_or(text).trim().to_owned());
        let bytes = session.expect(GET_MANIFEST, answer, &[200], MANIFEST_LIMIT).await?;
        verify(endpoint, name, &bytes)?;
        // A generic type in the header says less than the manifest itself.
        let media_type = stated.filter(|stated| ACCEPTED.contains(&stated.as_str()));
        let media_type = media_type.or_else(|| media_type_in(&bytes)).unwrap_or_default();
        Ok(Manifest::new(media_type, bytes))
    }

    async fn blob_at(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        descriptor: &Descriptor,
    ) -> Result<BlobBytes, CallError> {
        let repository = endpoint.repository(repository);
        let scopes = vec![pull_scope(&repository)];
        let session = Session::new(&self.wire, endpoint, scopes, Freshness::New);
        let call = Call {
            operation: GET_BLOB,
            method: Method::GET,
            url: endpoint.url(&repository, &format!("blobs/{}", descriptor.digest.as_str())),
            headers: Vec::new(),
            payload: Payload::Empty,
        };
        let answer = session.read(&call).await?;
        if !answer.status().is_success() {
            drop(session.expect(GET_BLOB, answer, &[], 0).await?);
            return Err(broken(GET_BLOB, &endpoint.authority, "unexpected answer"));
        }
        Ok(verified::stream(answer.into_body(), descriptor, self.wire.access.patience.idle))
    }

    /// Tries again, with the waits of the settings, what was not answered.
    pub(super) async fn again<T>(
        &self,
        attempt: impl AsyncFn() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        for wait in &self.wire.access.patience.retries {
            match attempt().await {
                Err(error) if may_pass(&error) => {
                    tracing::debug!(%error, "registry: trying again");
                    tokio::time::sleep(*wait).await;
                }
                ended => return ended,
            }
        }
        attempt().await
    }
}

/// A fault that may be gone at the next attempt.
fn may_pass(error: &CallError) -> bool {
    matches!(error.kind, CallErrorKind::NoAnswer | CallErrorKind::Throttled)
}

/// An answer, even if it is not the wanted one.
fn is_definite(error: &CallError) -> bool {
    error.kind != CallErrorKind::NoAnswer
}

/// A digest in the request must be that of the bytes.
fn verify(endpoint: &Endpoint, name: &str, bytes: &[u8]) -> Result<(), CallError> {
    let Ok(wanted) = name.parse::<Digest>() else { return Ok(()) };
    let found = digest_of(bytes);
    if found == wanted {
        return Ok(());
    }
    let message = format!("sent other bytes than {}: {}", wanted.as_str(), found.as_str());
    Err(broken(GET_MANIFEST, &endpoint.authority, &message))
}

/// What is told when nobody had an answer: the registry's own word, or that of a mirror where
/// the registry itself gave none; and what the others said.
fn last_word(mut errors: Vec<CallError>) -> CallError {
    let chosen = errors.iter().rposition(is_definite).or(errors.len().checked_sub(1));
    let Some(chosen) = chosen else { return refused(GET_MANIFEST, "no address to ask") };
    let mut word = errors.remove(chosen);
    for other in errors {
        let separator = if word.message.is_empty() { "" } else { "; " };
        word.message = format!("{}{separator}also asked: {other}", word.message);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definite_answer_of_a_mirror_counts_where_the_registry_gave_none() {
        let error = |place: &str, kind| CallError { kind, ..broken("get", place, "") };
        let word = last_word(vec![
            error("mirror", CallErrorKind::NotFound),
            error("origin", CallErrorKind::NoAnswer),
        ]);
        assert_eq!(
            word.to_string(),
            "get at mirror: not found: also asked: get at origin: no answer"
        );
        let word = last_word(vec![
            error("mirror", CallErrorKind::Denied),
            error("origin", CallErrorKind::NotFound),
        ]);
        assert_eq!(word.place.as_deref(), Some("origin"));
    }
}
