//! The contract runner with a small bash executor: does it do what GitLab Runner does? Set `GITLAB_RUNNER` to a real
//! one to run the same jobs with it.
#![expect(clippy::unwrap_used, reason = "test code: a broken set-up may panic")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use ecs_sim::gitlab::coordinator::{Faults, JobStatus};
use ecs_sim::gitlab::payload::{Artifact, Variable};
use ecs_sim::gitlab::runner::program_of::RunnerProgram;
use ecs_sim::gitlab::runner::{ScriptStage, StageResult};
use ecs_sim::gitlab::trial::{Ended, Intervention, Trial};

struct Scene {
    name: &'static str,
    state: tempfile::TempDir,
}

impl Scene {
    fn new(name: &'static str) -> Self {
        Self { name, state: tempfile::tempdir().unwrap() }
    }

    fn trial(&self, script: &[&str]) -> Trial {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/executor/bash-executor");
        let state = self.state.path().display().to_string();
        let mut trial = Trial::new(program, &[self.name, &state], script);
        trial.runner = RunnerProgram::from_environment();
        trial
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.state.path().join(name)).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.state.path().join(name)
    }

    fn calls(&self) -> Vec<String> {
        self.file("calls").lines().map(|line| line.trim().to_owned()).collect()
    }
}

fn run(trial: Trial) -> Ended {
    trial.run_blocking().unwrap()
}

#[test]
fn a_job_goes_through_all_stages_in_order() {
    let scene = Scene::new("good");
    let trial = scene
        .trial(&["echo hello from $CI_PROJECT_PATH"])
        .after_script(&["echo after $CI_JOB_STATUS"]);
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success");
    assert_eq!(
        scene.calls(),
        [
            "config",
            "prepare",
            "run prepare_script",
            "run get_sources",
            "run build_script",
            "run after_script",
            "run cleanup_file_variables",
            "cleanup"
        ]
    );
    let trace = ended.trace();
    assert!(trace.contains("Using Custom executor with driver bash 1..."), "{trace}");
    assert!(trace.contains("prepare talks"), "{trace}");
    assert!(trace.contains("\x1b[32;1m$ echo hello from $CI_PROJECT_PATH\x1b[0;m\n"), "{trace}");
    assert!(trace.contains("hello from group/app"), "{trace}");
    assert!(trace.contains("after success"), "{trace}");
    assert!(trace.contains("Job succeeded"), "{trace}");
    assert!(!trace.contains("cleanup talks"), "{trace}");
}

#[test]
fn the_stages_see_the_contracts_files_directories_and_environment() {
    let scene = Scene::new("good");
    let trial = scene
        .trial(&["true"])
        .variable("CI_CONCURRENT_ID", "77")
        .variable("TMPDIR_COPY", "$CI_PROJECT_DIR");
    assert_eq!(run(trial).verdict(), "success");
    assert_eq!(scene.file("modes"), "600\n700\n");
    let process = scene.file("process");
    let process: Vec<&str> = process.lines().collect();
    let config = scene.file("config.env");
    let is_set = |env: &str, line: &str| env.lines().any(|l| l == line);
    assert!(is_set(&config, &format!("TMPDIR={}", process[0])));
    assert!(process[0].contains("/custom-executor"));
    assert_eq!(process[1], "/dev/null");
    assert_eq!(process[2], process[3], "the executor leads its own process group");
    assert!(is_set(&config, "BUILD_FAILURE_EXIT_CODE=1"));
    assert!(is_set(&config, "SYSTEM_FAILURE_EXIT_CODE=2"));
    assert!(is_set(&config, &format!("BUILD_EXIT_CODE_FILE={}/build_exit_code", process[0])));
    assert!(is_set(&config, &format!("JOB_RESPONSE_FILE={}/response.json", process[0])));
    assert!(is_set(&config, "CUSTOM_ENV_CI_PROJECT_DIR="), "not known before config answered");
    assert!(!is_set(&config, "FROM_CONFIG=yes"));
    let prepare = scene.file("prepare.env");
    let project = format!("{}/builds/group/app", scene.state.path().display());
    assert!(is_set(&prepare, &format!("CUSTOM_ENV_CI_PROJECT_DIR={project}")));
    assert!(is_set(&prepare, &format!("CUSTOM_ENV_TMPDIR_COPY={project}")));
    assert!(is_set(&prepare, "CUSTOM_ENV_CI_CONCURRENT_ID=77"), "a job can forge it");
    assert!(is_set(&prepare, "CUSTOM_ENV_CI_JOB_SERVICES="));
    assert!(is_set(&prepare, "FROM_CONFIG=yes"));
    assert!(is_set(&scene.file("cleanup.env"), "FROM_CONFIG=yes"));
    let response: serde_json::Value = serde_json::from_str(&scene.file("response.json")).unwrap();
    assert_eq!(response["job_info"]["project_full_path"], "group/app");
    assert!(!Path::new(process[0]).exists(), "the directory is removed after cleanup");
}

