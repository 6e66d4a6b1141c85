//! Requests that were really sent to the load balancer, as points.

use super::emit::{Publisher, balancer_of};
use super::outcome::Outcome;
use crate::cloud::brain::state::World;
use crate::cloud::brain::time::SimTime;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a request ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RealAnswer {
    /// ARN of the target group; empty = the load balancer answered itself.
    pub target_group: String,
    /// HTTP status.
    pub status: u16,
    /// Virtual seconds it took.
    pub seconds: f64,
}

/// Publishes the points of one request.
pub(crate) fn observe(world: &mut World, now: SimTime, listener: &str, answer: &RealAnswer) {
    let balancer = balancer_of(world, listener);
    let visible_at = now + world.metric_delay.lag();
    let mut publisher = Publisher {
        metrics: Arc::make_mut(&mut world.metrics),
        minute: now.millis().div_euclid(60_000) * 60,
        visible_at,
    };
    if answer.target_group.is_empty() {
        if answer.status >= 500 {
            publisher.own_answers(&balancer, &answer.status.to_string(), 1);
        }
        return;
    }
    let outcome = Outcome {
        requests: 1,
        classes: BTreeMap::from([(answer.status / 100, 1)]),
        seconds: vec![(answer.seconds, 1.0)],
        ..Outcome::default()
    };
    publisher.group(&balancer, &answer.target_group, &outcome);
}
