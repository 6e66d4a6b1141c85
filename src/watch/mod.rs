//! Follows one service deployment from look to look: decides when to look again, what to say,
//! and how it ended. Never sleeps, never calls AWS.

mod end;

pub use end::{End, EndKind};
