//! How a job's script is shut in. `spec` decides what the job gets, `spawn` starts it, `launch`
//! is the small program in between that gives up rights. A profile is one more spec beside
//! `base`; the driver does not change for it. Knows nothing of GitLab's stages or exit codes.

mod directories;
mod error;
pub mod launch;
mod spawn;
mod spec;

pub use directories::JobDirectories;
pub use error::Error;
pub use spawn::{Running, ScriptEnd, check, spawn};
pub use spec::{Ask, JOB_MARK, SYSTEM_PATH, Spec, spec};
