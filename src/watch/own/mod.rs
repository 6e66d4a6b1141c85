//! The wait for our own service deployment, by its ARN; by the PRIMARY entry where service
//! deployments cannot be read.

mod conclude;
mod followed;
mod wait;
mod which;

pub use followed::Followed;
pub use wait::Watch;