#[test]
fn only_the_scripts_own_exit_is_its_fault() {
    let verdict =
        |scene: &'static str, script: &str| run(Scene::new(scene).trial(&[script])).verdict();
    assert_eq!(verdict("good", "exit 42"), "failed script_failure 42");
    assert_eq!(verdict("good", "false; echo not reached"), "failed script_failure 1");
    assert_eq!(verdict("good", "false | true"), "failed script_failure 1");
    assert_eq!(verdict("system-failure", "true"), "failed runner_system_failure");
    assert_eq!(verdict("unknown-code", "true"), "failed runner_system_failure");
    assert_eq!(verdict("broken-code-file", "true"), "failed runner_system_failure");
    assert_eq!(verdict("killed", "true"), "failed runner_system_failure");
}

#[test]
fn an_old_exit_code_is_read_again_and_after_script_cannot_fail_the_job() {
    let ended = run(Scene::new("good")
        .trial(&["exit 42"])
        .after_script(&["echo $CI_JOB_STATUS", "exit 3"]));
    assert_eq!(ended.verdict(), "failed script_failure 42");
    assert!(ended.trace().contains("\nfailed\n"), "{}", ended.trace());
}

#[test]
fn prepare_is_tried_three_times_with_cleanup_between_unless_it_is_the_jobs_fault() {
    let stages = |name: &'static str| {
        let scene = Scene::new(name);
        let verdict = run(scene.trial(&["true"])).verdict();
        let calls = scene.calls().into_iter().filter(|call| !call.starts_with("run "));
        (verdict, calls.collect::<Vec<_>>().join(" "))
    };
    let once = "config prepare cleanup";
    assert_eq!(stages("prepare-fails-once"), ("success".into(), format!("{once} {once}")));
    let thrice = format!("{once} {once} {once}");
    assert_eq!(stages("prepare-fails"), ("failed runner_system_failure".into(), thrice));
    assert_eq!(
        stages("prepare-is-the-jobs-fault"),
        ("failed script_failure 1".into(), once.into())
    );
    let (verdict, calls) = stages("not-json");
    assert_eq!(
        (verdict.as_str(), calls.as_str()),
        ("failed runner_system_failure", "config cleanup config cleanup config cleanup")
    );
}

#[test]
fn sources_are_fetched_by_git_over_http_and_a_second_try_clears_the_worktree() {
    let scene = Scene::new("sources-fail-once");
    let trial = scene
        .trial(&[
            "cat page.html",
            "git log -1 --format=%s",
            "git config --list --show-origin | grep -c token || true",
        ])
        .file("page.html", "<h1>v1</h1>\n")
        .variable("GET_SOURCES_ATTEMPTS", "2");
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    assert!(
        ended.trace().contains("<h1>v1</h1>\nsection") || ended.trace().contains("<h1>v1</h1>\n")
    );
    assert!(ended.trace().contains("Add files"));
    let sources: Vec<String> = scene
        .calls()
        .into_iter()
        .filter(|call| call.contains("sources") || call.contains("clear"))
        .collect();
    assert_eq!(sources, ["run get_sources", "run clear_worktree", "run get_sources"]);
}

