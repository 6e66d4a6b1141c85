//! What the cloud does by itself as time goes by: tasks, targets, rollouts, circuit breaker.
//! Owns every change that no call makes; never reads a clock and never waits.

mod birth;
mod breaker;
mod carry_out;
mod counts;
mod decide;
#[cfg(test)]
mod decide_tests;
mod health;
mod hooks;
mod life;
mod look;
mod native;
mod rollback;
mod rollout;
mod settle;
mod shift;
mod step;
mod stopping;
mod targets;
mod wake;

pub(crate) use birth::{Birth, start};
pub(crate) use counts::Counts;
pub(crate) use life::pull_ended;
pub(crate) use rollback::ask as ask_for_rollback;
pub(crate) use rollout::{begin, drain, revision_settings};
pub(crate) use step::{next_change, step};
pub(crate) use stopping::stop;
pub(crate) use wake::look_soon;
