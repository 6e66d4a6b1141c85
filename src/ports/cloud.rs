//! Everything that a release needs of the cloud.

use super::{Ecs, LoadBalancer, Logs, Metrics};

/// Everything that a release needs of the cloud.
pub trait Cloud: Ecs + LoadBalancer + Logs + Metrics {}

impl<C: Ecs + LoadBalancer + Logs + Metrics> Cloud for C {}
