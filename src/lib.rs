//! ecs-canary: a GitLab Runner custom executor that builds a job's image and releases it to
//! Amazon ECS. `docs/architecture.md` has the map; a module imports only layers below its own.

// Layer 0: words.
pub mod model;
// Layer 1: pure decisions.
pub mod check;
pub mod compose;
pub mod config;
pub mod job;
pub mod journal;
pub mod judge;
pub mod migrate;
pub mod plan;
pub mod rollback;
pub mod taskdef;
pub mod watch;
// Layer 2: ports.
pub mod ports;
// Layer 3: the edge.
pub mod aws;
pub mod build;
pub mod host;
pub mod output;
pub mod registry;
pub mod sandbox;
// Layer 4: doing.
pub mod apply;
// Layer 5: entry.
pub mod broker;
pub mod commands;
pub mod driver;
pub mod failure;
// Layer 6: the command line.
pub mod cli;
