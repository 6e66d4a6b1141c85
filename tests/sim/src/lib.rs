//! sim
pub mod registry;
