//! What a command that changes services notes while it is under way, and what the cleanup stage
//! makes of the note when the run stage was killed: once more, within a small time. A release is
//! taken back, a rollback or a change of counts goes on.

mod note;
mod take_back;

pub use note::was_under_way;
pub(super) use note::{forget, note};
pub use take_back::{SecondChance, Silent, take_back};
