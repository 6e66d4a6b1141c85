//! `ecs-canary demo` keeps its promise, with nothing but git and bash in its environment.
#![cfg(feature = "demo")]
#![expect(clippy::unwrap_used, reason = "test code: a broken set-up may panic")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ecs-canary");

fn demo(arguments: &[&str]) -> Output {
    demo_by(&[PROGRAM], arguments, Stdio::piped())
}

/// Plays the demo. `command` is the program, behind another one that starts it where one does.
#[expect(clippy::disallowed_methods, reason = "starts the binary as a user does")]
fn demo_by(command: &[&str], arguments: &[&str], standard_output: Stdio) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(command[0])
        .args(&command[1..])
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

/// One whole demo; all tests that read it look at the same one.
struct Played {
    steps: Vec<Value>,
    /// Every `connect` of every process, as `strace` writes it; none where it is missing.
    connections: Option<String>,
}

fn played() -> &'static Played {
    static PLAYED: OnceLock<Played> = OnceLock::new();
    PLAYED.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        let record = place.path().join("connections");
        let mut tracer: Vec<&str> =
            "strace --seccomp-bpf -f -qq -e trace=connect -e signal=none -o".split(' ').collect();
        tracer.push(record.to_str().unwrap());
        let traced = can_trace(&tracer);
        let before = if traced { tracer } else { Vec::new() };
        let output = demo_by(&[before, vec![PROGRAM]].concat(), &["--json"], Stdio::piped());
        let said = String::from_utf8_lossy(&output.stderr);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{text}");
        Played {
            steps: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            connections: traced.then(|| std::fs::read_to_string(&record).unwrap()),
        }
    })
}

/// Whether this machine lets `strace` look at another program.
#[expect(clippy::disallowed_methods, reason = "starts a tool of the machine")]
fn can_trace(tracer: &[&str]) -> bool {
    let tried = Command::new(tracer[0]).args(&tracer[1..]).arg("true").output();
    tried.is_ok_and(|output| output.status.success())
}

fn steps() -> &'static [Value] {
    &played().steps
}

#[test]
fn no_process_of_any_job_speaks_to_anything_but_the_simulated_cloud_on_this_machine() {
    let Some(connections) = &played().connections else {
        drop(writeln!(std::io::stderr(), "skipped: strace is missing, or may not look"));
        return;
    };
    let over_the_network = |line: &&str| line.contains("sa_family=AF_INET");
    let (own, foreign): (Vec<&str>, Vec<&str>) = connections
        .lines()
        .filter(over_the_network)
        .partition(|line| line.contains("inet_addr(\"127.0.0.1\")"));
    assert!(own.len() > 100, "only {} connections were seen", own.len());
    assert!(foreign.is_empty(), "{foreign:#?}");
}

#[test]
fn every_pipeline_is_played_to_the_end() {
    let (end, steps) = steps().split_last().unwrap();
    assert_eq!((&end["outcome"], end["steps"].as_u64()), (&Value::from("ok"), Some(16)));
    let shares: Vec<Option<u64>> =
        steps.iter().map(|step| step["traffic"]["v2"].as_u64()).collect();
    for (at, wanted) in
        [(3, 70..=130), (4, 400..=400), (5, 0..=0), (10, 70..=130), (11, 400..=400), (12, 0..=0)]
    {
        assert!(wanted.contains(&shares[at].unwrap()), "step {at}: {:?}", shares[at]);
    }
}

#[test]
fn a_bad_version_is_stopped_by_the_judge_before_many_users_met_it() {
    let judged = steps().iter().rfind(|step| step["part"] == "judged").unwrap();
    assert_eq!(judged["jobs"][0]["exit_code"], 20, "{judged}");
    let harm = &judged["harm"];
    let (failed, requests) = (harm["failed"].as_u64().unwrap(), harm["requests"].as_u64().unwrap());
    assert!(failed > 0 && failed < requests, "{harm}");
    let log = judged["jobs"][0]["log"].to_string();
    assert!(
        log.contains("judged worse: errors ") && log.contains("CANARY IS BAD, TAKEN BACK"),
        "{log}"
    );
    assert!(!log.contains("weights 75/25"), "{log}");
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
    let output = demo_by(&[PROGRAM], &[], Stdio::from(writer));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
