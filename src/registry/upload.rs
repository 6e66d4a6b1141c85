//! Writing: blobs by mount or by one upload each, manifests with their digest read back.

use super::client::Client;
use super::endpoint::Endpoint;
use super::fault::{broken, from_status};
use super::manifest::{Descriptor, MANIFEST_LIMIT, Manifest};
use super::payload;
use super::tokens::Freshness;
use super::wire::{Call, Payload, Session, location, pull_scope, push_scope};
use crate::model::{CallError, CallErrorKind, ImageReference};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::HeaderValue;
use hyper::Method;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

const HEAD_BLOB: &str = "registry: HEAD blob";
const MOUNT: &str = "registry: mount blob";
const BEGIN: &str = "registry: POST upload";
const UPLOAD: &str = "registry: PUT blob";
const PUT_MANIFEST: &str = "registry: PUT manifest";

/// Where the bytes of a blob are.
#[derive(Debug, Clone)]
pub enum BlobSource {
    /// In memory.
    Memory(Bytes),
    /// In a file of ours.
    File(PathBuf),
    /// In a registry: mounted when it is the target's, else streamed.
    Image(ImageReference),
}

/// How a blob came to be at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobPush {
    /// It was there.
    Present,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It was sent.
    Sent,
}

/// How a manifest came to be at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestPush {
    /// The tag stood for it already.
    Present,
    /// It was sent.
    Sent,
}

