//! Checks before the first change, and an independent check of every finished plan. Pure:
//! what could not be read is a finding of its own, never a yes or a no.

mod before;
mod deadlock;
mod load_balancer;
mod native;
mod older;
mod plan;
mod scaling;
mod verify;
mod weights;

#[cfg(test)]
mod tests;

pub use before::{Checked, before};
pub use deadlock::can_move;
pub use plan::{Violation, plan};
pub use verify::{Facts, ImageFact, JudgeFacts, Read, all_secrets, roles, verify};
