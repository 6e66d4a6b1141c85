//! Who asks, with which rights and from where. Made by the driver from what it knows of the
//! job, or from the person's own environment outside a job.

use super::credentials;
use crate::config::HostConfig;
use crate::host::Clock;
use crate::job::JobContext;
use crate::model::{Finding, ReleaseIdentity, Secret, Timestamp};
use crate::registry::Credentials;
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
    /// Time in the world that is talked to.
    pub clock: Clock,
}

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

impl Caller {
    /// A job. `variables` are what its script sent: data, never identity. Also what could not
    /// be used of its logins.
    pub fn of_job(seat: &JobSeat<'_>, variables: BTreeMap<String, String>) -> (Self, Vec<Finding>) {
        let given = &seat.job.registry_credentials;
        let (credentials, findings) = credentials::collect(given, &variables, seat.state_dir);
        let caller = Self {
            identity: seat.job.release_identity(),
            committed_at: seat.job.committed_at,
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
