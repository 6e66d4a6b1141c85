//! The simulated cloud and runner of ecs-canary: for its tests and its demo.

pub mod gitlab;
pub mod registry;
