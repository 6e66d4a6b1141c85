//! Who asks, with which rights and from where. Made by the driver from what it knows of the
//! job, or from the person's own environment outside a job.

use super::credentials;
use crate::config::HostConfig;
use crate::host::Clock;
use crate::job::JobContext;
use crate::model::{Finding, ReleaseIdentity, Secret, Timestamp};
use crate::registry::Credentials;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The caller of a command.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What is written into the tags of a revision. Never from a job's environment.
    pub identity: ReleaseIdentity,
    /// When the commit was made.
    pub committed_at: Option<Timestamp>,
    /// The environment of the script or the shell: for `${...}` and settings.
    pub variables: BTreeMap<String, String>,
    /// Registry logins, those of `docker login` included.
    pub credentials: Credentials,
    /// The operator's settings; all defaults outside a job.
    pub host: HostConfig,
    /// A directory of ours: images not pushed yet, logins.
    pub state_dir: PathBuf,
    /// True for a command of a job.
    pub inside_job: bool,
    /// When the job itself ends, by the wall clock.
    pub job_ends: Option<Timestamp>,
    /// Values that no record may hold: what a program of somebody else logged may show them.
    pub secrets: Vec<Secret>,
    /// Whose AWS keys or token are in `variables`.
    pub rights: RightsOf,
    /// Time in the world that is talked to.
    pub clock: Clock,
}

/// Who set the AWS keys, or the token, of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightsOf {
    /// GitLab: every stage of the job has them.
    Job,
    /// The job's script, or a person's shell: nobody else has them.
    Script,
}

/// Variables that carry rights.
const RIGHTS: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN",
];

/// What the driver of a stage knows of its job.
#[derive(Debug, Clone, Copy)]
pub struct JobSeat<'a> {
    /// The job, from the Runner's response file.
    pub job: &'a JobContext,
    /// The operator's settings.
    pub host: &'a HostConfig,
    /// The driver's own directory of the job.
    pub state_dir: &'a Path,
    /// When the job's timeout passes, by the wall clock.
    pub ends: Option<Timestamp>,
}

impl JobSeat<'_> {
    /// The job's own variables, as a script finds them when it sets none itself. Of those that
    /// scripts get as files only an ID token is among them, by its content.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for variable in self.job.variables.iter() {
            let value = variable.value.expose().to_owned();
            match (variable.file, variable.key.as_str()) {
                (false, key) => drop(found.insert(key.to_owned(), value)),
                (true, "AWS_WEB_IDENTITY_TOKEN_FILE") => {
                    let token = value.trim().to_owned();
                    found.entry("AWS_WEB_IDENTITY_TOKEN".to_owned()).or_insert(token);
                }
                (true, _) => {}
            }
        }
        found
    }

    fn rights(&self, variables: &BTreeMap<String, String>) -> RightsOf {
        let own = self.variables();
        let set = |all: &BTreeMap<String, String>, name: &str| {
            all.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let is_own = |name: &&str| set(variables, name) == set(&own, name);
        if RIGHTS.iter().all(is_own) { RightsOf::Job } else { RightsOf::Script }
    }
}

impl Caller {
    /// A job. `variables` are what its script sent: data, never identity. Also what could not
    /// be used of its logins.
    pub fn of_job(seat: &JobSeat<'_>, variables: BTreeMap<String, String>) -> (Self, Vec<Finding>) {
        let given = &seat.job.registry_credentials;
        let (credentials, findings) = credentials::collect(given, &variables, seat.state_dir);
        let caller = Self {
            identity: seat.job.release_identity(),
            committed_at: seat.job.committed_at,
            rights: seat.rights(&variables),
            variables,
            credentials,
            host: seat.host.clone(),
            state_dir: seat.state_dir.to_owned(),
            inside_job: true,
            job_ends: seat.ends,
            secrets: seat.job.masked_values(),
            clock: Clock::start(seat.host.simulation.clock_speed),
        };
        (caller, findings)
    }

    /// How much faster than ours the time of the world is that is talked to.
    pub(super) fn speed(&self) -> f64 {
        let speed = self.host.simulation.clock_speed;
        if speed.is_finite() && speed > 0.0 { speed } else { 1.0 }
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A variable for `${...}`, where empty is not the same as unset.
    pub fn lookup(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_that_a_script_set_are_told_from_those_of_the_job() {
        let response = json!({
            "id": 4711, "token": "jobtok",
            "job_info": {"name": "deploy", "stage": "release", "project_id": 12,
                         "project_full_path": "group/web", "pipeline_id": 99},
            "git_info": {"ref": "2.0.0", "ref_type": "tag", "sha": "7be1d20c00000000"},
            "runner_info": {"timeout": 3600},
            "variables": [
                {"key": "CI_SERVER_URL", "value": "https://gitlab.example"},
                {"key": "AWS_ACCESS_KEY_ID", "value": "AKIAJOB"},
                {"key": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "token\n", "file": true},
            ],
        });
        let job = JobContext::parse(&response.to_string()).unwrap();
        let host = HostConfig::default();
        let state_dir = Path::new("/nowhere");
        let seat = JobSeat { job: &job, host: &host, state_dir, ends: None };
        let own = seat.variables();
        assert_eq!(own.get("AWS_WEB_IDENTITY_TOKEN").map(String::as_str), Some("token"));
        assert_eq!(seat.rights(&own), RightsOf::Job);
        let with = |name: &str, value: &str| {
            let mut variables = own.clone();
            variables.insert(name.to_owned(), value.to_owned());
            seat.rights(&variables)
        };
        assert_eq!(with("AWS_REGION", "eu-west-1"), RightsOf::Job);
        assert_eq!(with("AWS_SESSION_TOKEN", ""), RightsOf::Job);
        assert_eq!(with("AWS_SESSION_TOKEN", "of-the-script"), RightsOf::Script);
        assert_eq!(with("AWS_ACCESS_KEY_ID", "AKIAOTHER"), RightsOf::Script);
    }
}
