//! What a script gets, and what it does not.

use crate::harness::{BINARY, Job};
use std::fs;
use std::io::Write as _;
use std::process::Command;

#[test]
fn nothing_of_the_drivers_environment_is_in_the_script() {
    let mut job = Job::new();
    job.set("SERVICE_UNIT_SECRET", "planted-canary");
    job.set("CUSTOM_ENV_PASSWORD", "planted-canary");
    let job = job.prepared();
    let ended =
        job.script("env; tr '\\0' '\\n' < /proc/self/environ; cat /proc/$$/cmdline").passed();
    assert!(!ended.stdout.contains("planted-canary"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("JOB_RESPONSE_FILE"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("jobtok"), "{}", ended.stdout);
}

#[test]
fn a_script_cannot_gain_privileges_or_leave_core_files() {
    let job = Job::new().prepared();
    let ended = job.script("grep NoNewPrivs /proc/self/status; ulimit -c; ulimit -Hc").passed();
    assert_eq!(ended.stdout, "NoNewPrivs:\t1\n0\n0\n");
}

#[test]
fn a_script_reads_nothing_and_has_no_terminal() {
    let job = Job::new().prepared();
    let ended =
        job.script("readlink /proc/self/fd/0; cat; (: < /dev/tty) 2>/dev/null || echo none");
    assert_eq!(ended.stdout, "/dev/null\nnone\n");
}

#[test]
fn our_names_and_the_runners_come_first() {
    let job = Job::new().prepared();
    let script =
        "for n in ecs-canary docker ecs-cli aws gitlab-runner; do readlink $(command -v $n); done";
    let ended = job.script(script).passed();
    // The test itself is the Runner here.
    let runner = std::env::current_exe().unwrap();
    let ours = fs::canonicalize(BINARY).unwrap();
    let wanted = [&ours, &ours, &ours, &ours, &runner].map(|path| format!("{}\n", path.display()));
    assert_eq!(ended.stdout, wanted.concat());
}

#[test]
fn user_scripts_have_the_job_socket_and_the_runners_own_have_none() {
    let job = Job::new().prepared();
    let script = "[ -S \"$ECS_CANARY_SOCKET\" ] && echo socket || echo none";
    let file = job.script_file(script);
    let of = |stage: &str| job.stage(&["run", file.to_str().unwrap(), stage]).passed().stdout;
    for stage in ["build_script", "step_script", "step_release", "after_script", "unheard_of"] {
        assert_eq!(of(stage), "socket\n", "{stage}");
    }
    for stage in ["prepare_script", "get_sources", "clear_worktree", "upload_artifacts_on_failure"]
    {
        assert_eq!(of(stage), "none\n", "{stage}");
    }
}

#[test]
fn a_long_builds_directory_has_a_socket_all_the_same() {
    let job = Job::new();
    let long = job.host().join("long".repeat(30));
    let text = format!("[job]\nbuilds_dir = {long:?}\ncache_dir = {long:?}\n");
    job.configure(&text);
    let job = job.prepared();
    let ended = job.script("[ -S \"$ECS_CANARY_SOCKET\" ] && echo $ECS_CANARY_SOCKET").passed();
    let socket = std::path::Path::new(ended.stdout.trim());
    assert!(socket.as_os_str().len() < 100, "{ended:?}");
    assert!(!socket.exists());
    job.stage(&["cleanup"]).passed();
    assert!(!socket.parent().unwrap().exists());
}

#[test]
fn descriptors_that_the_runner_was_started_with_do_not_reach_the_script() {
    let job = Job::new().prepared();
    let file = job.script_file("ls /proc/self/fd | tr '\\n' ' '");
    let line = format!(
        "exec 7</dev/null 12</dev/null; exec {BINARY:?} --config {:?} run {file:?} build_script",
        job.config_file(),
    );
    let mut command = Command::new("bash");
    let ended = job.start_command(command.arg("-c").arg(line)).end().passed();
    // 3 is the directory that `ls` reads.
    assert_eq!(ended.stdout, "0 1 2 3 ");
}

#[test]
fn home_and_temporary_files_are_the_jobs_own_and_stay_from_stage_to_stage() {
    let job = Job::new().prepared();
    job.script("echo kept > $HOME/file; echo kept > $TMPDIR/file; pwd > $HOME/pwd").passed();
    let ended = job.script("cat $HOME/file $TMPDIR/file").passed();
    assert_eq!(ended.stdout, "kept\nkept\n");
    let root = job.root();
    let pwd = fs::read_to_string(root.join("home/pwd")).unwrap();
    assert_eq!(pwd.trim(), root.join("builds").to_str().unwrap());
}

#[test]
fn no_copy_of_a_script_stays_behind() {
    let job = Job::new().prepared();
    job.script("export PASSWORD=s3cret").passed();
    assert_eq!(fs::read_dir(job.root().join("state")).unwrap().count(), 0);
}

/// As root everything can be read: another user is needed to see the difference.
#[test]
fn a_script_cannot_read_the_drivers_memory_or_environment() {
    let mut job = Job::new();
    job.set("SERVICE_UNIT_SECRET", "planted-canary");
    let mut command = Command::new(BINARY);
    if rustix::process::geteuid().is_root() {
        for path in [job.host().to_owned(), job.runner(), job.config_file(), job.response_file()] {
            std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
        }
        command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", BINARY]);
    }
    let program = command.get_program().to_owned();
    let before: Vec<_> = command.get_args().map(std::ffi::OsStr::to_owned).collect();
    let stage = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(&before).arg("--config").arg(job.config_file()).args(arguments);
        job.start_command(&mut command).end()
    };
    let ended = stage(&["prepare"]);
    if ended.stderr.contains("setpriv") {
        drop(writeln!(
            std::io::stderr(),
            "skipped: another user cannot start the binary here: {}",
            ended.stderr
        ));
        return;
    }
    ended.passed();
    let file = job.script_file(
        "id -u; cat /proc/$PPID/environ /proc/*/environ 2>/dev/null; cat /proc/$PPID/maps",
    );
    std::os::unix::fs::chown(&file, Some(65534), Some(65534)).unwrap_or_default();
    let ended = stage(&["run", file.to_str().unwrap(), "build_script"]);
    assert!(!ended.stdout.contains("planted-canary"), "{ended:?}");
    assert!(ended.stderr.contains("Permission denied"), "{ended:?}");
}
