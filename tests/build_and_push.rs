//! Builds and pushes against the simulated registry, and reads back what came of it with a
//! reader that shares no code with the builder.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "build_and_push/setup.rs"]
mod setup;

#[path = "build_and_push/content.rs"]
mod content;
#[path = "build_and_push/faults.rs"]
mod faults;
#[path = "build_and_push/logins.rs"]
mod logins;
#[path = "build_and_push/store.rs"]
mod store;
