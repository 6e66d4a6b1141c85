//! The only loop: observe, plan, check, do one step, look again. It holds nothing that AWS does
//! not hold, and knows no SDK; what to do is decided by the pure modules below.

mod blame;
mod drive;
mod eyes;
mod introduction;
mod journal;
mod last_look;
mod native;
mod preview;
mod release;
mod report;
mod run;
mod scaling;
mod sides;
mod so_far;
mod standing;
mod step;
mod stop;
mod task;
mod task_log;
mod verdict;
mod wait;
mod weights;

pub use preview::{Preview, preview};
pub use run::{Ended, run};
pub use scaling::resume_scaling;
pub use so_far::verdict_so_far;
pub use task::{TaskEnded, TaskWanted, run_task};
