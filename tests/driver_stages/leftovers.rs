//! Nothing that a script started outlives its stage, and nothing of it holds the stage.

use crate::harness::{BINARY, Job, eventually, lives_with, runs};
use rustix::process::Signal;
use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

/// A stage may end this long after its script.
const LONGEST: Duration = Duration::from_secs(2);

#[test]
fn a_daemon_that_holds_the_output_does_not_hold_the_stage() {
    let job = Job::new().prepared();
    let ended =
        job.script("echo before; setsid sleep 600 & echo $! > $HOME/pid; echo after").passed();
    assert!(ended.took < LONGEST, "{ended:?}");
    assert_eq!(ended.stdout, "before\nafter\n");
    assert!(!runs(&fs::read_to_string(job.root().join("home/pid")).unwrap()));
}

#[test]
fn a_daemon_that_ignores_everything_is_gone_with_its_stage() {
    let job = Job::new().prepared();
    let script = r#"
        # A double fork: the daemon's parent is gone before the script ends.
        (setsid bash -c 'trap "" TERM HUP INT; echo $$ > $HOME/pid; while :; do sleep 1; done' &)
        until [ -s $HOME/pid ]; do sleep 0.01; done
        exit 3"#;
    let ended = job.script(script);
    assert_eq!((ended.code, job.code().as_str()), (1, "3"));
    assert!(ended.took < LONGEST + Duration::from_secs(1), "{ended:?}");
    assert!(!runs(&fs::read_to_string(job.root().join("home/pid")).unwrap()));
}

#[test]
fn a_background_process_may_tidy_up_before_it_is_killed() {
    let job = Job::new().prepared();
    let script = r#"
        (trap "touch $HOME/tidy; exit" TERM; touch $HOME/up; while :; do sleep 0.02; done) &
        until [ -e $HOME/up ]; do sleep 0.01; done"#;
    job.script(script).passed();
    assert!(job.root().join("home/tidy").exists());
}

#[test]
fn a_daemon_without_our_mark_is_gone_too() {
    let job = Job::new().prepared();
    let script = "env -i setsid bash -c 'echo $$ > '$HOME'/pid; sleep 600' & \
                  until [ -s $HOME/pid ]; do sleep 0.01; done";
    job.script(script).passed();
    assert!(!runs(&fs::read_to_string(job.root().join("home/pid")).unwrap()));
}

/// Runs the stage as the only program of a process namespace, so that a fork loop which is not
/// caught cannot hurt the machine. `None` where namespaces are not permitted.
fn in_own_processes(job: &Job, script: &str) -> Option<crate::harness::Ended> {
    let file = job.script_file(script);
    let line = format!(
        "ulimit -u 4000; {BINARY:?} --config {:?} run {file:?} build_script; echo code $?; \
         set -- /proc/[0-9]*; echo $# left",
        job.config_file(),
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]);
    let ended = job.start_command(command.args(["bash", "-c"]).arg(line)).end();
    if ended.stderr.contains("unshare failed") || ended.code == 127 {
        drop(writeln!(std::io::stderr(), "skipped: no process namespaces here: {}", ended.stderr));
        return None;
    }
    Some(ended)
}

#[test]
fn a_fork_loop_ends_with_its_stage() {
    let job = Job::new().prepared();
    let script = r#"
        # Each one starts the next in a session of its own, and ends.
        chain() { setsid bash -c "$(declare -f chain); chain" & exit; }
        for i in 1 2 3; do (chain) & done
        # And a crowd in the script's own group.
        for i in $(seq 50); do (while :; do sleep 0.01; done) & done
        echo started; exit 7"#;
    let Some(ended) = in_own_processes(&job, script) else { return };
    // The one that counts.
    assert_eq!(ended.stdout, "started\ncode 1\n1 left\n", "{ended:?}");
    assert_eq!(job.code(), "7");
    assert!(ended.took < Duration::from_secs(8), "{ended:?}");
}

#[test]
fn what_a_killed_driver_leaves_is_ended_by_cleanup() {
    let job = Job::new().prepared();
    let root = job.root();
    let stage = job.start_script(
        "setsid sleep 600 & echo $! > $HOME/daemon; echo $$ > $HOME/script; while :; do sleep 60; done",
    );
    let file = |name: &str| root.join("home").join(name);
    eventually(|| fs::read_to_string(file("script")).is_ok_and(|pid| pid.ends_with('\n')));
    let [daemon, script] = ["daemon", "script"].map(|name| fs::read_to_string(file(name)).unwrap());
    stage.signal(Signal::KILL);
    // The script ends with its driver, the daemon goes on.
    eventually(|| !runs(&script));
    assert!(runs(&daemon));
    let key = root.file_name().unwrap().to_str().unwrap();
    let ended = job.stage(&["cleanup"]).passed();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert!(!runs(&daemon));
    assert!(!lives_with(&format!("ECS_CANARY_JOB={key}")));
    assert!(!root.exists());
    drop(stage.end());
}

#[test]
fn a_process_without_its_environment_is_found_by_its_directory() {
    let job = Job::new().prepared();
    let root = job.root();
    let stage = job.start_script(
        "env -i setsid sleep 600 & echo $! > $HOME/daemon; while :; do sleep 60; done",
    );
    let daemon = root.join("home/daemon");
    eventually(|| fs::read_to_string(&daemon).is_ok_and(|pid| pid.ends_with('\n')));
    let daemon = fs::read_to_string(daemon).unwrap();
    eventually(|| {
        let environment = fs::read(format!("/proc/{}/environ", daemon.trim()));
        environment.is_ok_and(|environment| environment.is_empty())
    });
    stage.signal(Signal::KILL);
    job.stage(&["cleanup"]).passed();
    assert!(!runs(&daemon));
    drop(stage.end());
}
