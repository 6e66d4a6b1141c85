//! The parts of a plan.

mod kind;
mod parts;
mod waiting;
mod whole;
mod words;

pub use kind::Step;
pub use parts::{
    Expected, JournalEntry, Phase, Precheck, ReuseReason, RevisionRef, ScaleInStep, UpdateReason,
    WeightsStep,
};
pub use waiting::{Waiting, WaitingOn};
pub use whole::Plan;