#[test]
fn with_the_flag_no_token_is_in_gits_configuration_and_git_still_works() {
    let scene = Scene::new("good");
    let mut trial = scene
        .trial(&[
            "git fetch -q origin main && echo fetched",
            "if grep -r \"$CI_JOB_TOKEN\" .git \"$CI_PROJECT_DIR.tmp\"; then echo leaked; fi",
        ])
        .file("page.html", "v1");
    trial.settings.feature_flags.push(("FF_GIT_URLS_WITHOUT_TOKENS".into(), true));
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    assert!(ended.trace().contains("\nfetched\n"), "{}", ended.trace());
    assert!(!ended.trace().contains("\nleaked\n"), "{}", ended.trace());
}

#[test]
fn masked_values_are_hidden_and_file_variables_are_files() {
    let scene = Scene::new("good");
    let trial = scene
        .trial(&[
            "echo password=$PASSWORD",
            "cat $KEY",
            "ls $CI_PROJECT_DIR.tmp",
            "echo job $CI_JOB_TOKEN",
        ])
        .with_variable(Variable::masked("PASSWORD", "s3cretvalue"))
        .with_variable(Variable::file("KEY", "line 1\n'line' \"2\" $HOME\n"));
    let ended = run(trial);
    let trace = ended.trace();
    assert_eq!(ended.verdict(), "success", "{trace}");
    assert!(trace.contains("password=[MASKED]\n"), "{trace}");
    assert!(!trace.contains("s3cretvalue"), "{trace}");
    assert!(!trace.contains(&ended.job.payload.token), "{trace}");
    assert!(trace.contains("'line' \"2\" "), "{trace}");
    assert_eq!(scene.file("left-in-tmp"), "", "removed before cleanup");
}

#[test]
fn a_cancel_stops_only_the_script_and_a_forced_one_everything() {
    let scene = Scene::new("good");
    let script = ["echo working", "sleep 30"];
    let trial = scene.trial(&script).after_script(&["echo after $CI_JOB_STATUS"]);
    let ended = run(trial.when_trace_contains("working", Intervention::Cancel));
    assert_eq!(ended.job.status, JobStatus::Canceled);
    assert_eq!(ended.verdict(), "failed job_canceled", "{}", ended.trace());
    assert!(ended.trace().contains("after canceled"), "{}", ended.trace());
    assert!(ended.after_intervention.unwrap() < Duration::from_secs(10));

    let scene = Scene::new("good");
    let trial = scene.trial(&script).after_script(&["echo after $CI_JOB_STATUS"]);
    let ended = run(trial.when_trace_contains("working", Intervention::ForceCancel));
    assert_eq!(ended.verdict(), "failed job_canceled");
    assert!(!ended.trace().contains("after canceled"), "{}", ended.trace());
    assert!(
        !scene.calls().contains(&"run cleanup_file_variables".to_owned()),
        "no cleanup of files"
    );
    assert_eq!(scene.calls().last().unwrap(), "cleanup");
}

#[test]
fn a_silent_script_hears_of_a_cancel_only_at_the_long_interval() {
    let scene = Scene::new("good");
    // Everything printed so far is sent before the cancel.
    let trial = scene.trial(&["sleep 2; : > $STATE/began; sleep 30"]);
    let trial = trial.variable("STATE", &scene.state.path().display().to_string());
    let mut trial = trial.when_file_exists(&scene.path("began"), Intervention::Cancel);
    if trial.runner != RunnerProgram::InProcess {
        return; // its interval is 30 s
    }
    trial.settings.waits.trace_force_send = Duration::from_secs(3);
    let ended = run(trial);
    assert_eq!(ended.verdict(), "failed job_canceled");
    let terminated = ended.stage("build_script").unwrap().terminated_after.unwrap();
    assert!(terminated > Duration::from_secs(3), "{terminated:?}");
}

