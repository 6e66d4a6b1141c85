//! What the registry holds and what it has seen.

use super::options::{Auth, Behaviour, Fault, FaultKind};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// One request, as the access log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// Method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Query, decoded no further.
    pub query: String,
    /// Status of the answer; 0 when the connection was dropped.
    pub status: u16,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) bytes: Bytes,
}

#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) blobs: BTreeSet<String>,
    pub(super) manifests: BTreeMap<String, Manifest>,
    pub(super) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) scopes: BTreeSet<(String, String)>,
    pub(super) uses_left: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Upload {
    pub(super) repository: String,
    pub(super) bytes: Vec<u8>,
    pub(super) patches: u32,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) address: String,
    pub(super) auth: Auth,
    /// User and password pairs that are good beside the one of `auth`.
    pub(super) logins: BTreeSet<(String, String)>,
    pub(super) behaviour: Behaviour,
    pub(super) faults: Vec<Fault>,
    pub(super) blobs: BTreeMap<String, Bytes>,
    pub(super) repositories: BTreeMap<String, Repository>,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) log: Vec<AccessEntry>,
    pub(super) counter: u64,
}

impl State {
    pub(super) fn next_id(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}-{}", self.counter)
    }

    pub(super) fn put_blob(&mut self, repository: &str, bytes: Bytes) -> String {
        let digest = digest_of(&bytes);
        drop(self.blobs.insert(digest.clone(), bytes));
        self.repositories.entry(repository.to_owned()).or_default().blobs.insert(digest.clone());
        digest
    }

    pub(super) fn blob(&self, repository: &str, digest: &str) -> Option<Bytes> {
        self.repositories.get(repository)?.blobs.get(digest)?;
        self.blobs.get(digest).cloned()
    }

    /// The manifest of a tag or digest, with its digest.
    pub(super) fn manifest(&self, repository: &str, name: &str) -> Option<(String, Manifest)> {
        let found = self.repositories.get(repository)?;
        let digest = if name.contains(':') { name } else { found.tags.get(name)?.as_str() };
        Some((digest.to_owned(), found.manifests.get(digest)?.clone()))
    }

    pub(super) fn put_manifest(
        &mut self,
        repository: &str,
        name: &str,
        manifest: Manifest,
    ) -> String {
        let digest = digest_of(&manifest.bytes);
        let kept = self.repositories.entry(repository.to_owned()).or_default();
        drop(kept.manifests.insert(digest.clone(), manifest));
        if !name.contains(':') {
            drop(kept.tags.insert(name.to_owned(), digest.clone()));
        }
        digest
    }

    /// The fault that this request meets; counted down.
    pub(super) fn take_fault(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        let at = self.faults.iter().position(|fault| {
            (fault.method.is_empty() || fault.method == method) && path.contains(fault.path_has)
        })?;
        let kind = self.faults[at].kind;
        match self.faults[at].times {
            0 => {}
            1 => drop(self.faults.remove(at)),
            _ => self.faults[at].times -= 1,
        }
        Some(kind)
    }
}

pub(super) fn digest_of(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
