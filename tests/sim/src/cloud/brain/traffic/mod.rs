//! Requests that nobody sends: users in virtual time, as counts. Owns how many there are,
//! where they go and how they end; their points go to CloudWatch.

mod chance;
mod emit;
mod outcome;
mod plan;
mod real;
mod slice;
mod tally;

pub use plan::{Burst, Incident, TrafficPlan};
pub use real::RealAnswer;
pub(crate) use real::observe;
pub(crate) use slice::Traffic;
pub use tally::Tally;
