//! The steps of one service, up to its next wait.

mod count;
mod ended;
mod kind;
mod others;
mod release;
mod stop;
mod wait;

pub(super) use count::{at_least, scale};
pub(super) use ended::failed_revision;
pub(super) use kind::{Aim, Lane};
pub(super) use release::release;
pub(super) use stop::{remove, stop, stop_own};
pub(super) use wait::own;
