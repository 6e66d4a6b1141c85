//! Talks to image registries by the OCI distribution API: reads and verifies manifests and
//! blobs, uploads, mounts, and streams blobs from one registry to another.
//!
//! Never shows a secret, never takes bytes without comparing their digest, and never speaks
//! to a registry without TLS unless the operator listed it.

mod access;
mod credentials;

pub use access::{Access, ProxySettings};
pub use credentials::{Credentials, Login};

mod client;
pub use client::Client;
