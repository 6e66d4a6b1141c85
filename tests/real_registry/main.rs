//! Images of the real binary in a real registry (Debian's docker-registry with passwords): who
//! can pull them, what travels, and whether docker and buildah make the same of a Dockerfile.
//! What is not installed, or cannot run here, is skipped with a line that says why.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "starts a registry, docker and the binary")]

mod base;
mod cases;
mod daemon;
mod describe;
mod deviations;
mod engine;
mod http;
mod process;
mod pullers;
mod registry;
mod same_image;
mod upload;
mod world;
