//! A full disk is the host's fault. On a small file system in a mount namespace of its own.

use crate::harness::{BINARY, Ended, Job};
use std::io::Write as _;
use std::process::Command;

/// Runs `line` with a small file system at `$full`; `None` where mounting is not permitted.
fn with_disk(job: &Job, options: &str, line: &str) -> Option<Ended> {
    let full = job.host().join("full");
    std::fs::create_dir_all(&full).unwrap();
    let line = format!(
        "mount -t tmpfs -o {options} small {full:?} || exit 99; full={full:?}; \
         stage() {{ {BINARY:?} --config {:?} \"$@\"; }}; {line}",
        job.config_file(),
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "bash", "-c"]).arg(line);
    let ended = job.start_command(&mut command).end();
    if ended.code == 99 || ended.stderr.contains("unshare failed") {
        drop(writeln!(std::io::stderr(), "skipped: no mounts here: {}", ended.stderr));
        return None;
    }
    Some(ended)
}

/// Room for a job's directories and little more.
const SMALL: &str = "size=200k";
const FILL: &str = "head -c 1000000 /dev/zero > $full/fill 2>/dev/null";

fn with_builds_on_it() -> Job {
    let mut job = Job::new();
    let full = job.host().join("full");
    let text = format!("[job]\nbuilds_dir = \"{}/b\"\ncache_dir = \"{0}/c\"\n", full.display());
    job.configure(&text);
    job.config().passed();
    job
}

#[test]
fn a_script_that_cannot_be_copied_is_the_hosts_fault_with_a_hint() {
    let job = with_builds_on_it();
    let file = job.script_file("exit 42");
    let line = format!("stage prepare && {FILL}; stage run {file:?} build_script; echo code $?");
    let Some(ended) = with_disk(&job, SMALL, &line) else { return };
    assert!(ended.stdout.ends_with("code 2\n"), "{ended:?}");
    assert_eq!(job.code(), "");
    assert!(ended.stderr.contains("the disk is full"), "{ended:?}");
}

#[test]
fn a_code_file_on_a_full_disk_makes_it_the_hosts_fault() {
    let mut job = Job::new().prepared();
    let code = job.host().join("full/code");
    job.set("BUILD_EXIT_CODE_FILE", code.to_str().unwrap());
    let file = job.script_file("exit 1");
    // The code of an earlier stage is still there, and must not be told again.
    let line =
        format!("echo 42 > $full/code; {FILL}; stage run {file:?} build_script; echo code $?");
    let Some(ended) = with_disk(&job, SMALL, &line) else { return };
    assert!(ended.stdout.ends_with("code 2\n"), "{ended:?}");
    assert!(ended.stderr.contains("exit code 1 cannot be written"), "{ended:?}");
}

#[test]
fn a_directory_that_finds_no_room_is_the_hosts_fault() {
    let job = with_builds_on_it();
    // No room for a file name either: as many files as the file system takes.
    let line = "touch $full/1 $full/2 2>/dev/null; stage prepare; echo code $?";
    let Some(ended) = with_disk(&job, "nr_inodes=3", line) else { return };
    assert!(ended.stdout.ends_with("code 2\n"), "{ended:?}");
}

#[test]
fn cleanup_works_on_a_full_disk() {
    let job = with_builds_on_it();
    let line = format!("stage prepare && {FILL}; stage cleanup; echo code $?; ls $full/b | wc -l");
    let Some(ended) = with_disk(&job, SMALL, &line) else { return };
    assert!(ended.stdout.ends_with("code 0\n0\n"), "{ended:?}");
}