#[test]
fn a_job_that_is_deleted_is_aborted() {
    let scene = Scene::new("good");
    // With new output 404 to the log changes nothing; the update at the long interval aborts.
    let mut trial = scene.trial(&["echo working", "sleep 30"]);
    trial.settings.waits.trace_force_send = Duration::from_millis(500);
    let ended = run(trial.when_trace_contains("working", Intervention::Delete));
    assert_eq!(ended.job.status, JobStatus::Canceled);
    assert_eq!(scene.calls().last().unwrap(), "cleanup");
}

#[test]
fn the_jobs_timeout_leaves_out_everything_but_cleanup() {
    let scene = Scene::new("good");
    let trial = scene
        .trial(&["sleep 30"])
        .after_script(&["echo after"])
        .with_variable(Variable::file("KEY", "secret"))
        .timeout(Duration::from_secs(1));
    let ended = run(trial);
    assert_eq!(ended.verdict(), "failed job_execution_timeout", "{}", ended.trace());
    assert_eq!(scene.calls().last().unwrap(), "cleanup");
    assert!(
        !scene.calls().iter().any(|call| call.contains("after") || call.contains("cleanup_file"))
    );
    assert!(scene.file("left-in-tmp").contains("app.tmp/KEY"), "file variables stay");
}

#[test]
fn a_script_that_ignores_term_is_killed_after_the_grace() {
    let scene = Scene::new("ignores-term");
    let mut trial = scene.trial(&["trap '' TERM", "echo working", "sleep 30"]);
    trial.settings.executor.graceful_kill_timeout = Duration::from_secs(1);
    let ended = run(trial.when_trace_contains("working", Intervention::Cancel));
    assert_eq!(ended.verdict(), "failed job_canceled");
    if let Some(stage) = ended.stage("build_script") {
        assert_eq!(stage.result, StageResult::Signal(9));
        let grace = stage.killed_after.unwrap() - stage.terminated_after.unwrap();
        assert!(grace >= Duration::from_secs(1), "{grace:?}");
    }
}

#[test]
fn a_daemon_that_holds_the_pipe_holds_the_stage_until_the_timeout() {
    let scene = Scene::new("good");
    let mut trial = scene.trial(&["setsid sleep 6 &", "echo done"]).timeout(Duration::from_secs(2));
    trial.settings.executor.graceful_kill_timeout = Duration::from_secs(1);
    trial.settings.executor.force_kill_timeout = Duration::from_secs(1);
    let ended = run(trial);
    assert_eq!(ended.verdict(), "failed job_execution_timeout", "{}", ended.trace());
    assert!(ended.took >= Duration::from_secs(4), "timeout, grace and force: {:?}", ended.took);
}

#[test]
fn a_stage_that_ends_with_zero_on_its_timeout_counts_as_passed() {
    let scene = Scene::new("prepare-ends-with-zero-on-term");
    let mut trial = scene.trial(&["echo ran"]);
    trial.settings.executor.prepare.as_mut().unwrap().timeout = Duration::from_secs(1);
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
}

#[test]
fn both_names_of_the_script_stage_are_possible() {
    let scene = Scene::new("good");
    let mut trial = scene.trial(&["true"]);
    trial.runner = RunnerProgram::InProcess;
    trial.settings.script_stage = ScriptStage::StepScript;
    let ended = run(trial);
    assert!(ended.stage_names().contains(&"step_script"));
    assert!(!ended.trace().contains("will be replaced with"));
}

