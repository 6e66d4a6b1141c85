//! AWS: the ECS, load balancing, autoscaling, metric, log and identity calls of a release, with the caller's
//! own rights.
//!
//! The only module that names an SDK type. It converts, sends and retries what may be retried;
//! it never decides, never resends a change whose answer was lost, and inside a job never takes
//! a right or an address from anywhere but the job.

mod access;
mod call_error;
mod cloud;
mod connection;
mod credentials;
mod deployments;
mod error;
mod exchange;
mod from_sdk;
mod log_events;
mod log_groups;
mod metrics;
mod named;
mod one_task;
mod ports;
mod resend;
mod rules;
mod scaling;
mod services;
mod signed;
mod target_groups;
mod task_definitions;
mod tasks;
mod wire;

pub use access::{AwsAccess, Patience};
pub use cloud::{AwsCloud, CallerIdentity};
pub use connection::connect;
pub use error::Error;
pub use log_groups::LogGroup;
pub use tasks::{TaskAim, TaskOwner};
