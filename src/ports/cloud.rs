//! Everything that a release needs of the cloud.

use super::{Ecs, LoadBalancer, Metrics};

/// Everything that a release needs of the cloud.
pub trait Cloud: Ecs + LoadBalancer + Metrics {}

impl<C: Ecs + LoadBalancer + Metrics> Cloud for C {}
