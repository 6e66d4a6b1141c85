//! From what is wanted, what was seen and what this run did so far: the steps up to the next
//! wait, and what is waited for and why. Never reads a clock, never calls anybody; no choice
//! is left to whoever carries the plan out.

mod back;
mod conclude;
mod history;
mod lane;
mod next;
mod precheck;
mod request;
mod revision;
mod standing;
mod step;

#[cfg(test)]
mod tests;

pub use conclude::release_image;
pub use history::{Attempt, Before, History, Lost, Sent, ServiceHistory};
pub use next::next;
pub use precheck::precheck;
pub use revision::{HeldImage, held_image};
pub use step::{
    Expected, Phase, Plan, Precheck, ReuseReason, RevisionRef, Step, UpdateReason, Waiting,
    WaitingOn,
};
