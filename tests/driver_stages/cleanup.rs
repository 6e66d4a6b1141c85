//! Cleanup tolerates everything and leaves nothing.

use crate::harness::{Ended, Job, eventually, runs};
use std::fs;
use std::io::Write as _;
use std::time::Duration;

/// Passed without a word: its output is the Runner's log.
fn silent(ended: &Ended) {
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
    assert!(ended.took < Duration::from_secs(10));
}

#[test]
fn a_job_that_was_never_prepared_is_clean() {
    let mut job = Job::new();
    silent(&job.stage(&["cleanup"]));
    job.config();
    silent(&job.stage(&["cleanup"]));
}

#[test]
fn cleaning_twice_is_as_good_as_once() {
    let job = Job::new().prepared();
    silent(&job.stage(&["cleanup"]));
    silent(&job.stage(&["cleanup"]));
    assert_eq!(fs::read_dir(job.builds()).unwrap().count(), 0);
}

#[test]
fn file_variables_and_closed_directories_go() {
    let job = Job::new().prepared();
    let script = "mkdir -p group/web.tmp a/b; echo s3cret > group/web.tmp/KEY; touch a/b/c; \
                  ln -s / a/root; chmod 500 a/b; chmod 000 a";
    job.script(script).passed();
    let root = job.root();
    silent(&job.stage(&["cleanup"]));
    assert!(!root.exists());
}

#[test]
fn without_job_env_the_response_file_is_enough() {
    let mut job = Job::new().prepared();
    let root = job.root();
    job.forget_job_env();
    silent(&job.stage(&["cleanup"]));
    assert!(!root.exists());
}

#[test]
fn without_a_response_file_job_env_is_enough() {
    let job = Job::new().prepared();
    let root = job.root();
    fs::write(job.response_file(), "garbage").unwrap();
    job.configure("this is not toml");
    silent(&job.stage(&["cleanup"]));
    assert!(!root.exists());
}

#[test]
fn with_neither_it_ends_well_and_touches_nothing() {
    let mut job = Job::new().prepared();
    let root = job.root();
    fs::remove_file(job.response_file()).unwrap();
    job.forget_job_env();
    silent(&job.stage(&["cleanup"]));
    assert!(root.exists());
}

#[test]
fn half_of_a_job_is_removed_like_a_whole() {
    let job = Job::new().prepared();
    let root = job.root();
    fs::remove_dir(root.join("state")).unwrap();
    fs::remove_dir_all(root.join("names")).unwrap();
    fs::write(root.join("names"), "a file now").unwrap();
    silent(&job.stage(&["cleanup"]));
    assert!(!root.exists());
}

#[test]
fn a_running_stage_is_ended_and_another_job_is_not_touched() {
    let job = Job::new().prepared();
    let other = Job::new();
    // The same host for both.
    other.configure(&fs::read_to_string(job.config_file()).unwrap());
    let root = job.root();
    other.stage(&["prepare"]).passed();
    let alive = |directory: &std::path::Path| directory.join("home/pid");
    let script = "echo $$ > $HOME/pid; while :; do sleep 60; done";
    let other_root = fs::read_dir(job.builds())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| *path != root)
        .unwrap();
    let [stage, other_stage] = [job.start_script(script), other.start_script(script)];
    let pid = |file: std::path::PathBuf| fs::read_to_string(file).unwrap_or_default();
    eventually(|| pid(alive(&root)).ends_with('\n') && pid(alive(&other_root)).ends_with('\n'));
    let number = pid(alive(&root));
    silent(&job.stage(&["cleanup"]));
    assert!(!runs(&number) && !root.exists());
    let ended = stage.end();
    assert_eq!((ended.code, job.code().as_str()), (1, "137"), "{ended:?}");
    assert!(runs(&pid(alive(&other_root))) && other_root.join("state").is_dir());
    other_stage.terminate();
    assert_eq!(other_stage.end().code, 1);
}

#[test]
fn what_a_job_claims_to_be_is_not_cleaned() {
    let mut forger = Job::new().prepared();
    let victim = forger.builds().join("1-0123456789abcdef");
    fs::create_dir(&victim).unwrap();
    for name in ["ECS_CANARY_JOB_KEY", "CI_JOB_ID"] {
        forger.set(&format!("CUSTOM_ENV_{name}"), "1-0123456789abcdef");
    }
    forger.set("CUSTOM_ENV_ECS_CANARY_JOB_DIRECTORY", victim.to_str().unwrap());
    silent(&forger.stage(&["cleanup"]));
    assert!(victim.exists());
}

#[test]
fn what_cannot_be_removed_is_told_without_names_of_the_job() {
    if !rustix::process::geteuid().is_root() {
        drop(writeln!(
            std::io::stderr(),
            "skipped: only root can make a file that it cannot remove"
        ));
        return;
    }
    let job = Job::new().prepared();
    let file = job.root().join("home/s3cret-name");
    fs::write(&file, "").unwrap();
    let immutable = |flag: &str| {
        std::process::Command::new("chattr")
            .arg(flag)
            .arg(&file)
            .status()
            .is_ok_and(|s| s.success())
    };
    if !immutable("+i") {
        drop(writeln!(std::io::stderr(), "skipped: this file system has no immutable files"));
        return;
    }
    let ended = job.stage(&["cleanup"]);
    assert!(immutable("-i"));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("of the job is left"), "{ended:?}");
    assert!(!ended.stderr.contains("s3cret-name"), "{ended:?}");
    assert!(!job.root().join("builds").exists(), "the rest is gone");
}
