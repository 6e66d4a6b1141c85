//! Follows one service deployment from look to look: decides when to look again and at what,
//! what to say, and how it ended. Never sleeps, never calls AWS.

mod cause;
mod count;
mod degraded;
mod end;
mod first;
mod hold;
mod judged;
mod look;
mod mask;
mod own;
mod pace;
mod paused;
mod ran;
mod report;
mod settle;
mod stages;
mod standing;
mod talk;
mod verdict;
mod words;

#[cfg(test)]
mod stable_waiter_tests;
#[cfg(test)]
mod tests;

pub use cause::{HealthAsked, likely_cause};
pub use count::CountWatch;
pub use end::{End, EndKind};
pub use first::first_sign;
pub use hold::{Held, HoldWatch};
pub use judged::{Asked, JudgeWatch, told as told_verdict};
pub use look::{Answer, Ask, AskDeployments, AskJudge, Glimpse, Look, Next, Waiter};
pub use mask::masked;
pub use own::{Followed, Watch};
pub use report::{LogWish, headline, log_wishes, place as log_place, report_lines};
pub use settle::SettleWatch;
pub use stages::Answers;
pub use standing::standing;
pub use words::{duration, event_text, shortened};
