//! The caller outside a job: whoever started this process, with that person's environment and
//! rights. Inside a job nothing of this counts, except what the client sends along.

use super::disk::plain;
use super::view::ViewArgs;
use crate::commands::{Call, Caller, DockerCall, RightsOf, collect_logins};
use crate::config::{self, HostConfig};
use crate::failure::{Exit, Failure};
use crate::host::{Clock, Environment, files};
use crate::model::{CommitSha, Event, Finding, ReleaseIdentity, Secret, Timestamp};
use crate::ports::{Clock as _, Reporter};
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A host's config has a few dozen lines.
const CONFIG_LIMIT: u64 = 1 << 20;
/// Docker's configuration with the logins of many registries.
const DOCKER_CONFIG_LIMIT: u64 = 4 << 20;
/// A registry token; ECR's are the longest, with about 3 kB.
const PASSWORD_LIMIT: u64 = 64 << 10;

/// The longest timeout that GitLab lets a job have: a month.
const MOST_SECONDS: u64 = 31 * 24 * 3600;

/// The environment as text. Other variables cannot stand in a YAML file or a request.
pub(super) fn variables(environment: &Environment) -> BTreeMap<String, String> {
    let text = |(name, value): (&std::ffi::OsStr, &std::ffi::OsStr)| {
        Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))
    };
    environment.iter().filter_map(text).collect()
}

/// Reads what a command wants from standard input, which only this process has.
pub(super) fn with_standard_input(mut call: Call) -> io::Result<Call> {
    if let Call::Docker(DockerCall::Login(login)) = &mut call
        && login.password_stdin
    {
        let mut text = String::new();
        io::stdin().take(PASSWORD_LIMIT).read_to_string(&mut text)?;
        login.password = Some(Secret::new(text.trim_end_matches(['\n', '\r'])));
    }
    Ok(call)
}

/// The caller, from CI variables where there are some.
pub(super) fn caller(
    variables: BTreeMap<String, String>,
    view: &ViewArgs,
    reporter: &dyn Reporter,
) -> Result<Caller, Failure> {
    let host = host_config(view.config.as_deref(), &variables)?;
    let state_dir = state_dir(&variables)?;
    let (mut credentials, findings) = collect_logins(&[], &variables, &state_dir);
    findings.into_iter().for_each(|finding| reporter.emit(Event::Finding { finding }));
    if let Some(text) = docker_config(&variables) {
        // What is wrong in a file of another program is told where it matters: at the login.
        drop(credentials.add_docker_config("docker's configuration", &text));
    }
    let committed_at = variables.get("CI_COMMIT_TIMESTAMP").and_then(|text| text.parse().ok());
    let secrets = super::view::SECRET_VARIABLES.iter().filter_map(|name| variables.get(*name));
    let secrets = secrets.cloned().map(Secret::new).collect();
    let clock = Clock::start(host.simulation.clock_speed);
    let now = clock.now();
    Ok(Caller {
        identity: identity(&variables),
        committed_at,
        credentials,
        clock,
        host,
        state_dir,
        inside_job: false,
        rights: RightsOf::Script,
        job_ends: job_ends(&variables).filter(|ends| *ends > now),
        secrets,
        variables,
    })
}

/// When GitLab ends the job, on an executor that is not ours: it tells when the job began and
/// how many seconds it may take. Of a job that is over by now nothing follows.
fn job_ends(variables: &BTreeMap<String, String>) -> Option<Timestamp> {
    let began: Timestamp = variables.get("CI_JOB_STARTED_AT")?.parse().ok()?;
    let seconds: u64 = variables.get("CI_JOB_TIMEOUT")?.trim().parse().ok()?;
    // Longer than any job: a number that means nothing.
    (1..=MOST_SECONDS).contains(&seconds).then(|| began.after(Duration::from_secs(seconds)))
}

