//! An OCI registry in memory, on loopback, that can misbehave in the ways real ones do.

mod handle;

pub use handle::{Auth, RegistryHandle, RegistryOptions};
