//! Talks to image registries by the OCI distribution API: reads and verifies manifests and
//! blobs, uploads, mounts, and streams blobs from one registry to another.
//!
//! Never shows a secret, never takes bytes without comparing their digest, and never speaks
//! to a registry without TLS unless the operator listed it.

mod access;
mod challenge;
mod client;
mod credentials;
mod dialer;
mod docker_config;
mod endpoint;
mod fault;
mod manifest;
mod payload;
mod resolve;
mod tls;
mod tokens;
mod transport;
mod upload;
mod verified;
mod wire;

pub use access::{Access, Patience, ProxySettings};
pub use client::Client;
pub use credentials::{Credentials, Login};
pub use fault::hint;
pub use manifest::{
    Content, Descriptor, ImageManifest, IndexEntry, Manifest, Platform, digest_of, media_type,
};
pub use payload::BlobBytes;
pub use resolve::CONFIG_LIMIT;
pub use upload::{BlobPush, BlobSource, ManifestPush};