fn identity(variables: &BTreeMap<String, String>) -> ReleaseIdentity {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
    let number = |name: &str| set(name).and_then(|value| value.parse().ok());
    ReleaseIdentity {
        commit: set("CI_COMMIT_SHA").map(CommitSha::new),
        reference: set("CI_COMMIT_REF_NAME").or_else(|| set("CI_COMMIT_TAG")),
        pipeline: number("CI_PIPELINE_ID"),
        job: number("CI_JOB_ID"),
        job_name: set("CI_JOB_NAME"),
        environment: set("CI_ENVIRONMENT_NAME"),
        project: set("CI_PROJECT_PATH"),
    }
}

/// The file of `--config`; without one all defaults, and the proxy and CA that people set for
/// every program.
fn host_config(
    path: Option<&Path>,
    variables: &BTreeMap<String, String>,
) -> Result<HostConfig, Failure> {
    let Some(path) = path else {
        let set = |names: &[&str]| {
            names.iter().find_map(|name| variables.get(*name).filter(|value| !value.is_empty()))
        };
        let mut config = HostConfig::default();
        config.network.proxy =
            set(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]).map(Secret::new);
        config.network.ca_file = set(&["AWS_CA_BUNDLE", "SSL_CERT_FILE"]).map(PathBuf::from);
        return Ok(config);
    };
    let shown = path.display().to_string();
    let findings = match files::read_text(path, CONFIG_LIMIT) {
        Ok(text) => match config::host(&shown, &text) {
            Ok(config) => return Ok(config),
            Err(findings) => findings,
        },
        Err(cause) => {
            let absent = cause.kind() == io::ErrorKind::NotFound;
            let why = if absent { "no such file".to_owned() } else { plain(&cause) };
            let hint = "name the host's config with --config, or leave it out";
            vec![Finding::error(format!("{shown}: {why}")).hint(hint)]
        }
    };
    Err(Failure::findings(Exit::File, findings))
}

/// Where images that are not pushed yet and logins are kept from one command to the next.
fn state_dir(variables: &BTreeMap<String, String>) -> Result<PathBuf, Failure> {
    let set = |name: &str| variables.get(name).filter(|value| value.starts_with('/'));
    let cache = set("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(set("HOME")?).join(".cache")));
    let directory = cache.unwrap_or_else(std::env::temp_dir).join("ecs-canary");
    let failed = |cause: io::Error| {
        Failure::new(Exit::Internal, format!("{} cannot be made: {cause}", directory.display()))
            .hint("set HOME or XDG_CACHE_HOME to a directory that you can write")
    };
    if let Some(parent) = directory.parent() {
        files::create_shared_directory(parent).map_err(failed)?;
    }
    files::create_private_directory(&directory).map_err(failed)?;
    Ok(directory)
}

fn docker_config(variables: &BTreeMap<String, String>) -> Option<String> {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    let directory = set("DOCKER_CONFIG").map(PathBuf::from);
    let directory = directory.or_else(|| Some(Path::new(set("HOME")?).join(".docker")))?;
    files::read_text(&directory.join("config.json"), DOCKER_CONFIG_LIMIT).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(began: &str, timeout: &str) -> Option<String> {
        let named = [("CI_JOB_STARTED_AT", began), ("CI_JOB_TIMEOUT", timeout)];
        let variables = named.map(|(name, value)| (name.to_owned(), value.to_owned()));
        job_ends(&variables.into()).map(|ends| ends.to_string())
    }

    #[test]
    fn a_job_of_another_executor_ends_when_gitlab_says() {
        let began = "2026-03-01T10:00:00Z";
        assert_eq!(ends(began, "3600").as_deref(), Some("2026-03-01T11:00:00Z"));
        for timeout in ["", "0", "-5", "1h", "99999999999999999999", "18446744073709551615"] {
            assert_eq!(ends(began, timeout), None, "{timeout}");
        }
        assert_eq!(ends("yesterday", "3600"), None);
        assert_eq!(job_ends(&BTreeMap::new()), None);
    }
}
