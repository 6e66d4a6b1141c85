//! SIGTERM: to the innermost process at once, kind, and never 0.

use crate::harness::{Job, eventually, runs};
use serde_json::json;
use std::fs;
use std::time::{Duration, Instant};

/// A bash in a bash in a bash, each in the foreground; the innermost tells when it hears TERM.
/// The shells say nothing.
const DEEP: &str = r#"
bash -c 'bash -c "trap \"echo heard > $HOME/heard; exit 5\" TERM; echo up > $HOME/up; while :; do sleep 0.05; done"; :'
"#;

#[test]
fn a_silent_script_hears_of_a_cancel_in_its_innermost_process_within_a_second() {
    let job = Job::new().prepared();
    let (up, heard) = (job.root().join("home/up"), job.root().join("home/heard"));
    let stage = job.start_script(DEEP);
    eventually(|| up.exists());
    stage.terminate();
    let took = eventually(|| heard.exists());
    assert!(took < Duration::from_secs(1), "{took:?}");
    let ended = stage.end();
    assert_eq!((ended.code, job.code().as_str()), (1, "34"), "{ended:?}");
}

#[test]
fn a_trap_runs_to_its_end_and_its_0_is_not_believed() {
    let job = Job::new().prepared();
    let up = job.root().join("home/up");
    let stage = job.start_script(
        "trap 'sleep 0.3; echo tidied up; exit 0' TERM; touch $HOME/up; while :; do sleep 0.05; done",
    );
    eventually(|| up.exists());
    stage.terminate();
    let ended = stage.end();
    assert_eq!((ended.code, job.code().as_str()), (1, "34"), "{ended:?}");
    assert!(ended.stdout.contains("tidied up"), "{ended:?}");
}

#[test]
fn what_traps_start_to_clean_up_is_not_hit_by_the_request() {
    let job = Job::new().prepared();
    let home = job.root().join("home");
    // So many that the first ones clean up while the last ones are still to be asked.
    let stage = job.start_script(
        "for i in {1..40}; do
          (trap \"touch $HOME/tidy-$i; exit\" TERM; touch $HOME/up-$i; while :; do sleep 0.02; done) &
        done; wait",
    );
    let all = |word: &str| (1..=40).all(|one| home.join(format!("{word}-{one}")).exists());
    eventually(|| all("up"));
    stage.terminate();
    stage.end();
    let missing = (1..=40).filter(|one| !home.join(format!("tidy-{one}")).exists());
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<i32>::new(), "traps that could not clean up");
}

#[test]
fn a_script_that_ignores_the_request_is_killed_after_the_grace() {
    let job = Job::new().prepared();
    let up = job.root().join("home/up");
    let stage = job.start_script(
        "trap '' TERM; (trap '' TERM; touch $HOME/up; while :; do sleep 60; done); exit 0",
    );
    eventually(|| up.exists());
    let asked = Instant::now();
    stage.terminate();
    let ended = stage.end();
    let took = asked.elapsed();
    assert_eq!((ended.code, job.code().as_str()), (1, "34"), "{ended:?}");
    assert!(took >= Duration::from_secs(1), "the grace is one second: {took:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[test]
fn a_second_request_kills_at_once() {
    let job = Job::new();
    let text = fs::read_to_string(job.config_file()).unwrap().replace("\"1s\"", "\"10m\"");
    job.configure(&text);
    let job = job.prepared();
    let (up, pid) = (job.root().join("home/up"), job.root().join("home/pid"));
    let stage = job.start_script(
        "trap 'touch $HOME/heard' TERM; echo $$ > $HOME/pid; touch $HOME/up; while :; do sleep 0.05; done",
    );
    eventually(|| up.exists());
    stage.terminate();
    eventually(|| job.root().join("home/heard").exists());
    let asked = Instant::now();
    stage.terminate();
    let ended = stage.end();
    assert_eq!((ended.code, job.code().as_str()), (1, "34"), "{ended:?}");
    assert!(asked.elapsed() < Duration::from_secs(4));
    assert!(!runs(&fs::read_to_string(pid).unwrap()));
}

#[test]
fn processes_in_sessions_of_their_own_are_asked_too() {
    let job = Job::new().prepared();
    let home = job.root().join("home");
    let stage = job.start_script(
        "setsid bash -c 'trap \"touch $HOME/heard; exit\" TERM; touch $HOME/up; while :; do sleep 0.05; done' & sleep 60",
    );
    eventually(|| home.join("up").exists());
    stage.terminate();
    eventually(|| home.join("heard").exists());
    assert_eq!(stage.end().code, 1);
}

#[test]
fn a_cancel_in_a_stage_of_the_runner_is_never_0_either() {
    let job = Job::new().prepared();
    let up = job.root().join("home/up");
    let file = job.script_file("trap 'exit 0' TERM; touch $HOME/up; while :; do sleep 0.05; done");
    let stage = job.start(&["run", file.to_str().unwrap(), "get_sources"]);
    eventually(|| up.exists());
    stage.terminate();
    assert_eq!((stage.end().code, job.code().as_str()), (1, "34"));
}

#[test]
fn a_runner_that_is_gone_ends_the_script() {
    let job = Job::with(&json!({}), "").prepared();
    let pid = job.root().join("home/pid");
    let file = job.script_file("echo $$ > $HOME/pid; while :; do echo line; sleep 0.05; done");
    // The Runner's ends of both pipes close when `head` has one line.
    let binary = crate::harness::BINARY;
    let line = format!(
        "{{ {binary:?} --config {:?} run {file:?} build_script; echo $? > $TMPDIR/ended; }} 2>&1 | head -n 1",
        job.config_file(),
    );
    let mut command = std::process::Command::new("bash");
    job.start_command(command.arg("-c").arg(line)).end().passed();
    eventually(|| job.runner().join("ended").exists());
    assert_eq!(fs::read_to_string(job.runner().join("ended")).unwrap().trim(), "1");
    assert!(!runs(&fs::read_to_string(pid).unwrap()));
}
