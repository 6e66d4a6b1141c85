//! From what is wanted, what was seen and what this run did so far: the steps up to the next
//! wait, and what is waited for and why. Never reads a clock, never calls anybody; no choice
//! is left to whoever carries the plan out.

mod history;
mod step;

pub use history::{Attempt, Before, History, Sent, ServiceHistory};
pub use step::{
    Expected, Phase, Plan, Precheck, ReuseReason, RevisionRef, Step, UpdateReason, Waiting,
    WaitingOn,
};
