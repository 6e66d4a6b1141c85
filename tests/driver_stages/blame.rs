//! Only a script's own end is a script failure; everything else is the host's.

use crate::harness::Job;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// What the Runner sees: exit code and code file.
fn seen(job: &Job, script: &str) -> (i32, String) {
    let ended = job.script(script);
    (ended.code, job.code())
}

#[test]
fn a_scripts_own_end_is_told_with_its_code() {
    let job = Job::new().prepared();
    let table = [
        ("exit 1", 1, "1"),
        ("exit 2", 1, "2"),
        ("exit 42", 1, "42"),
        ("exit 137", 1, "137"),
        ("exit 255", 1, "255"),
        ("kill -KILL $$", 1, "137"),
        ("kill -TERM $$", 1, "143"),
        ("kill -SEGV $$", 1, "139"),
        ("this is ( no shell", 1, "2"),
    ];
    for (script, exit, code) in table {
        assert_eq!(seen(&job, script), (exit, code.to_owned()), "{script}");
    }
}

#[test]
fn a_script_that_ends_with_0_passes() {
    let job = Job::new().prepared();
    assert_eq!(seen(&job, "exit 0"), (0, String::new()));
}

#[test]
fn the_code_of_an_earlier_stage_is_never_told_again() {
    let job = Job::new().prepared();
    assert_eq!(seen(&job, "exit 42").1, "42");
    assert_eq!(seen(&job, "exit 1"), (1, "1".to_owned()));
    assert_eq!(seen(&job, "exit 0").0, 0);
    job.configure("[sandbox]\nprofile = \"sandbox\"\n");
    assert_eq!(seen(&job, "exit 42").0, 2);
}

#[test]
fn a_runner_without_a_code_file_gets_its_build_failure() {
    let mut job = Job::new().prepared();
    job.set("BUILD_EXIT_CODE_FILE", "");
    assert_eq!(job.script("exit 42").code, 1);
}

#[test]
fn the_runner_chooses_the_two_exit_codes() {
    let mut job = Job::new().prepared();
    job.set("BUILD_FAILURE_EXIT_CODE", "77");
    job.set("SYSTEM_FAILURE_EXIT_CODE", "88");
    assert_eq!(seen(&job, "exit 42"), (77, "42".to_owned()));
    assert_eq!(job.stage(&["run", "/nonexistent", "build_script"]).code, 88);
}

#[test]
fn a_sandbox_that_cannot_start_is_the_hosts_fault() {
    let mut job = Job::with(&json!({}), "[sandbox]\nprofile = \"sandbox\"");
    job.config().passed();
    let ended = job.stage(&["prepare"]);
    assert_eq!((ended.code, job.code().as_str()), (2, ""));
    assert!(ended.stderr.contains("sandbox profile \"sandbox\" is not available"), "{ended:?}");
    assert!(ended.stderr.contains("Hint: "), "{ended:?}");
    assert_eq!(job.script("exit 42").code, 2);
    assert_eq!(job.code(), "");
}

#[test]
fn a_launcher_that_cannot_become_the_script_is_the_hosts_fault() {
    let job = Job::new().prepared();
    // The stage cannot enter its working directory.
    fs::remove_dir(job.root().join("builds")).unwrap();
    let ended = job.script("exit 42");
    assert_eq!((ended.code, job.code().as_str()), (2, ""), "{ended:?}");
}

#[test]
fn an_unreadable_response_file_is_the_hosts_fault_in_every_stage_but_cleanup() {
    let spoil: [fn(&Job); 4] = [
        |job| fs::remove_file(job.response_file()).unwrap(),
        |job| fs::write(job.response_file(), "").unwrap(),
        |job| fs::write(job.response_file(), "{\"id\": \"s3cret\"}").unwrap(),
        |job| {
            fs::remove_file(job.response_file()).unwrap();
            fs::create_dir(job.response_file()).unwrap();
        },
    ];
    for spoil in spoil {
        let job = Job::new().prepared();
        spoil(&job);
        for stage in [&["config"][..], &["prepare"], &["run", "/dev/null", "build_script"]] {
            let ended = job.stage(stage);
            assert_eq!((ended.code, job.code().as_str()), (2, ""), "{stage:?}: {ended:?}");
            assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{ended:?}");
            assert!(!ended.stderr.contains("s3cret"), "{ended:?}");
        }
        job.stage(&["cleanup"]).passed();
    }
}

#[test]
fn a_code_that_cannot_be_written_makes_it_the_hosts_fault() {
    let mut job = Job::new().prepared();
    job.set("BUILD_EXIT_CODE_FILE", "/nonexistent/build_exit_code");
    let ended = job.script("exit 42");
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("exit code 42 cannot be written"), "{ended:?}");
    assert_eq!(job.script("exit 0").code, 0);
}

#[test]
fn a_stage_without_prepare_is_the_hosts_fault() {
    let job = Job::new();
    let ended = job.script("exit 0");
    assert_eq!((ended.code, job.code().as_str()), (2, ""));
    assert!(ended.stderr.contains("prepare_exec"), "{ended:?}");
}

#[test]
fn a_builds_directory_that_cannot_be_made_is_the_hosts_fault_with_a_hint() {
    let mut job = Job::new();
    job.configure("[job]\nbuilds_dir = \"/proc/nowhere\"\ncache_dir = \"/proc/nowhere\"\n");
    job.config().passed();
    let ended = job.stage(&["prepare"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("/proc/nowhere"), "{ended:?}");
}

#[test]
fn a_directory_of_somebody_else_in_place_of_the_jobs_is_refused() {
    let mut job = Job::new();
    job.config();
    fs::create_dir(job.builds()).unwrap();
    let key = job.variables().into_iter().find(|(name, _)| name == "ECS_CANARY_JOB_KEY").unwrap().1;
    let elsewhere = job.host().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, job.builds().join(key)).unwrap();
    assert_eq!(job.stage(&["prepare"]).code, 2);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_host_config_with_a_fault_is_told_with_its_line() {
    let mut job = Job::new();
    job.configure("[job]\nbuild_dir = \"/b\"\n");
    let ended = job.config();
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("config.toml:2:1"), "{ended:?}");
    assert!(ended.stderr.contains("builds_dir"), "{ended:?}");
}

#[test]
fn directories_of_the_job_are_for_its_user_only() {
    let job = Job::new().prepared();
    let root = job.root();
    for directory in ["", "builds", "tmp", "home", "names", "state"] {
        let mode = fs::metadata(root.join(directory)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{directory}");
    }
}

#[test]
fn a_stage_with_other_words_is_the_hosts_fault_and_says_how_it_is_called() {
    let job = Job::new().prepared();
    for words in [&["run"][..], &["run", "/script"], &["prepare", "more"], &["cleanup", "more"]] {
        let ended = job.stage(words);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains("is a stage that GitLab Runner calls"), "{ended:?}");
    }
}

#[test]
fn a_script_or_response_that_is_a_pipe_is_not_waited_for() {
    let job = Job::new().prepared();
    let pipe = job.runner().join("pipe");
    let fifo = rustix::fs::FileType::Fifo;
    let make = |path: &Path| {
        rustix::fs::mknodat(rustix::fs::CWD, path, fifo, 0o600.into(), 0).unwrap();
    };
    make(&pipe);
    let ended = job.stage(&["run", pipe.to_str().unwrap(), "build_script"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("is a named pipe, not a file"), "{ended:?}");
    fs::remove_file(job.response_file()).unwrap();
    make(&job.response_file());
    let ended = job.stage(&["config"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("is a named pipe, not a file"), "{ended:?}");
}
