//! The prepare stage: makes the job's directories, and says in a few lines what it found.

use super::place::Place;
use super::{Error, names, say};
use crate::config::SandboxProfile;
use crate::host::{files, program_in};
use crate::job::{JobContext, Protection, RefKind};
use crate::sandbox;
use std::path::Path;

/// What every script needs.
const SHELL: &str = "bash";

pub(super) fn prepare(place: &Place) -> Result<(), Error> {
    sandbox::check(place.settings.sandbox)?;
    shell()?;
    let shared = [&place.settings.job.builds_dir, &place.settings.job.cache_dir];
    for path in shared {
        files::create_shared_directory(path).map_err(|cause| Error::Make {
            what: "directory",
            path: path.clone(),
            cause,
        })?;
    }
    for path in place.directories.all() {
        files::create_private_directory(&path).map_err(|cause| Error::Make {
            what: "job directory",
            path: path.clone(),
            cause,
        })?;
    }
    let found = Found {
        git: program_in(sandbox::SYSTEM_PATH, "git").is_some(),
        runner: names::link(&place.directories.names())?,
    };
    for line in report(&place.job, place.settings.sandbox, &found) {
        say::line(&line);
    }
    Ok(())
}

/// The shell that runs scripts.
pub(super) fn shell() -> Result<std::path::PathBuf, sandbox::Error> {
    program_in(sandbox::SYSTEM_PATH, SHELL).ok_or_else(|| sandbox::Error::ProgramMissing {
        program: SHELL,
        path: sandbox::SYSTEM_PATH.to_owned(),
    })
}

/// What was looked for on the host.
struct Found {
    git: bool,
    runner: bool,
}

fn report(job: &JobContext, profile: SandboxProfile, found: &Found) -> Vec<String> {
    let mut lines = vec![
        format!("ecs-canary {}: {}", env!("CARGO_PKG_VERSION"), whose(job)),
        profile_line(profile).to_owned(),
    ];
    let missing: Vec<&str> = [
        (found.git, "git (for sources)"),
        (found.runner, "gitlab-runner (for artifacts and caches)"),
    ]
    .into_iter()
    .filter_map(|(found, what)| (!found).then_some(what))
    .collect();
    if !missing.is_empty() {
        lines.push(format!("WARNING: not found on this host: {}", missing.join(", ")));
    }
    lines.extend(not_started(job));
    lines
}

fn whose(job: &JobContext) -> String {
    let kind = match &job.ref_kind {
        RefKind::Branch => "branch ",
        RefKind::Tag => "tag ",
        RefKind::Unknown(_) => "",
    };
    let reference = job.reference.as_deref().unwrap_or("no ref");
    let protection = match job.protection {
        Protection::Protected => "protected",
        Protection::Unprotected => "not protected",
        Protection::CouldNotTell => "protected or not: GitLab did not say",
    };
    format!("job {} of {}, {kind}{reference} ({protection})", job.id, job.project.path)
}

fn profile_line(profile: SandboxProfile) -> &'static str {
    match profile {
        SandboxProfile::Base => {
            "isolation base: own directories, clean environment, nothing outlives its stage; \
             does not hide the host's files and network"
        }
        SandboxProfile::Sandbox => "isolation sandbox",
    }
}

/// `image:` and `services:`, which other executors would start.
fn not_started(job: &JobContext) -> Vec<String> {
    let mut lines = Vec::new();
    if job.services.iter().any(crate::job::ServiceImage::is_docker_in_docker) {
        lines.push(
            "services: docker:dind is not started and not needed: ecs-canary builds and pushes itself"
                .to_owned(),
        );
    }
    let others = job.services.iter().filter(|service| !service.is_docker_in_docker());
    let others: Vec<&str> = others.map(|service| service.name.as_str()).collect();
    if !others.is_empty() {
        lines.push(format!("WARNING: services are not started here: {}", others.join(", ")));
    }
    lines
}

/// The run stage asks whether this stage was there.
pub(super) fn is_prepared(root: &Path) -> bool {
    root.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(found: &Found, more: &serde_json::Value) -> String {
        let mut response = json!({
            "id": 4711, "token": "t",
            "job_info": {"project_id": 1, "project_full_path": "group/web"},
            "git_info": {"ref": "2.0.0", "ref_type": "tag", "protected": true},
        });
        for (member, value) in more.as_object().unwrap() {
            response[member] = value.clone();
        }
        let job = JobContext::parse(&response.to_string()).unwrap();
        report(&job, SandboxProfile::Base, found).join("\n")
    }

    #[test]
    fn a_plain_job_is_told_in_two_lines() {
        let found = Found { git: true, runner: true };
        insta::assert_snapshot!(told(&found, &json!({})), @"
        ecs-canary 0.1.0: job 4711 of group/web, tag 2.0.0 (protected)
        isolation base: own directories, clean environment, nothing outlives its stage; does not hide the host's files and network
        ");
    }

    #[test]
    fn what_is_missing_and_what_is_not_started_is_said() {
        let found = Found { git: false, runner: false };
        let services = json!([{"name": "docker:dind"}, {"name": "postgres:16"}]);
        insta::assert_snapshot!(told(&found, &json!({"services": services, "git_info": null})), @"
        ecs-canary 0.1.0: job 4711 of group/web, no ref (protected or not: GitLab did not say)
        isolation base: own directories, clean environment, nothing outlives its stage; does not hide the host's files and network
        WARNING: not found on this host: git (for sources), gitlab-runner (for artifacts and caches)
        services: docker:dind is not started and not needed: ecs-canary builds and pushes itself
        WARNING: services are not started here: postgres:16
        ");
    }
}
