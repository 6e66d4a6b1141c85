//! A job on this machine, and the Runner's way to call our stages for it.

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Our binary.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_ecs-canary");

/// One attempt of one job: the Runner's temporary directory and ours.
pub(crate) struct Job {
    place: TempDir,
    job_env: Vec<(String, String)>,
    more: Vec<(String, String)>,
}

/// A stage that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code; 1000 + number for a signal.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// From start until the process is gone and both pipes are at their end.
    pub(crate) took: Duration,
}

/// A stage that runs.
pub(crate) struct Started {
    child: Child,
    readers: [JoinHandle<Vec<u8>>; 2],
    at: Instant,
}

impl Job {
    pub(crate) fn new() -> Self {
        Self::with(&json!({}), "")
    }

    /// With members of the response, and lines for `[job]` of the host's config.
    pub(crate) fn with(response: &Value, settings: &str) -> Self {
        let place = tempfile::Builder::new().prefix("stage").tempdir().unwrap();
        let job = Self { place, job_env: Vec::new(), more: Vec::new() };
        fs::create_dir(job.runner()).unwrap();
        let mut members = json!({
            "id": next_id(), "token": "jobtok-s3cret",
            "job_info": {"project_id": 1, "project_full_path": "group/web"},
            "git_info": {"ref": "main", "ref_type": "branch", "sha": "7be1d20c0000", "protected": true},
            "runner_info": {"timeout": 3600},
            "variables": [{"key": "CI_SERVER_URL", "value": "https://gitlab.example"}],
        });
        for (name, value) in response.as_object().unwrap() {
            members[name] = value.clone();
        }
        fs::write(job.response_file(), members.to_string()).unwrap();
        let builds = job.host().join("builds");
        let cache = job.host().join("cache");
        job.configure(&format!(
            "[job]\nbuilds_dir = {builds:?}\ncache_dir = {cache:?}\ngrace = \"1s\"\n{settings}\n"
        ));
        job
    }

    /// Another host's config.
    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.config_file(), text).unwrap();
    }

    /// The Runner's TMPDIR.
    pub(crate) fn runner(&self) -> PathBuf {
        self.place.path().join("custom-executor")
    }

    /// Our side of the host.
    pub(crate) fn host(&self) -> &Path {
        self.place.path()
    }

    pub(crate) fn builds(&self) -> PathBuf {
        self.host().join("builds")
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.place.path().join("config.toml")
    }

    pub(crate) fn response_file(&self) -> PathBuf {
        self.runner().join("response.json")
    }

    pub(crate) fn code_file(&self) -> PathBuf {
        self.runner().join("build_exit_code")
    }

    /// The code file's content; empty when there is none.
    pub(crate) fn code(&self) -> String {
        fs::read_to_string(self.code_file()).unwrap_or_default()
    }

    /// The directory of the job; there is exactly one.
    pub(crate) fn root(&self) -> PathBuf {
        let mut found = fs::read_dir(self.builds()).unwrap();
        let root = found.next().unwrap().unwrap().path();
        assert!(found.next().is_none());
        root
    }

    /// A variable of the Runner's process, or one that replaces the Runner's own.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.more.push((name.to_owned(), value.to_owned()));
    }

    /// Forgets what config answered.
    pub(crate) fn forget_job_env(&mut self) {
        self.job_env.clear();
    }

    /// The Runner's variables, in its order; later ones win.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        let mut all = vec![
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), "/nonexistent".to_owned()),
            ("TMPDIR".to_owned(), text(self.runner())),
            ("BUILD_FAILURE_EXIT_CODE".to_owned(), "1".to_owned()),
            ("SYSTEM_FAILURE_EXIT_CODE".to_owned(), "2".to_owned()),
            ("BUILD_EXIT_CODE_FILE".to_owned(), text(self.code_file())),
            ("JOB_RESPONSE_FILE".to_owned(), text(self.response_file())),
        ];
        all.extend(self.job_env.iter().chain(&self.more).cloned());
        all
    }

    /// Config and prepare, as they go before every script.
    pub(crate) fn prepared(mut self) -> Self {
        self.config();
        self.stage(&["prepare"]).passed();
        self
    }

    /// Config, with its answer remembered as the Runner does.
    pub(crate) fn config(&mut self) -> Ended {
        let ended = self.stage(&["config"]);
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        let job_env = answer["job_env"].as_object().cloned().unwrap_or_default();
        let pair = |(name, value): (String, Value)| (name, value.as_str().unwrap().to_owned());
        self.job_env = job_env.into_iter().map(pair).collect();
        ended
    }

    pub(crate) fn stage(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end()
    }

    /// One script as `build_script`.
    pub(crate) fn script(&self, script: &str) -> Ended {
        self.start_script(script).end()
    }

    pub(crate) fn start_script(&self, script: &str) -> Started {
        let file = self.script_file(script);
        self.start(&["run", file.to_str().unwrap(), "build_script"])
    }

    /// Where the Runner puts a script.
    pub(crate) fn script_file(&self, script: &str) -> PathBuf {
        let file = self.runner().join("script");
        fs::write(&file, script).unwrap();
        file
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Started {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(self.config_file()).args(arguments);
        self.start_command(&mut command)
    }

    /// Any command in place of the stage, started in the same way.
    pub(crate) fn start_command(&self, command: &mut Command) -> Started {
        let mut child = command
            .env_clear()
            .envs(self.variables())
            .current_dir(self.runner())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let at = Instant::now();
        let stdout = read_to_end(child.stdout.take().unwrap());
        let stderr = read_to_end(child.stderr.take().unwrap());
        Started { child, readers: [stdout, stderr], at }
    }
}

/// Cleanup ends every process of its job on this machine: each test has a job of its own.
fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    u64::from(std::process::id()) * 1000 + NEXT.fetch_add(1, Ordering::Relaxed)
}

fn read_to_end(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

impl Started {
    /// SIGTERM to the stage's group, as the Runner sends it.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process_group(self.pid(), signal).unwrap();
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    /// Waits for the process and for the end of both pipes, as the Runner does.
    pub(crate) fn end(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        let [stdout, stderr] = self
            .readers
            .map(|reader| String::from_utf8_lossy(&reader.join().unwrap()).into_owned());
        let code = status.code().unwrap_or_else(|| 1000 + status.signal().unwrap());
        Ended { code, stdout, stderr, took: self.at.elapsed() }
    }
}

impl Ended {
    /// Fails unless the stage passed.
    pub(crate) fn passed(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

/// Waits until `what` holds; fails after ten seconds.
pub(crate) fn eventually(what: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(10), "it never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
    start.elapsed()
}

/// True while a process whose environment holds `entry` lives.
pub(crate) fn lives_with(entry: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.map(|process| fs::read(process.path().join("environ")).unwrap_or_default()).any(
        |environment| environment.split(|byte| *byte == 0).any(|found| found == entry.as_bytes()),
    )
}

/// True while process `number` runs (an ended one that nobody looked at counts as gone).
pub(crate) fn runs(number: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", number.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
