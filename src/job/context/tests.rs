//! How a response file is read, by example.

use super::*;
use serde_json::{Value, json};

fn smallest() -> Value {
    json!({
        "id": 4711, "token": "jobtok",
        "job_info": {"name": "deploy", "stage": "release", "project_id": 12,
                     "project_full_path": "group/web", "pipeline_id": 99},
        "git_info": {"ref": "2.0.0", "ref_type": "tag", "sha": "7be1d20c00000000"},
        "runner_info": {"timeout": 3600},
        "variables": [
            {"key": "CI_SERVER_URL", "value": "https://gitlab.example"},
            {"key": "CI_COMMIT_REF_PROTECTED", "value": "true"},
            {"key": "CI_COMMIT_TIMESTAMP", "value": "2026-11-23T10:00:00+01:00"}
        ]
    })
}

fn with(path: &str, value: Value) -> Value {
    let mut response = smallest();
    let (parent, member) = path.rsplit_once('/').unwrap();
    response.pointer_mut(parent).unwrap()[member] = value;
    response
}

fn parse(response: &Value) -> JobContext {
    JobContext::parse(&response.to_string()).unwrap()
}

fn push_variable(response: &mut Value, key: &str, value: &str) {
    let variables = response["variables"].as_array_mut().unwrap();
    variables.push(json!({"key": key, "value": value, "public": true}));
}

#[test]
fn a_job_is_read_with_all_that_counts() {
    let job = parse(&smallest());
    assert_eq!((job.id, job.pipeline, job.project.id), (4711, Some(99), 12));
    assert_eq!(job.project.path, "group/web");
    assert_eq!(job.ref_kind, RefKind::Tag);
    assert_eq!(job.protection, Protection::Protected);
    assert_eq!(job.timeout, Some(Duration::from_secs(3600)));
    assert_eq!(job.committed_at.unwrap().to_string(), "2026-11-23T09:00:00Z");
    let identity = job.release_identity();
    assert_eq!(identity.reference.as_deref(), Some("2.0.0"));
    assert_eq!(identity.job, Some(4711));
}

#[test]
fn a_job_cannot_forge_who_it_is() {
    let honest = parse(&smallest());
    let mut response = smallest();
    for (key, value) in [
        ("CI_JOB_ID", "1"),
        ("CI_PROJECT_ID", "1"),
        ("CI_PROJECT_PATH", "other/project"),
        ("CI_PIPELINE_ID", "1"),
        ("CI_SERVER_URL", "https://other.example"),
        ("CI_COMMIT_REF_PROTECTED", "false"),
        ("CI_COMMIT_TIMESTAMP", "1970-01-01T00:00:00Z"),
    ] {
        push_variable(&mut response, key, value);
    }
    let forged = parse(&response);
    assert_eq!(forged.key(), honest.key());
    assert_eq!(forged.protection, honest.protection);
    assert_eq!(forged.release_identity(), honest.release_identity());
    assert_eq!(forged.committed_at, honest.committed_at);
    assert_eq!(forged.variables.effective("CI_JOB_ID").unwrap().value.expose(), "1");
}

#[test]
fn protection_comes_from_git_info_then_from_gitlabs_variable_then_is_unknown() {
    let of = |response: &Value| parse(response).protection;
    assert_eq!(of(&with("/git_info/protected", json!(false))), Protection::Unprotected);
    assert_eq!(of(&with("/git_info/protected", Value::Null)), Protection::Protected);
    let mut silent = smallest();
    silent["variables"] = json!([]);
    assert_eq!(of(&silent), Protection::CouldNotTell);
    push_variable(&mut silent, "CI_COMMIT_REF_PROTECTED", "yes please");
    assert_eq!(of(&silent), Protection::CouldNotTell);
}

#[test]
fn the_first_environment_name_counts() {
    let mut response = smallest();
    assert_eq!(parse(&response).environment, None);
    push_variable(&mut response, "CI_ENVIRONMENT_NAME", "canary");
    push_variable(&mut response, "CI_ENVIRONMENT_NAME", "production");
    assert_eq!(parse(&response).environment.as_deref(), Some("canary"));
}

#[test]
fn null_and_unknown_members_are_tolerated() {
    let response = json!({
        "id": 1, "token": "t", "job_info": {"project_id": 1, "name": null, "new_thing": {}},
        "git_info": null, "runner_info": null, "variables": null, "image": null,
        "services": null, "credentials": null, "suspend_options": [1, 2]
    });
    let job = parse(&response);
    assert_eq!(job.commit, None);
    assert_eq!(job.protection, Protection::CouldNotTell);
    assert_eq!(job.ref_kind, RefKind::Unknown(String::new()));
}

#[test]
fn registry_logins_are_kept_and_other_credentials_are_not() {
    let response = with(
        "/credentials",
        json!([{"type": "registry", "url": "registry.example:5000", "username": "u", "password": "pw"},
               {"type": "registry", "url": "", "username": "u", "password": "pw"},
               {"type": "else", "url": "x", "username": "u", "password": "pw"}]),
    );
    let job = parse(&response);
    assert_eq!(job.registry_credentials.len(), 1);
    assert_eq!(job.registry_credentials[0].registry, "registry.example:5000");
    assert!(job.masked_values().contains(&Secret::new("pw")));
}

#[test]
fn what_must_be_there_is_asked_for_by_name() {
    let missing = |path: &str| {
        JobContext::parse(&with(path, Value::Null).to_string()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(missing("/id"), @"job response: member id is missing");
    insta::assert_snapshot!(missing("/token"), @"job response: member token is missing");
    insta::assert_snapshot!(missing("/job_info/project_id"), @"job response: member job_info.project_id is missing");
}

#[test]
fn errors_name_the_place_and_never_the_value() {
    let text = |response: &str| JobContext::parse(response).unwrap_err().to_string();
    insta::assert_snapshot!(text("{\"id\": \"s3cret\"}"), @"job response: a member has an unexpected type at line 1, column 15");
    insta::assert_snapshot!(text("{\"token\": \"s3cret"), @"job response: ends too early at line 1, column 17");
    insta::assert_snapshot!(text("s3cret"), @"job response: not JSON at line 1, column 1");
}

#[test]
fn debug_output_holds_no_secret() {
    let mut response = smallest();
    push_variable(&mut response, "PASSWORD", "s3cret");
    response["credentials"] = json!([{"type": "registry", "url": "r", "password": "s3cret"}]);
    let shown = format!("{:?}", parse(&response));
    assert!(!shown.contains("s3cret") && !shown.contains("jobtok"), "{shown}");
}
