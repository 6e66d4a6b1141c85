//! The only loop: observe, plan, check, do one step, look again. It holds nothing that AWS does
//! not hold, and knows no SDK; what to do is decided by the pure modules below.

mod run;

pub use run::{Ended, run};
