//! Elastic Load Balancing's actions (version 2). Owns validation, answers and what an action
//! changes; health and draining are the scheduler's, traffic is the data plane's.

mod actions;
mod authenticate;
mod dispatch;
mod errors;
mod listeners;
mod load_balancers;
mod route;
mod rules;
mod tags;
mod target_groups;
mod target_health;

pub(crate) use dispatch::{change, read};
pub(crate) use route::{Answers, open_targets, route, rule_of};
pub use route::{Picked, Routed, Visit};
