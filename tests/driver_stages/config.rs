//! The answer of the config stage.

use crate::harness::Job;
use serde_json::{Value, json};

#[test]
fn standard_output_is_one_json_object_and_nothing_else() {
    let mut job = Job::new();
    let ended = job.config().passed();
    assert_eq!(ended.stderr, "");
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["driver"]["name"], "ecs-canary");
    assert_eq!(answer["builds_dir_is_shared"], false);
    let builds = answer["builds_dir"].as_str().unwrap();
    assert!(builds.starts_with(job.builds().to_str().unwrap()), "{builds}");
    assert!(!job.builds().exists(), "config makes nothing");
}

#[test]
fn the_answer_overwrites_no_variable_of_the_runner() {
    let mut job = Job::new();
    let answer: Value = serde_json::from_str(&job.config().stdout).unwrap();
    for name in answer["job_env"].as_object().unwrap().keys() {
        assert!(name.starts_with("ECS_CANARY_"), "{name}");
    }
}

#[test]
fn a_job_cannot_take_another_jobs_directory() {
    let variables = json!([
        {"key": "CI_SERVER_URL", "value": "https://gitlab.example"},
        {"key": "CI_JOB_ID", "value": "1"}, {"key": "CI_CONCURRENT_ID", "value": "0"},
        {"key": "CI_PROJECT_DIR", "value": "/"}, {"key": "CI_SERVER_URL", "value": "https://other"},
    ]);
    let mut honest = Job::with(&json!({"id": 4711}), "");
    let mut forger = Job::with(&json!({"id": 4711, "variables": variables}), "");
    for name in ["ECS_CANARY_JOB_KEY", "ECS_CANARY_JOB_DIRECTORY", "JOB_RESPONSE_FILE"] {
        forger.set(&format!("CUSTOM_ENV_{name}"), "/forged");
    }
    let key = |job: &mut Job| {
        let answer: Value = serde_json::from_str(&job.config().stdout).unwrap();
        answer["job_env"]["ECS_CANARY_JOB_KEY"].as_str().unwrap().to_owned()
    };
    assert_eq!(key(&mut honest), key(&mut forger));
    let mut other = Job::with(&json!({"id": 4712}), "");
    assert_ne!(key(&mut honest), key(&mut other));
}

#[test]
fn the_deadline_is_the_pickup_and_the_timeout() {
    let mut job = Job::new();
    let answer: Value = serde_json::from_str(&job.config().stdout).unwrap();
    let millis = |name: &str| answer["job_env"][name].as_str().unwrap().parse::<i64>().unwrap();
    let (started, deadline) = (millis("ECS_CANARY_JOB_STARTED"), millis("ECS_CANARY_JOB_DEADLINE"));
    assert_eq!(deadline - started, 3_600_000);
}
