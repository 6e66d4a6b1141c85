//! Which lanes a goal has, in order, and the phase that each belongs to.

mod back;
mod full;
mod runs;
mod share;
mod whole;

pub(super) use back::{canary_rests, rollback};
pub(super) use full::after_full;
pub(super) use runs::{is_straight, is_way_back, running, runs_release};
pub(super) use whole::{Course, aborting, cause, course};
