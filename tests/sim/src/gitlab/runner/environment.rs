//! The environment of an executor's program, in the runner's order: later ones win. Pure, but for the process's own.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::gitlab::payload::{Job, Variable};

use super::settings::Settings;

/// The runner's own environment, then the contract's variables, then `job_env`, then the job's variables.
pub(super) fn of_stage(
    settings: &Settings,
    job: &Job,
    (directory, job_env): (&Path, &[(String, String)]),
    variables: &[Variable],
) -> Vec<(OsString, OsString)> {
    let own = settings.process_environment.clone();
    let mut all = own.unwrap_or_else(|| std::env::vars_os().collect());
    let mut add = |key: &str, value: OsString| all.push((key.into(), value));
    add("TMPDIR", directory.into());
    add("BUILD_FAILURE_EXIT_CODE", "1".into());
    add("SYSTEM_FAILURE_EXIT_CODE", "2".into());
    if settings.exit_code_file {
        add("BUILD_EXIT_CODE_FILE", directory.join("build_exit_code").into());
    }
    add("JOB_RESPONSE_FILE", directory.join("response.json").into());
    for (key, value) in job_env {
        add(key, value.into());
    }
    for variable in variables {
        add(&format!("CUSTOM_ENV_{}", variable.key), OsString::from(&variable.value));
    }
    add("CUSTOM_ENV_CI_JOB_SERVICES", services(job).into());
    all
}

fn services(job: &Job) -> String {
    let list: Vec<Value> = job
        .services
        .iter()
        .map(|service| {
            let alias = service.alias.split([' ', ',']).find(|word| !word.is_empty());
            serde_json::json!({
                "name": service.name,
                "alias": alias.unwrap_or(""),
                "entrypoint": null_or(&service.entrypoint),
                "command": null_or(&service.command),
            })
        })
        .collect();
    if list.is_empty() { String::new() } else { Value::Array(list).to_string() }
}

fn null_or(list: &[String]) -> Value {
    if list.is_empty() { Value::Null } else { list.into() }
}
