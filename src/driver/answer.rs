//! What the config stage tells the Runner (executors/custom/api/config.go). Pure.

use super::place::Place;
use super::surroundings::job_env;
use crate::model::Timestamp;
use serde_json::{Map, Value, json};
use std::path::Path;

/// The JSON for standard output. `started` is now: the Runner calls config right after pickup,
/// and tells the time that is left nowhere else.
pub(super) fn answer(place: &Place, started: Timestamp, host_config: Option<&Path>) -> Value {
    let directories = &place.directories;
    json!({
        "driver": {"name": "ecs-canary", "version": concat!("v", env!("CARGO_PKG_VERSION"))},
        // The job's own, so it is not shared: the Runner puts no slot number below it.
        "builds_dir": directories.builds(),
        "builds_dir_is_shared": false,
        "cache_dir": place.settings.job.cache_dir,
        "shell": "bash",
        "job_env": variables(place, started, host_config),
    })
}

/// Only names of our own: a wrong one here would overwrite PATH or the Runner's variables.
fn variables(place: &Place, started: Timestamp, host_config: Option<&Path>) -> Map<String, Value> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let millis = |time: Timestamp| time.as_millis().to_string();
    let deadline = place.job.timeout.map(|timeout| millis(started.after(timeout)));
    [
        (job_env::KEY, Some(place.job.key().as_str().to_owned())),
        (job_env::DIRECTORY, Some(text(place.directories.root()))),
        (job_env::STARTED, Some(millis(started))),
        (job_env::DEADLINE, deadline),
        (job_env::HOST_CONFIG, host_config.map(text)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HostConfig;
    use crate::job::JobContext;
    use crate::sandbox::JobDirectories;

    #[test]
    fn the_answer_names_the_jobs_own_directory_and_only_our_variables() {
        let response = r#"{"id": 7, "token": "t", "job_info": {"project_id": 1},
                           "runner_info": {"timeout": 60}}"#;
        let job = JobContext::parse(response).unwrap();
        let directories = JobDirectories::new(Path::new("/b"), &job.key());
        let settings = HostConfig::default();
        let place = Place { job, directories, settings, ends: None };
        let started = Timestamp::from_millis(1_000);
        let answer = answer(&place, started, Some(Path::new("/etc/c.toml")));
        let key = place.job.key();
        let shown = serde_json::to_string_pretty(&answer).unwrap().replace(key.as_str(), "7-KEY");
        insta::assert_snapshot!(shown, @r#"
        {
          "driver": {
            "name": "ecs-canary",
            "version": "v0.1.0"
          },
          "builds_dir": "/b/7-KEY/builds",
          "builds_dir_is_shared": false,
          "cache_dir": "/var/lib/ecs-canary/cache",
          "shell": "bash",
          "job_env": {
            "ECS_CANARY_JOB_KEY": "7-KEY",
            "ECS_CANARY_JOB_DIRECTORY": "/b/7-KEY",
            "ECS_CANARY_JOB_STARTED": "1000",
            "ECS_CANARY_JOB_DEADLINE": "61000",
            "ECS_CANARY_HOST_CONFIG": "/etc/c.toml"
          }
        }
        "#);
    }
}
