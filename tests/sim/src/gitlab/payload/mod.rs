//! The job as the coordinator hands it out and as the runner writes it to `JOB_RESPONSE_FILE`.
//! Field order and the treatment of missing values follow GitLab Runner's `common/spec`; what is not listed here is
//! dropped on the way, as the real runner drops what it does not know.

mod files;
mod image;
mod job;
mod null;
mod variable;

pub use files::{Artifact, ArtifactsFile, Cache, Dependency};
pub use image::{DockerOptions, ExecutorOptions, Image, KubernetesOptions};
pub use job::{
    Credentials, Features, GitInfo, Hook, Job, JobInfo, PolicyOptions, RunnerInfo, SuspendOptions,
};
pub use variable::{Step, Variable};
