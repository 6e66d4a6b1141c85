//! The whole demo on a machine without a network: nothing is fetched, and each job's log fits on a
//! screen.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Lines of a browser window that are seen at once.
const SCREEN: usize = 40;
const BINARY: &str = env!("CARGO_BIN_EXE_ecs-canary");

/// A command in a namespace that has a loopback device and nothing else; `None`, with the reason
/// told, where this machine cannot make one.
#[expect(clippy::disallowed_methods, reason = "starts the binary as a user does")]
fn without_network(words: &[&str]) -> Option<Command> {
    let offline = |words: &[&str]| {
        let mut command = Command::new("bwrap");
        command.args(["--dev-bind", "/", "/", "--unshare-net", "--"]).args(words);
        command
    };
    let tried = offline(&["true"]).stderr(Stdio::null()).status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(offline(words));
    }
    drop(writeln!(
        std::io::stderr(),
        "skipped: bwrap cannot make a namespace without a network here"
    ));
    None
}

#[test]
fn the_demo_needs_no_network_and_its_logs_are_short() {
    let Some(mut command) = without_network(&[BINARY, "demo"]) else { return };
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    let jobs = jobs(&said);
    assert!(jobs.len() >= 14, "{said}");
    for (name, log) in jobs {
        let text = log.join("\n");
        assert!(log.len() <= SCREEN, "{name}: {} lines:\n{text}", log.len());
        let told = match name {
            "build" | "tag-build" => log.iter().any(|line| line.contains("/app@sha256:")),
            "scale" => log.iter().any(|line| line.starts_with("now ")),
            _ => log.iter().any(|line| line.starts_with("now ") && line.contains("@sha256:")),
        };
        assert!(told, "{name} does not say what was built or what runs:\n{text}");
    }
}

/// Each job's name and log as GitLab shows it, with the runner's own sections folded.
fn jobs(said: &str) -> Vec<(&str, Vec<&str>)> {
    let mut jobs: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut in_log = false;
    for line in said.lines() {
        let log = line.strip_prefix("  | ");
        if let Some(rest) = line.strip_prefix("job ") {
            jobs.push((rest.split(' ').next().unwrap_or(rest), Vec::new()));
        } else if let (true, Some(log), Some((_, lines))) = (in_log, log, jobs.last_mut()) {
            lines.push(log);
        }
        in_log = line.starts_with("job ") || in_log && log.is_some();
    }
    jobs
}
