//! `doctor`: can this host run jobs? Looks, changes nothing.

use crate::config::{self, HostConfig};
use crate::failure::{self, Exit, Failure};
use crate::host::{Environment, files, program_in, user_id, user_name};
use crate::model::{Event, Finding, Outcome, OutcomeKind, Severity};
use crate::ports::Reporter;
use crate::sandbox;
use clap::Args;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Read when no other is named.
const HOST_CONFIG: &str = "/etc/ecs-canary/config.toml";
const HOST_CONFIG_LIMIT: u64 = 1 << 20;
/// The oldest kernel that the README names: all that the executor uses (pidfd_open came with
/// 5.3), in a release with long support.
const OLDEST_KERNEL: (u32, u32) = (5, 4);
/// A key, its directory and the socket's name below builds_dir, of the kernel's 107 bytes.
const BELOW_BUILDS_DIR: usize = 54;
const SOCKET_PATH: usize = 100;

/// Arguments of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DoctorArgs {}

/// Tells each check, and ends with success when none failed.
pub fn doctor(
    _args: &DoctorArgs,
    config: Option<&Path>,
    environment: &Environment,
    reporter: &impl Reporter,
) -> Outcome {
    let host = match host_config(config) {
        Ok(host) => host,
        Err(failure) => return failure.tell(reporter),
    };
    let path = environment.text("PATH").unwrap_or_default();
    let checks = [
        ("kernel", kernel()),
        ("user", user(user_id())),
        ("bash", program(path, "bash", "no script can start without it")),
        ("git", program(path, "git", "get_sources needs it")),
        ("runner", runner(path)),
        ("builds_dir", builds_dir(&host.job.builds_dir, user_id())),
        ("cache_dir", directory(&host.job.cache_dir)),
        ("job socket", socket(&host.job.builds_dir)),
        ("sandbox", sandbox_profile(&host)),
    ];
    let mut errors = 0;
    for (name, found) in checks {
        match found {
            Ok(text) => reporter.emit(Event::fact(name, text)),
            Err(finding) => {
                errors += usize::from(finding.severity == Severity::Error);
                let message = format!("{name}: {}", finding.message);
                reporter.emit(Event::Finding { finding: Finding { message, ..finding } });
            }
        }
    }
    failure::finish(match errors {
        0 => Outcome::new(OutcomeKind::Succeeded),
        count => Outcome::refused(crate::model::Refusal::Preflight)
            .because(format!("{count} of the checks above failed: jobs would fail on this host"))
            .hinting("put right what they name and run doctor again"),
    })
}

fn host_config(named: Option<&Path>) -> Result<HostConfig, Failure> {
    let path = named.unwrap_or(Path::new(HOST_CONFIG));
    let shown = path.display().to_string();
    match files::read_text(path, HOST_CONFIG_LIMIT) {
        Ok(text) => {
            config::host(&shown, &text).map_err(|findings| Failure::findings(Exit::File, findings))
        }
        Err(cause) if named.is_none() && cause.kind() == io::ErrorKind::NotFound => {
            Ok(HostConfig::default())
        }
        Err(cause) => Err(Failure::new(Exit::File, format!("{shown}: {cause}"))),
    }
}

fn kernel() -> Result<String, Finding> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) < OLDEST_KERNEL => {
            let (major, minor) = OLDEST_KERNEL;
            Err(Finding::error(format!("{release} is older than {major}.{minor}"))
                .hint("Update the host's distribution."))
        }
        (Some(_), Some(_)) => Ok(release.to_owned()),
        _ => Err(Finding::could_not_tell(format!("its version \"{release}\" is not understood"))),
    }
}

fn user(id: u32) -> Result<String, Finding> {
    match id {
        0 => {
            Err(Finding::warning("jobs run as root").hint("Run gitlab-runner as an ordinary user."))
        }
        id => Ok(format!("{} ({id})", user_name())),
    }
}

/// A directory that another user made is mostly that of the Runner's user, who is not asking.
fn builds_dir(path: &Path, caller: u32) -> Result<String, Finding> {
    let said = directory(path)?;
    match std::fs::metadata(path) {
        Ok(found) if found.uid() != caller => Err(Finding::warning(format!(
            "{} belongs to user {}, and this is user {caller}",
            path.display(),
            found.uid()
        ))
        .hint("Run doctor as the Runner's user.")),
        _ => Ok(said),
    }
}

fn program(path: &str, name: &str, why: &str) -> Result<String, Finding> {
    program_in(path, name).map(|found| found.display().to_string()).ok_or_else(|| {
        Finding::error(format!("not in PATH: {why}")).hint(format!("Install {name} on this host."))
    })
}

/// Inside a stage the Runner is our parent process; here only PATH can be looked at.
fn runner(path: &str) -> Result<String, Finding> {
    program_in(path, "gitlab-runner").map(|found| found.display().to_string()).ok_or_else(|| {
        Finding::could_not_tell("gitlab-runner is not in this PATH")
            .hint("Jobs get the binary of the Runner that starts them, wherever it is.")
    })
}

fn directory(path: &Path) -> Result<String, Finding> {
    let shown = path.display();
    let existing = path.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(path);
    let writable = rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_ok();
    let owner = std::fs::metadata(existing).map(|found| found.uid()).unwrap_or_default();
    match (writable, existing == path) {
        (true, true) => Ok(format!("{shown} can be written")),
        (true, false) => Ok(format!("{shown} can be made")),
        (false, _) => Err(Finding::error(format!(
            "{} belongs to user {owner} and cannot be written by {}",
            existing.display(),
            user_name()
        ))
        .hint("Run doctor as the Runner's user; set builds_dir and cache_dir under [job].")),
    }
}

fn socket(builds_dir: &Path) -> Result<String, Finding> {
    let length = builds_dir.as_os_str().as_bytes().len() + BELOW_BUILDS_DIR;
    Ok(if length < SOCKET_PATH {
        "in the job's directory".to_owned()
    } else {
        format!("in /tmp/ecs-canary-{}: builds_dir is too long for the kernel", user_id())
    })
}

fn sandbox_profile(host: &HostConfig) -> Result<String, Finding> {
    match sandbox::check(host.sandbox) {
        Ok(()) => Ok(format!("profile {:?} works here", host.sandbox).to_lowercase()),
        Err(error) => Err(Finding::error(failure::chain(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_a_directory_of_somebody_else_are_warned_of() {
        let warned = |found: Result<String, Finding>| {
            found.expect_err("a warning").severity == Severity::Warning
        };
        assert!(warned(user(0)));
        assert!(user(1000).is_ok_and(|said| said.ends_with("(1000)")));
        let place = tempfile::tempdir().expect("a directory");
        let owner = user_id();
        assert!(builds_dir(place.path(), owner).is_ok());
        assert!(warned(builds_dir(place.path(), owner + 1)));
        assert!(builds_dir(&place.path().join("later"), owner + 1).is_ok());
    }
}
