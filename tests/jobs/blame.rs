//! Whose fault a failure is, as GitLab is told.

use crate::host::{Host, run};

#[test]
fn a_scripts_exit_code_reaches_gitlab_whatever_it_is() {
    let host = Host::new();
    let table: Vec<String> =
        ["true", "exit 1", "exit 2", "exit 42", "exit 137", "exit 255", "kill -9 $$"]
            .iter()
            .map(|script| format!("{script}: {}", run(host.job(&[script])).verdict()))
            .collect();
    assert_eq!(
        table,
        [
            "true: success",
            "exit 1: failed script_failure 1",
            "exit 2: failed script_failure 2",
            "exit 42: failed script_failure 42",
            "exit 137: failed script_failure 137",
            "exit 255: failed script_failure 255",
            "kill -9 $$: failed script_failure 137",
        ]
    );
    assert_eq!(host.left_behind(), Vec::<String>::new());
}

#[test]
fn a_failing_after_script_changes_nothing_and_sees_how_the_job_ended() {
    let host = Host::new();
    let after = ["echo $CI_JOB_STATUS > $SEEN/status", "exit 9"];
    let ended = run(host.job(&["exit 42"]).after_script(&after));
    assert_eq!(ended.verdict(), "failed script_failure 42", "{}", ended.trace());
    assert_eq!(host.seen("status"), "failed\n");
}

#[test]
fn a_broken_host_config_is_the_hosts_fault_and_is_told_with_its_place() {
    let host = Host::new();
    std::fs::write(host.path("config.toml"), "[job]\nbuild_dir = \"/x\"\n").unwrap();
    let ended = run(host.job(&["true"]));
    assert_eq!(ended.verdict(), "failed runner_system_failure", "{}", ended.trace());
    assert!(ended.trace().contains("config.toml:2:1"), "{}", ended.trace());
}

#[test]
fn both_names_of_the_script_stage_and_unknown_ones_run_the_users_script() {
    use ecs_sim::gitlab::payload::Step;
    use ecs_sim::gitlab::runner::ScriptStage;
    let host = Host::new();
    let mut trial = host.job(&["echo one >> $SEEN/steps"]);
    trial.settings.script_stage = ScriptStage::StepScript;
    let script = vec!["echo two >> $SEEN/steps".to_owned()];
    trial.job.steps.push(Step { name: "release".into(), script, ..Step::default() });
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    assert_eq!(host.seen("steps"), "one\ntwo\n");
}
