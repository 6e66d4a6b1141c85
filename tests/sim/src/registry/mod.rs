//! An OCI registry in memory, on loopback, that can misbehave in the ways real ones do; and a
//! reader that pulls an image back and lays its files out. Shares no code with the registry
//! client under test.

mod auth;
mod handle;
mod options;
mod reader;
mod routes;
mod seed;
mod server;
mod state;
mod uploads;

pub use handle::RegistryHandle;
pub use options::{Auth, Behaviour, Fault, FaultKind, RegistryOptions};
pub use reader::{FileNode, ImageReader, PullError, PulledImage};
pub use seed::{NGINX_TAG, SeedFile, SeedImage};
pub use state::AccessEntry;