impl Client {
    /// Makes sure that the repository of `target` has a blob. Nothing is kept in memory or on
    /// disk on the way.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn push_blob(
        &self,
        target: &ImageReference,
        descriptor: &Descriptor,
        source: &BlobSource,
    ) -> Result<BlobPush, CallError> {
        let endpoint = Endpoint::origin(&self.wire.access, &target.registry);
        self.again(async || {
            let push = Push { client: self, endpoint: &endpoint, target, descriptor };
            push.run(source).await
        })
        .await
    }

    /// Puts a manifest under the tag of `target` (its digest, when it has no tag). A tag that
    /// stands for it already is left alone, even where tags cannot be changed.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn push_manifest(
        &self,
        target: &ImageReference,
        manifest: &Manifest,
    ) -> Result<ManifestPush, CallError> {
        let endpoint = Endpoint::origin(&self.wire.access, &target.registry);
        let name = match &target.tag {
            Some(tag) => tag.as_str(),
            None => manifest.digest.as_str(),
        };
        let sent = self
            .again(async || self.put_manifest(&endpoint, &target.repository, name, manifest).await)
            .await;
        match sent {
            Ok(()) => Ok(ManifestPush::Sent),
            // An immutable tag is refused even when it stands for the same bytes, and how that
            // is said differs from registry to registry: what the tag stands for decides.
            Err(refusal) if refusal.kind == CallErrorKind::Refused => {
                match self.manifest_at(&endpoint, &target.repository, name).await {
                    Ok(found) if found.digest == manifest.digest => Ok(ManifestPush::Present),
                    _ => Err(refusal),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn put_manifest(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        name: &str,
        manifest: &Manifest,
    ) -> Result<(), CallError> {
        let scopes = vec![push_scope(repository)];
        let session = Session::new(&self.wire, endpoint, scopes, Freshness::Reuse);
        let media_type = HeaderValue::try_from(&manifest.media_type)
            .map_err(|_| broken(PUT_MANIFEST, &endpoint.authority, "malformed media type"))?;
        let call = Call {
            operation: PUT_MANIFEST,
            method: Method::PUT,
            url: endpoint.url(repository, &format!("manifests/{name}")),
            headers: vec![(CONTENT_TYPE, media_type)],
            payload: Payload::Bytes(manifest.bytes.clone()),
        };
        let answer = session.send(&call).await?;
        let _before = self.wire.sent.fetch_add(manifest.bytes.len() as u64, Ordering::Relaxed);
        session.expect(PUT_MANIFEST, answer, &[200, 201, 202, 204], MANIFEST_LIMIT).await.map(drop)
    }
}

/// One attempt to bring one blob to one repository, with tokens of its own.
struct Push<'a> {
    client: &'a Client,
    endpoint: &'a Endpoint,
    target: &'a ImageReference,
    descriptor: &'a Descriptor,
}

/// What became of a request to mount.
enum Mount {
    Done,
    /// Declined; the registry opened an upload instead.
    Upload(String),
    /// Refused in some way: an upload is asked for in its own right.
    No,
}

impl Push<'_> {
    async fn run(&self, source: &BlobSource) -> Result<BlobPush, CallError> {
        let session = self.session(vec![push_scope(&self.target.repository)]);
        if self.is_present(&session).await? {
            return Ok(BlobPush::Present);
        }
        let mount = match source {
            BlobSource::Image(image) => self.mount(image).await?,
            BlobSource::Memory(_) | BlobSource::File(_) => Mount::No,
        };
        let address = match mount {
            Mount::Done => return Ok(BlobPush::Mounted),
            Mount::Upload(address) => address,
            Mount::No => self.begin(&session).await?,
        };
        self.upload(&session, &address, source).await?;
        Ok(BlobPush::Sent)
    }

    fn session(&self, scopes: Vec<String>) -> Session<'_> {
        Session::new(&self.client.wire, self.endpoint, scopes, Freshness::New)
    }

    async fn is_present(&self, session: &Session<'_>) -> Result<bool, CallError> {
        let call = self.call(HEAD_BLOB, Method::HEAD, self.blob_url());
        let answer = session.read(&call).await?;
        let status = answer.status();
        match status.as_u16() {
            200..=299 => Ok(true),
            404 => Ok(false),
            _ => Err(from_status(HEAD_BLOB, &self.endpoint.authority, status, &[])),
        }
    }

    async fn mount(&self, image: &ImageReference) -> Result<Mount, CallError> {
        let access = &self.client.wire.access;
        let endpoints = Endpoint::all(access, &image.registry)?;
        let same = endpoints.iter().find(|from| from.authority == self.endpoint.authority);
        let Some(same) = same else { return Ok(Mount::No) };
        let from = same.repository(&image.repository);
        if from == self.target.repository {
            return Ok(Mount::No);
        }
        let session = self.session(vec![push_scope(&self.target.repository), pull_scope(&from)]);
        let digest = self.descriptor.digest.as_str();
        let url = self.uploads_url(&format!("?mount={digest}&from={from}"));
        let call = self.call(MOUNT, Method::POST, url);
        // A token server may refuse the pair of scopes as a whole.
        let Ok(answer) = session.send(&call).await else { return Ok(Mount::No) };
        Ok(match answer.status().as_u16() {
            201 => Mount::Done,
            202 => Mount::Upload(location(&call.url, &answer, MOUNT)?),
            _ => Mount::No,
        })
    }

    async fn begin(&self, session: &Session<'_>) -> Result<String, CallError> {
        let call = self.call(BEGIN, Method::POST, self.uploads_url(""));
        let answer = session.send(&call).await?;
        let address = location(&call.url, &answer, BEGIN);
        drop(session.expect(BEGIN, answer, &[202], MANIFEST_LIMIT).await?);
        address
    }

    /// One PUT with the whole body: ECR loses every PATCH after the first.
    async fn upload(
        &self,
        session: &Session<'_>,
        address: &str,
        source: &BlobSource,
    ) -> Result<(), CallError> {
        let separator = if address.contains('?') { '&' } else { '?' };
        let url = format!("{address}{separator}digest={}", self.descriptor.digest.as_str());
        let octets = HeaderValue::from_static("application/octet-stream");
        let length = HeaderValue::from(self.descriptor.size);
        let call = Call {
            operation: UPLOAD,
            method: Method::PUT,
            url,
            headers: vec![(CONTENT_TYPE, octets), (CONTENT_LENGTH, length)],
            payload: Payload::Blob {
                size: self.descriptor.size,
                open: &|| Box::pin(self.open(source)),
            },
        };
        let answer = session.send(&call).await?;
        session.expect(UPLOAD, answer, &[200, 201, 202, 204], MANIFEST_LIMIT).await.map(drop)
    }

    async fn open(&self, source: &BlobSource) -> Result<payload::BlobBytes, CallError> {
        match source {
            BlobSource::Memory(bytes) => Ok(stream::iter([Ok(bytes.clone())]).boxed()),
            BlobSource::File(path) => payload::file(path).await.map_err(|error| {
                let message = format!("{}: {error}", path.display());
                super::fault::refused(UPLOAD, &message)
            }),
            BlobSource::Image(image) => self.client.blob_stream(image, self.descriptor).await,
        }
    }

    fn call(&self, operation: &'static str, method: Method, url: String) -> Call<'static> {
        Call { operation, method, url, headers: Vec::new(), payload: Payload::Empty }
    }

    fn blob_url(&self) -> String {
        let rest = format!("blobs/{}", self.descriptor.digest.as_str());
        self.endpoint.url(&self.target.repository, &rest)
    }

    fn uploads_url(&self, query: &str) -> String {
        self.endpoint.url(&self.target.repository, &format!("blobs/uploads/{query}"))
    }
}
