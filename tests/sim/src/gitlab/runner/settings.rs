//! What a runner is told by its `config.toml`, and the waits that are constants in the real one.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of one `[[runners]]` entry with the custom executor, and of the process around it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The coordinator, e.g. `http://127.0.0.1:40001`.
    pub url: String,
    /// The runner's token; the real runner wants at least 14 characters.
    pub token: String,
    /// The runner's name, shown in the log.
    pub name: String,
    /// The executor's programs and timeouts.
    pub executor: Executor,
    /// `builds_dir` of config.toml; the config stage may answer another one.
    pub builds_dir: Option<PathBuf>,
    /// `cache_dir` of config.toml; the config stage may answer another one.
    pub cache_dir: Option<PathBuf>,
    /// `[[runners]] environment`: variables below the job's own.
    pub environment: Vec<(String, String)>,
    /// `[runners.feature_flags]`: wins over a job's variable of the same name.
    pub feature_flags: Vec<(String, bool)>,
    /// Jobs at the same time.
    pub concurrent: usize,
    /// How often the coordinator is asked for a job.
    pub check_interval: Duration,
    /// Bytes of a job's log before it is cut.
    pub output_limit: usize,
    /// The name under which the user's script is passed.
    pub script_stage: ScriptStage,
    /// Whether `BUILD_EXIT_CODE_FILE` is set (17.9 and newer).
    pub exit_code_file: bool,
    /// The runner process's own environment, which every stage inherits; `None` = this process's.
    pub process_environment: Option<Vec<(OsString, OsString)>>,
    /// Where the executor's working directories are made; `None` = the system's.
    pub temp_dir: Option<PathBuf>,
    /// The waits.
    pub waits: Waits,
}

impl Settings {
    /// Settings for one executor program, with the runner's defaults.
    #[must_use]
    pub fn new(url: impl Into<String>, executor: Executor) -> Self {
        Self {
            url: url.into(),
            token: "glrt-contractrunner0001".into(),
            name: "contract-runner".into(),
            executor,
            builds_dir: None,
            cache_dir: None,
            environment: Vec::new(),
            feature_flags: Vec::new(),
            concurrent: 1,
            check_interval: Duration::from_secs(3),
            output_limit: 4 * 1024 * 1024,
            script_stage: ScriptStage::BuildScript,
            exit_code_file: true,
            process_environment: None,
            temp_dir: None,
            waits: Waits::default(),
        }
    }

    /// The token as it appears in paths and logs: nine characters after the prefix.
    #[must_use]
    pub fn short_token(&self) -> String {
        let rest = self.token.strip_prefix("glrt-").unwrap_or(&self.token);
        rest.chars().take(9).collect()
    }
}

/// `[runners.custom]`.
#[derive(Clone, Debug)]
pub struct Executor {
    /// `config_exec` and `config_args`.
    pub config: Option<Stage>,
    /// `prepare_exec` and `prepare_args`.
    pub prepare: Option<Stage>,
    /// `run_exec` and `run_args`; script path and stage name are added.
    pub run: Option<Stage>,
    /// `cleanup_exec` and `cleanup_args`.
    pub cleanup: Option<Stage>,
    /// From TERM to KILL.
    pub graceful_kill_timeout: Duration,
    /// From KILL to giving up.
    pub force_kill_timeout: Duration,
}

impl Executor {
    /// All four stages by one program: `<program> <before...> config|prepare|run|cleanup`.
    #[must_use]
    pub fn of_program(program: impl Into<PathBuf>, before: &[&str]) -> Self {
        let program = program.into();
        let stage = |name: &str| {
            let mut args: Vec<String> = before.iter().map(ToString::to_string).collect();
            args.push(name.into());
            Some(Stage { exec: program.clone(), args, timeout: Duration::from_secs(3600) })
        };
        Self {
            config: stage("config"),
            prepare: stage("prepare"),
            run: stage("run"),
            cleanup: stage("cleanup"),
            graceful_kill_timeout: Duration::from_secs(600),
            force_kill_timeout: Duration::from_secs(10),
        }
    }
}

/// One program of the executor.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The program; without a slash it is looked up in the runner's PATH.
    pub exec: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// For config, prepare and cleanup; the run stage has the job's timeout.
    pub timeout: Duration,
}

/// The name of the stage that runs `script:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptStage {
    /// `build_script`, with a warning in every job: all versions up to 19.4.
    BuildScript,
    /// `step_script`: announced since 2021.
    StepScript,
}

/// Durations that are constants in GitLab Runner. Tests shorten them.
#[derive(Clone, Debug)]
pub struct Waits {
    /// Between two tries of config and prepare (three tries).
    pub preparation_retry: Duration,
    /// After an abort, until cleanup starts whether or not the run stage ended.
    pub build_finish: Duration,
    /// Between two sends of the log, until the coordinator names another interval.
    pub trace_update: Duration,
    /// Without new output, how often the coordinator is asked all the same.
    pub trace_force_send: Duration,
    /// First wait between two tries of `get_sources`, `restore_cache`, `download_artifacts`; doubled up to 5 minutes.
    pub stage_retry: Duration,
    /// How long `after_script` may take.
    pub after_script: Duration,
    /// From TERM of the runner to its end, whether or not cleanup ran.
    pub shutdown: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            preparation_retry: Duration::from_secs(3),
            build_finish: Duration::from_secs(300),
            trace_update: Duration::from_secs(3),
            trace_force_send: Duration::from_secs(30),
            stage_retry: Duration::from_secs(5),
            after_script: Duration::from_secs(300),
            shutdown: Duration::from_secs(30),
        }
    }
}

impl Waits {
    /// All waits divided by `factor`.
    #[must_use]
    pub fn shortened(factor: u32) -> Self {
        let real = Self::default();
        Self {
            preparation_retry: real.preparation_retry / factor,
            build_finish: real.build_finish / factor,
            trace_update: real.trace_update / factor,
            trace_force_send: real.trace_force_send / factor,
            stage_retry: real.stage_retry / factor,
            after_script: real.after_script / factor,
            shutdown: real.shutdown / factor,
        }
    }
}
