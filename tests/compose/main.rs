//! Properties of the translation: no text makes it panic, and no key is dropped silently.
//! `COMPOSE_EXECUTIONS=1000000 cargo test --release --test compose` runs the mutations longer.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod keys;
mod mutations;
mod random;
mod size;
mod wild;
