//! Everything that a release needs of the cloud.

use super::{Ecs, LoadBalancer, Logs, Metrics, Scaling};

/// Everything that a release needs of the cloud.
pub trait Cloud: Ecs + LoadBalancer + Logs + Metrics + Scaling {}

impl<C: Ecs + LoadBalancer + Logs + Metrics + Scaling> Cloud for C {}
