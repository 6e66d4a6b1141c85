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
        let mut passed_over = Vec::new();
        for endpoint in Endpoint::all(&self.wire.access, &reference.registry)? {
            let repository = endpoint.repository(&reference.repository);
            match self.manifest_at(&endpoint, &repository, reference.wanted()).await {
                Ok(manifest) => return Ok(manifest),
                Err(error) => passed_over.push((endpoint.authority, error)),
            }
        }
        Err(last_word(passed_over))
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
        self.manifest_at(&endpoint, &reference.repository, reference.wanted()).await
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
        let limit_left = usize::try_from(descriptor.size).is_ok_and(|size| size <= limit);
        if !limit_left {
            let message =
                format!("blob {} is larger than {limit} bytes", descriptor.digest.as_str());
            return Err(refused(GET_BLOB, &message));
        }
        let mut stream = self.blob_stream(source, descriptor).await?;
        let mut bytes = Vec::new();
        while let Some(data) = stream.next().await {
            let data = data.map_err(|error| no_answer(GET_BLOB, &source.registry, &error))?;
            bytes.extend_from_slice(&data);
        }
        Ok(bytes.into())
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
        let mut passed_over = Vec::new();
        for endpoint in Endpoint::all(&self.wire.access, &source.registry)? {
            match self.blob_at(&endpoint, &source.repository, descriptor).await {
                Ok(stream) => return Ok(stream),
                Err(error) => passed_over.push((endpoint.authority, error)),
            }
        }
        Err(last_word(passed_over))
    }

    pub(super) async fn manifest_at(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        name: &str,
    ) -> Result<Manifest, CallError> {
        self.again(async || {
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
            let stated =
                stated.map(|text| text.split(';').next().unwrap_or(text).trim().to_owned());
            let bytes = session.expect(GET_MANIFEST, answer, &[200], MANIFEST_LIMIT).await?;
            verify(endpoint, name, &bytes)?;
            // A generic type in the header says less than the manifest itself.
            let media_type = stated.filter(|stated| ACCEPTED.contains(&stated.as_str()));
            let media_type = media_type.or_else(|| media_type_in(&bytes)).unwrap_or_default();
            Ok(Manifest::new(media_type, bytes))
        })
        .await
    }

    async fn blob_at(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        descriptor: &Descriptor,
    ) -> Result<BlobBytes, CallError> {
        let repository = endpoint.repository(repository);
        self.again(async || {
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
                session.expect(GET_BLOB, answer, &[], 0).await?;
                return Err(broken(GET_BLOB, &endpoint.authority, "unexpected answer"));
            }
            Ok(verified::stream(answer.into_body(), descriptor, self.wire.access.patience.idle))
        })
        .await
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

/// The registry's own error, with what its mirrors said.
fn last_word(mut passed_over: Vec<(String, CallError)>) -> CallError {
    let Some((_, mut error)) = passed_over.pop() else {
        return refused(GET_MANIFEST, "no address to ask");
    };
    if !passed_over.is_empty() {
        let mirrors: Vec<String> =
            passed_over.iter().map(|(_, error)| format!("mirror: {error}")).collect();
        let separator = if error.message.is_empty() { "" } else { "; " };
        error.message = format!("{}{separator}{}", error.message, mirrors.join("; "));
    }
    error
}
