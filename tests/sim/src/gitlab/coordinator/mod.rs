//! The job coordinator: GitLab's runner API on loopback (hand out jobs, take logs, artifacts and ends, say "cancel")
//! and git over HTTP for the projects' repositories. Keeps everything that a runner reported. Never runs a job.

mod api;
mod artifacts;
mod faults;
mod git;
mod jobs;
mod repository;
mod server;

pub use artifacts::Artifact;
pub use faults::Faults;
pub use jobs::{JobRecord, JobStatus};
pub use repository::{Commit, Repository, RepositoryError};
pub use server::{Coordinator, CoordinatorError, Options};
