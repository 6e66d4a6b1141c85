//! One job on one executor, from beginning to end: the tool of the executor's own tests. Starts a coordinator and a
//! runner, gives it the job, cancels or deletes it at a moment if asked, and returns all that GitLab and the runner
//! know. Judges nothing.

mod ended;
mod fill_in;
mod run;

pub use ended::{Ended, TrialError};
pub use run::{Intervention, Trial};
