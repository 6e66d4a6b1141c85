//! The simulated cloud and runner of ecs-canary: for its tests and its demo.
//! Knows the services by their wire only; must never depend on the program that is tested.

pub mod cloud;
pub mod demo;
pub mod gitlab;
pub mod registry;
