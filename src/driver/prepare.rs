//! The prepare stage: makes the job's directories, and says in a few lines what it found.

use super::place::Place;
use super::{Error, names};
use crate::config::SandboxProfile;
use crate::host::{files, program_in};
use crate::job::{JobContext, Protection, RefKind, ServiceImage};
use crate::model::Event;
use crate::sandbox;
use std::path::Path;

/// What every script needs.
const SHELL: &str = "bash";

/// Makes what the job needs; returns what to say about it.
pub(super) fn prepare(place: &Place) -> Result<Vec<Event>, Error> {
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
    Ok(report(&place.job, place.settings.sandbox, &found))
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

fn report(job: &JobContext, profile: SandboxProfile, found: &Found) -> Vec<Event> {
    let mut events =
        vec![Event::fact("job", whose(job)), Event::fact("sandbox", protection_of(profile))];
    if !found.git {
        events.push(Event::warning("git was not found on this host: sources cannot be fetched"));
    }
    if !found.runner {
        events.push(Event::warning(
            "the Runner's own executable was not found: artifacts and caches will not be moved",
        ));
    }
    events.extend(not_started(job));
    events
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
    let version = env!("CARGO_PKG_VERSION");
    let (id, path) = (job.id, &job.project.path);
    format!("{id} of {path}, {kind}{reference} ({protection}); ecs-canary {version}")
}

fn protection_of(profile: SandboxProfile) -> &'static str {
    match profile {
        SandboxProfile::Base => {
            "base: own directories, clean environment, nothing outlives its stage; \
             the host's files and network are open to the script"
        }
        SandboxProfile::Sandbox => "sandbox",
    }
}

/// `image:` and `services:`, which other executors would start.
fn not_started(job: &JobContext) -> Vec<Event> {
    let mut events = Vec::new();
    if job.services.iter().any(ServiceImage::is_docker_in_docker) {
        let text = "docker:dind is not started and not needed: ecs-canary builds and pushes itself";
        events.push(Event::fact("services", text));
    }
    let others = job.services.iter().filter(|service| !service.is_docker_in_docker());
    let others: Vec<&str> = others.map(|service| service.name.as_str()).collect();
    if !others.is_empty() {
        events.push(Event::warning(format!("services are not started: {}", others.join(", "))));
    }
    events
}

/// The run stage asks whether this stage was there.
pub(super) fn is_prepared(root: &Path) -> bool {
    root.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::say::tests::heard;
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
        let events = report(&job, SandboxProfile::Base, found);
        heard(|reporter| events.into_iter().for_each(|event| reporter.emit(event)))
    }

    #[test]
    fn a_plain_job_is_told_in_few_lines() {
        let found = Found { git: true, runner: true };
        insta::assert_snapshot!(told(&found, &json!({})), @"
        job     4711 of group/web, tag 2.0.0 (protected); ecs-canary 0.1.0
        sandbox base: own directories, clean environment, nothing outlives its stage; the host's files and
                network are open to the script
        ");
    }

    #[test]
    fn what_is_missing_and_what_is_not_started_is_said() {
        let found = Found { git: false, runner: false };
        let services = json!([{"name": "docker:dind"}, {"name": "postgres:16"}]);
        insta::assert_snapshot!(told(&found, &json!({"services": services, "git_info": null})), @"
        job     4711 of group/web, no ref (protected or not: GitLab did not say); ecs-canary 0.1.0
        sandbox base: own directories, clean environment, nothing outlives its stage; the host's files and
                network are open to the script
        Warning: git was not found on this host: sources cannot be fetched
        Warning: the Runner's own executable was not found: artifacts and caches will not be moved
        services docker:dind is not started and not needed: ecs-canary builds and pushes itself
        Warning: services are not started: postgres:16
        ");
    }
}