#[test]
fn a_runner_that_is_stopped_aborts_its_job_and_cleans_up() {
    let scene = Scene::new("good");
    let trial = scene.trial(&["echo working", "sleep 30"]).after_script(&["echo after"]);
    let ended = run(trial.when_trace_contains("working", Intervention::StopRunner));
    assert!(ended.verdict().starts_with("failed runner_"), "{}", ended.verdict());
    assert_eq!(scene.calls().last().unwrap(), "cleanup");
}

#[test]
fn bad_answers_of_the_coordinator_lose_nothing() {
    let scene = Scene::new("good");
    let mut trial = scene.trial(&["for i in 1 2 3 4; do echo line $i; sleep 0.4; done"]);
    trial.faults = Faults {
        final_accepted: 1,
        final_trace_invalid: 1,
        request_errors: 1,
        trace_errors: 1,
        range_mismatches: 1,
    };
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success");
    let trace = ended.trace();
    assert_eq!(trace.matches("line 3\n").count(), 1, "{trace}");
    assert!(
        trace.contains("Running with gitlab-runner") && trace.contains("Job succeeded"),
        "{trace}"
    );
}

#[test]
fn artifacts_and_dotenv_reports_reach_the_coordinator() {
    let scene = Scene::new("good");
    let mut trial = scene.trial(&[
        "echo '{}' > image.json",
        "mkdir out; echo 1 > out/a",
        "echo IMAGE=x@sha256:1 > image.env",
    ]);
    trial.job.artifacts = vec![
        Artifact {
            paths: vec!["image.json".into(), "out/".into()],
            artifact_type: "archive".into(),
            artifact_format: "zip".into(),
            when: "on_success".into(),
            ..Artifact::default()
        },
        Artifact {
            name: "image.env".into(),
            paths: vec!["image.env".into()],
            artifact_type: "dotenv".into(),
            artifact_format: "gzip".into(),
            when: "always".into(),
            ..Artifact::default()
        },
    ];
    let bin = scene.path("bin");
    std::fs::create_dir(&bin).unwrap();
    if trial.runner == RunnerProgram::InProcess {
        let runner = env!("CARGO_BIN_EXE_contract-runner");
        std::os::unix::fs::symlink(runner, bin.join("gitlab-runner")).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    trial = trial.variable("PATH", &format!("{}:{path}", bin.display()));
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success", "{}", ended.trace());
    let trace = ended.trace();
    assert!(
        trace.contains("Uploading artifacts as \"dotenv\" to coordinator... 201 Created"),
        "{trace}"
    );
    let report = ended.job.artifact("dotenv").unwrap().dotenv().unwrap();
    assert_eq!(report, [("IMAGE".to_owned(), "x@sha256:1".to_owned())]);
    assert_eq!(&ended.job.artifact("archive").unwrap().content[..2], b"PK");
}

#[test]
fn without_the_runner_in_the_path_artifacts_are_lost_and_the_job_succeeds() {
    let scene = Scene::new("good");
    let mut trial = scene.trial(&["echo '{}' > image.json"]).variable("PATH", "/usr/bin:/bin");
    trial.job.artifacts = vec![Artifact {
        paths: vec!["image.json".into()],
        artifact_type: "archive".into(),
        artifact_format: "zip".into(),
        ..Artifact::default()
    }];
    let ended = run(trial);
    assert_eq!(ended.verdict(), "success");
    assert!(ended.trace().contains("Missing gitlab-runner. Uploading artifacts is disabled."));
    assert!(ended.job.artifacts.is_empty());
}

#[test]
fn the_same_jobs_end_the_same_with_the_runner_as_a_program() {
    for (script, verdict) in [("exit 42", "failed script_failure 42"), ("true", "success")] {
        let scene = Scene::new("good");
        let mut trial = scene.trial(&[script]);
        if trial.runner == RunnerProgram::InProcess {
            trial.runner = RunnerProgram::Program(env!("CARGO_BIN_EXE_contract-runner").into());
        }
        assert_eq!(run(trial).verdict(), verdict);
    }
}
