//! Starting, filling and watching the registry.

use super::options::{Behaviour, Fault, RegistryOptions};
use super::seed::{self, SeedImage};
use super::server;
use super::state::{AccessEntry, Manifest, State};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinHandle;

/// A running registry; it ends when this is dropped.
#[derive(Debug)]
pub struct RegistryHandle {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

impl RegistryHandle {
    /// Starts on a free port of 127.0.0.1. Needs a running tokio runtime.
    ///
    /// # Errors
    /// The system's answer when no socket can be had.
    pub async fn start(options: RegistryOptions) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = State {
            address: address.to_string(),
            auth: options.auth,
            behaviour: options.behaviour,
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, server })
    }

    /// `127.0.0.1:PORT`, the registry's name in image references.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// `http://127.0.0.1:PORT`, for `mirrors`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a small image `library/nginx:1.27` there, as an index of two platforms with an
    /// attestation, like the one of docker.io; returns the index's digest.
    pub fn seed_nginx(&self) -> String {
        seed::nginx(&mut self.lock())
    }

    /// Puts an image there under a tag; returns the digest of its manifest or index.
    pub fn seed(&self, repository: &str, tag: &str, image: &SeedImage) -> String {
        image.put(&mut self.lock(), repository, tag)
    }

    /// Changes lasting habits.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.lock().behaviour);
    }

    /// One more login beside the one of the options, e.g. a job's token.
    pub fn add_login(&self, user: &str, password: &str) {
        self.lock().logins.insert((user.to_owned(), password.to_owned()));
    }

    /// A login that is good no more.
    pub fn remove_login(&self, user: &str, password: &str) {
        self.lock().logins.remove(&(user.to_owned(), password.to_owned()));
    }

    /// Adds a fault; faults are met in the order they were added.
    pub fn fault(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// The requests so far.
    pub fn log(&self) -> Vec<AccessEntry> {
        self.lock().log.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.lock().log.clear();
    }

    /// Bytes of bodies received and sent, by the log.
    pub fn bytes(&self) -> (u64, u64) {
        let state = self.lock();
        state.log.iter().fold((0, 0), |(received, sent), entry| {
            (received + entry.bytes_in, sent + entry.bytes_out)
        })
    }

    /// Media type and bytes of a manifest, by tag or digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<(String, Bytes)> {
        let (_, manifest) = self.lock().manifest(repository, reference)?;
        Some((manifest.media_type, manifest.bytes))
    }

    /// Digest behind a tag.
    pub fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        Some(self.lock().manifest(repository, tag)?.0)
    }

    /// A blob.
    pub fn blob(&self, repository: &str, digest: &str) -> Option<Bytes> {
        self.lock().blob(repository, digest)
    }

    /// Digests of all blobs of a repository.
    pub fn blobs(&self, repository: &str) -> Vec<String> {
        let state = self.lock();
        let found = state.repositories.get(repository);
        found.map(|found| found.blobs.iter().cloned().collect()).unwrap_or_default()
    }

    /// Names of all repositories with their tags and digests.
    pub fn tags(&self) -> Vec<(String, String, String)> {
        let state = self.lock();
        let tags = state.repositories.iter().flat_map(|(name, repository)| {
            repository.tags.iter().map(|(tag, digest)| (name.clone(), tag.clone(), digest.clone()))
        });
        tags.collect()
    }

    /// Puts a blob there.
    pub fn put_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> String {
        self.lock().put_blob(repository, bytes.into())
    }

    /// Puts a manifest there under a tag or its digest; returns its digest.
    pub fn put_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        bytes: impl Into<Bytes>,
    ) -> String {
        let manifest = Manifest { media_type: media_type.to_owned(), bytes: bytes.into() };
        self.lock().put_manifest(repository, reference, manifest)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RegistryHandle {
    fn drop(&mut self) {
        self.server.abort();
    }
}
