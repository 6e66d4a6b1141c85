//! Cancel, force cancel, timeout, and what a script leaves running.

use std::time::Duration;

use ecs_sim::gitlab::coordinator::JobStatus;
use ecs_sim::gitlab::payload::Variable;
use ecs_sim::gitlab::trial::Intervention;

use crate::host::{Host, run};

#[test]
fn a_cancel_is_noticed_in_a_silent_script_and_after_script_runs() {
    let host = Host::new();
    let script = [
        "bash -c 'trap \"echo term > $SEEN/inner; exit 0\" TERM; : > $SEEN/began; while :; do sleep 0.1; done'",
    ];
    let mut trial = host.job(&script).after_script(&["echo $CI_JOB_STATUS > $SEEN/after"]);
    // As with a real runner: without output it would ask only after 30 s.
    trial.settings.waits.trace_force_send = Duration::from_secs(30);
    let ended = run(trial.when_file_exists(&host.path("seen").join("began"), Intervention::Cancel));
    assert_eq!(ended.job.status, JobStatus::Canceled, "{}", ended.trace());
    assert_eq!(host.seen("inner"), "term\n", "TERM reached the innermost process");
    assert_eq!(host.seen("after"), "canceled\n");
    let noticed = ended.after_intervention.unwrap();
    assert!(noticed < Duration::from_secs(14), "{noticed:?}");
    assert_eq!(host.left_behind(), Vec::<String>::new());
}

#[test]
fn a_forced_cancel_and_a_timeout_leave_no_file_variable_behind() {
    let secret = || Variable::file("KEY", "secret");
    let host = Host::new();
    let trial = host.job(&["echo working", "sleep 30"]).with_variable(secret());
    let ended = run(trial.when_trace_contains("working", Intervention::ForceCancel));
    assert_eq!(ended.verdict(), "failed job_canceled", "{}", ended.trace());
    assert_eq!(host.left_behind(), Vec::<String>::new());

    let host = Host::new();
    let trial = host.job(&["sleep 30"]).with_variable(secret()).timeout(Duration::from_secs(2));
    let ended = run(trial);
    assert_eq!(ended.verdict(), "failed job_execution_timeout", "{}", ended.trace());
    assert_eq!(host.left_behind(), Vec::<String>::new());
}

#[test]
fn a_daemon_that_keeps_the_output_open_does_not_hold_the_stage() {
    let host = Host::new();
    let ended = run(host.job(&["setsid sleep 31 & echo started", "echo done"]));
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    assert!(ended.trace().contains("done\n"), "{}", ended.trace());
    assert!(ended.took < Duration::from_secs(15), "{:?}", ended.took);
}

#[test]
fn a_runner_that_is_stopped_ends_its_job_and_cleans_up() {
    let host = Host::new();
    let trial = host.job(&["echo working", "sleep 30"]);
    let ended = run(trial.when_trace_contains("working", Intervention::StopRunner));
    assert!(ended.verdict().starts_with("failed runner_"), "{}", ended.verdict());
    assert_eq!(host.left_behind(), Vec::<String>::new());
}
