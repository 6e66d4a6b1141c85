//! What the Runner and our own config stage said in the environment. Anything that a job can
//! set (`CUSTOM_ENV_*`) is not read.

use crate::host::Environment;
use crate::job::JobKey;
use crate::model::{Secret, Timestamp};
use crate::sandbox::JobDirectories;
use std::path::{Path, PathBuf};

/// Names of our own `job_env`. The Runner hands them to the later stages without a prefix, so a
/// job cannot set them.
pub(super) mod job_env {
    /// [`crate::job::JobKey`] of the job.
    pub(in crate::driver) const KEY: &str = "ECS_CANARY_JOB_KEY";
    /// The job's root directory.
    pub(in crate::driver) const DIRECTORY: &str = "ECS_CANARY_JOB_DIRECTORY";
    /// When the config stage ran, in milliseconds since 1970: the job's pickup.
    pub(in crate::driver) const STARTED: &str = "ECS_CANARY_JOB_STARTED";
    /// When the job's timeout passes.
    pub(in crate::driver) const DEADLINE: &str = "ECS_CANARY_JOB_DEADLINE";
    /// The host's config that the config stage was given.
    pub(in crate::driver) const HOST_CONFIG: &str = "ECS_CANARY_HOST_CONFIG";
}

/// The Runner's side of one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// Exit code for "the script failed".
    pub(super) build_failure: u8,
    /// Exit code for "the host failed".
    pub(super) system_failure: u8,
    /// Where the script's own code goes; Runners before 17.9 have none.
    pub(super) code_file: Option<PathBuf>,
    /// The job, in JSON.
    pub(super) response_file: Option<PathBuf>,
    /// From our config stage.
    pub(super) key: Option<JobKey>,
    /// From our config stage; only when they are those of `key`.
    pub(super) directory: Option<JobDirectories>,
    /// From our config stage.
    pub(super) deadline: Option<Timestamp>,
    /// From our config stage.
    pub(super) host_config: Option<PathBuf>,
    /// The proxy of the Runner's own process; counts where the host's config names none.
    pub(super) proxy: Option<Secret>,
}

impl Surroundings {
    pub(super) fn read(environment: &Environment) -> Self {
        let code = |name: &str| environment.text(name)?.parse().ok().filter(|code| *code != 0);
        let file = |name: &str| environment.path(name).map(Path::to_owned);
        let millis = |name: &str| environment.text(name)?.parse().ok();
        let proxy =
            |name: &str| environment.text(name).filter(|value| !value.is_empty()).map(Secret::new);
        let key = environment.text(job_env::KEY).and_then(JobKey::parse);
        let directory = file(job_env::DIRECTORY)
            .zip(key.as_ref())
            .and_then(|(root, key)| JobDirectories::at(root, key));
        Self {
            build_failure: code("BUILD_FAILURE_EXIT_CODE").unwrap_or(1),
            system_failure: code("SYSTEM_FAILURE_EXIT_CODE").unwrap_or(2),
            code_file: file("BUILD_EXIT_CODE_FILE"),
            response_file: file("JOB_RESPONSE_FILE"),
            directory,
            deadline: millis(job_env::DEADLINE).map(Timestamp::from_millis),
            host_config: file(job_env::HOST_CONFIG),
            proxy: ["HTTPS_PROXY", "https_proxy"].into_iter().find_map(proxy),
            key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_runners_defaults_and_are_never_zero() {
        let bare = Surroundings::read(&Environment::default());
        assert_eq!((bare.build_failure, bare.system_failure), (1, 2));
        let zero = Environment::from_iter([("BUILD_FAILURE_EXIT_CODE", "0")]);
        assert_eq!(Surroundings::read(&zero).build_failure, 1);
    }

    #[test]
    fn a_directory_that_is_not_the_jobs_is_not_believed() {
        let of = |directory: &str| {
            let pairs = [(job_env::KEY, "7-0123456789abcdef"), (job_env::DIRECTORY, directory)];
            Surroundings::read(&Environment::from_iter(pairs)).directory
        };
        assert!(of("/b/7-0123456789abcdef").is_some());
        for directory in ["/b", "/", "7-0123456789abcdef", "/b/7-0123456789abcdef/.."] {
            assert_eq!(of(directory), None, "{directory}");
        }
    }

    #[test]
    fn a_jobs_variables_are_not_read() {
        let pairs = [
            ("CUSTOM_ENV_ECS_CANARY_JOB_KEY", "7-0123456789abcdef"),
            ("CUSTOM_ENV_JOB_RESPONSE_FILE", "/forged"),
            ("CUSTOM_ENV_HTTPS_PROXY", "http://forged"),
        ];
        let found = Surroundings::read(&Environment::from_iter(pairs));
        assert_eq!((found.key, found.response_file, found.proxy), (None, None, None));
    }
}
