//! By the name `docker`: what build jobs do with it, without a daemon. Images that were built
//! live in the job's store until they are pushed; nothing is ever run.

mod args;

pub use args::{
    DockerBuildArgs, DockerCall, FormatArgs, ImagesArgs, InspectArgs, LoginArgs, LogoutArgs,
    ManifestAction, ManifestArgs, PullArgs, PushArgs, TagArgs,
};
