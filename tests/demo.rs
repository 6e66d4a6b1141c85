//! `ecs-canary demo` keeps its promise, with nothing but git and bash in its environment.
#![cfg(feature = "demo")]
#![expect(clippy::unwrap_used, reason = "test code: a broken set-up may panic")]

use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

fn demo(arguments: &[&str]) -> Output {
    demo_into(arguments, Stdio::piped())
}

#[expect(clippy::disallowed_methods, reason = "starts the binary as a user does")]
fn demo_into(arguments: &[&str], standard_output: Stdio) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_ecs-canary"))
        .stdout(standard_output)
        .stderr(Stdio::piped())
        .arg("demo")
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .output()
        .unwrap()
}

/// All steps of one demo; both tests look at the same one.
fn steps() -> &'static [Value] {
    static STEPS: OnceLock<Vec<Value>> = OnceLock::new();
    STEPS.get_or_init(|| {
        let output = demo(&["--json"]);
        let said = String::from_utf8_lossy(&output.stderr);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    })
}

#[test]
fn both_pipelines_are_played_to_the_end() {
    let (end, steps) = steps().split_last().unwrap();
    assert_eq!((&end["outcome"], end["steps"].as_u64()), (&Value::from("ok"), Some(13)));
    let shares: Vec<Option<u64>> =
        steps.iter().map(|step| step["traffic"]["v2"].as_u64()).collect();
    for (at, wanted) in
        [(3, 70..=130), (4, 400..=400), (5, 0..=0), (10, 70..=130), (11, 400..=400), (12, 0..=0)]
    {
        assert!(wanted.contains(&shares[at].unwrap()), "step {at}: {:?}", shares[at]);
    }
}

#[test]
fn every_jobs_log_is_shorter_than_a_screen_and_every_releasing_one_names_the_digest() {
    let jobs = steps().iter().flat_map(|step| step["jobs"].as_array().cloned().unwrap_or_default());
    for job in jobs {
        let log: Vec<&str> =
            job["log"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(log.len() <= 40, "job {}: {} lines\n{}", job["name"], log.len(), log.join("\n"));
        let releases = job["name"] != "scale";
        let named = log.iter().any(|line| line.contains("@sha256:"));
        assert!(named || !releases, "{}", log.join("\n"));
    }
}

#[test]
fn a_speed_that_makes_no_sense_is_refused_before_anything_starts() {
    let output = demo(&["--speed", "0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 to 1000"));
}

#[test]
fn a_reader_that_goes_away_ends_the_demo_without_a_word() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = demo_into(&[], Stdio::from(writer));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
