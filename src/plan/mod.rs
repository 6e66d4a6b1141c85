//! From what is wanted, what was seen and what this run did so far: the steps up to the next
//! wait, and what is waited for and why. Never reads a clock, never calls anybody; no choice
//! is left to whoever carries the plan out.

mod back;
mod carries;
mod conclude;
mod course;
mod ending;
mod following;
mod gate_over;
mod gives_way;
mod history;
mod hold;
mod journaling;
mod judged_before;
mod lane;
mod learned;
mod native;
mod native_request;
mod native_side;
mod next;
mod precheck;
mod renewal;
mod request;
mod revision;
mod scaling;
mod scaling_calls;
mod standing;
mod step;
mod traffic;

#[cfg(test)]
mod tests;

pub use carries::{CanaryIs, Shortfall, is_replaced, shortfall};
pub use conclude::release_image;
pub use ending::{
    Ending, Unfinished, given_back, is_lease_lost, left_by_a_dead_run, takes_canary_back,
    takes_share,
};
pub use following::{followed, ran_before, until, way_back};
pub use gives_way::giving_way;
pub use history::{
    Answer, Attempt, Before, CountSent, FullAwaited, History, Joined, Lost, Noted, ScaleInSent,
    Sent, ServiceHistory, WeightsSent,
};
pub use journaling::{keeper, lost_to};
pub use judged_before::is_being_taken_back;
pub use learned::Sending;
pub use native_side::{canary_group, canary_share};
pub use next::{gate_is_over, is_begun, next, takes_over, unwinds};
pub use precheck::precheck;
pub use renewal::{Renewal, renewal, taken_up};
pub use request::of_tasks;
pub use revision::{HeldImage, held_image, release_tags};
pub use scaling::{may_be_more, resumes, sets_count, without_autoscaled_count};
pub use scaling_calls::{ScalingAnswer, ScalingCall};
pub use step::{
    Expected, JournalEntry, Phase, Plan, Precheck, ReuseReason, RevisionRef, ScaleInStep, Step,
    UpdateReason, Waiting, WaitingOn, WeightsStep,
};
