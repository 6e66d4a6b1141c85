//! What a job or a person can ask for: one file for each command, with its arguments and what
//! it does. The same code runs in the person's own process and, for a job, in the driver.
//!
//! A command sees files as contents, the environment as a map and the caller as a value; it
//! never opens a path of the caller, prints, or asks who is calling.

mod build;
mod bundle;
mod call;
mod caller;
mod console;
mod credentials;
mod docker;
mod doctor;
mod execute;
mod materials;

pub use build::BuildArgs;
pub use bundle::{Bundle, ContextTar, FileContent};
pub use call::Call;
pub use caller::{Caller, JobSeat};
pub use console::{Console, Records};
pub use credentials::collect as collect_logins;
pub use docker::{
    DockerBuildArgs, DockerCall, FormatArgs, ImagesArgs, InspectArgs, LoginArgs, LogoutArgs,
    ManifestAction, ManifestArgs, PullArgs, PushArgs, TagArgs,
};
pub use doctor::{DoctorArgs, doctor};
pub use execute::{execute, execute_for_job};
pub use materials::{Files, Materials};
